package render

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"lectern"
	"lectern/internal/audio"
	"lectern/internal/fail"
)

// narration is the narration of a slide in the cache. Its file has the length of the alignment, the alignment as JSON,
// and the samples. In one file, sound and alignment always belong together.
type narration struct {
	file
	voice   lectern.Voice
	source  string // the hash of the file that people recorded; "": a voice speaks
	from    int64  // where it begins in the recording of the whole deck, in samples
	spread  string // see alignment
	samples int64
	blocks  []float64 // power, for the loudness
	offset  int64     // of the samples in the file
}

// alignment is the JSON in a narration's file.
type alignment struct {
	Samples  int64          `json:"samples"`
	Words    []lectern.Span `json:"words"`
	Phonemes []lectern.Span `json:"phonemes"`
	Blocks   []float64      `json:"blocks"`
	Takes    []int64        `json:"takes,omitempty"` // frames of each take whose sound it is
	// Spread says why the words of a recorded sound are only spread over it; "": they are where they are said
	Spread string `json:"spread,omitempty"`
}

// maxAlignment is how many bytes the JSON of an alignment may have.
const maxAlignment = 256 << 20

var errNarration = errors.New("the narration's file is damaged")

// speaker makes voices speak the narrations, and reads those that people recorded.
type speaker struct {
	*steps
	*outline
	coder
	voices     Voices
	references Voices                                            // offline voices; nil: there are none
	files      Files                                             // nil: recorded sounds cannot be read
	align      func(text string, samples []int16) []lectern.Span // nil: without a reference there are no words
	divider    *divider
}

// spoken returns the narration of a slide, spoken by a voice.
func (u *speaker) spoken(ctx context.Context, s *slide) (narration, error) {
	reading, warnings, err := u.voices.Resolve(ctx, u.deck.VoiceOf(s.index), s.script)
	if err != nil {
		return narration{}, fail.On(ctx, err, s.number)
	}
	for i := range warnings {
		warnings[i].Slide = s.number
	}
	u.warn(warnings)
	key := narrationKey(reading, u.voices.Fingerprint(reading))
	return u.narration(ctx, s.number, key, reading.Voice, func(path string) error {
		return u.speak(watched(ctx, u.track, u.of(s)), reading, path)
	})
}

// narration returns a slide's narration from the cache, or writes it there. A damaged file is written again.
func (u *steps) narration(ctx context.Context, slide int, key string, voice lectern.Voice,
	write func(path string) error) (narration, error) {
	for _, salt := range salts {
		f, err := u.step(ctx, lectern.StepNarrate, slide, key+salt, ".narration", write)
		if err != nil {
			return narration{}, err
		}
		n := narration{file: f, voice: voice}
		if _, err = n.open(); err == nil {
			return n, nil
		}
		if salt == salts[len(salts)-1] {
			return narration{}, fail.On(ctx,
				fail.Else(err, lectern.CodeInternal, "A narration in the cache cannot be read."+checkDisk), slide)
		}
	}
	panic("unreachable")
}

// salts are appended to a content key, in this order: an output that turns out to be damaged is made again under the
// next one.
var salts = []string{"", "-again"}

// speak writes a narration's file.
func (u *speaker) speak(ctx context.Context, r lectern.Reading, path string) error {
	v := r.Voice
	n, err := u.voices.Speak(ctx, r)
	if err != nil {
		return fail.Else(err, lectern.CodeVoiceFailed, fmt.Sprintf("The voice %s could not speak the narration.", v.Name))
	}
	if len(n.Samples) == 0 {
		return lectern.Fail(lectern.CodeVoiceFailed,
			"The voice %s gave no sound for the narration. Choose another voice, or write words that it can speak.", v.Name)
	}
	return writeNarration(path, n.Samples, alignment{Words: n.Words, Phonemes: n.Phonemes})
}

func writeNarration(path string, samples []int16, a alignment) error {
	a.Samples, a.Blocks = int64(len(samples)), audio.Blocks(samples)
	head, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return writeFile(path, func(w *bufio.Writer) error {
		_, _ = w.Write(binary.BigEndian.AppendUint64(nil, uint64(len(head))))
		_, _ = w.Write(head)
		var b [2]byte
		for _, x := range samples {
			binary.LittleEndian.PutUint16(b[:], uint16(x))
			_, _ = w.Write(b[:])
		}
		return nil
	})
}

// writeFile writes a file through a buffer, which keeps the first error.
func writeFile(path string, write func(w *bufio.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = buffered(f, write)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// buffered writes to an open file through a buffer, from where the file is.
func buffered(f *os.File, write func(w *bufio.Writer) error) error {
	w := bufio.NewWriterSize(f, 256<<10)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// open reads a narration's alignment, checks that the file has all of its samples, and sets n.offset, n.samples,
// n.blocks and n.spread.
func (n *narration) open() (alignment, error) {
	var a alignment
	f, err := os.Open(n.path)
	if err != nil {
		return a, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return a, err
	}
	var size [8]byte
	if _, err := io.ReadFull(f, size[:]); err != nil {
		return a, fmt.Errorf("%w: %w", errNarration, err)
	}
	length := binary.BigEndian.Uint64(size[:])
	if length > maxAlignment || int64(length)+8 > info.Size() {
		return a, errNarration
	}
	if err := json.NewDecoder(io.LimitReader(f, int64(length))).Decode(&a); err != nil {
		return a, fmt.Errorf("%w: %w", errNarration, err)
	}
	n.offset, n.samples, n.blocks, n.spread = 8+int64(length), a.Samples, a.Blocks, a.Spread
	if a.Samples <= 0 || n.offset+2*a.Samples != info.Size() {
		return a, errNarration
	}
	return a, nil
}

// load reads the whole narration.
func (n narration) load() (lectern.Narration, error) {
	a, err := n.open()
	if err != nil {
		return lectern.Narration{}, err
	}
	samples, err := n.head(n.samples)
	return lectern.Narration{Voice: n.voice, Words: a.Words, Phonemes: a.Phonemes, Samples: samples}, err
}

// head reads the first samples.
func (n narration) head(count int64) ([]int16, error) {
	r, err := n.pcm()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	out := make([]int16, count)
	return out, binary.Read(r, binary.LittleEndian, out)
}

// pcm opens the samples.
func (n narration) pcm() (io.ReadCloser, error) {
	f, err := os.Open(n.path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(n.offset, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{bufio.NewReaderSize(io.LimitReader(f, 2*n.samples), 64<<10), f}, nil
}
