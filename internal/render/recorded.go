package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"lectern"
	"lectern/internal/align"
	"lectern/internal/contentkey"
	"lectern/internal/encode"
	"lectern/internal/fail"
)

// whatRecording begins the message about a recorded sound that cannot be decoded.
const whatRecording = "ffmpeg could not read the recorded sound"

// The values of alignment.Spread: why the words of a recorded sound are not where they are said.
const (
	noReference = "voice" // no offline voice reads the text
	otherText   = "text"  // the sound does not say the text
)

// reference reads scripts with offline voices. It implements align.Reference.
type reference struct {
	voices   Voices
	readings map[string]lectern.Reading // by the text
}

// Render implements align.Reference.
func (r *reference) Render(ctx context.Context, script lectern.Script) (lectern.Narration, error) {
	return r.voices.Speak(ctx, r.readings[script.Text])
}

// referenceFor returns offline voices that read the scripts of slides, in the languages of their voices, and what their
// sound depends on. The error says why a script cannot be read.
func (u *outline) referenceFor(ctx context.Context, voices Voices, slides ...*slide) (*reference, []string, error) {
	if voices == nil {
		return nil, nil, lectern.Fail(lectern.CodeMissingTool, "There is no offline voice on this machine.")
	}
	r := &reference{voices, map[string]lectern.Reading{}}
	var keys []string
	for _, s := range slides {
		if s.script.Silent() {
			keys = append(keys, "")
			continue
		}
		c := lectern.VoiceChoice{Language: u.deck.VoiceOf(s.index).Language}
		reading, _, err := voices.Resolve(ctx, c, s.script)
		if err != nil {
			return nil, nil, fail.On(ctx, err, s.number)
		}
		r.readings[s.script.Text] = reading
		keys = append(keys, narrationKey(reading, voices.Fingerprint(reading)))
	}
	return r, keys, nil
}

// sounding is a recorded sound of a slide: a file, or a part of the recording of the whole deck.
type sounding struct {
	sha string                                // of the file
	key []any                                 // what its samples depend on
	pcm func(context.Context) ([]byte, error) // little-endian
}

// recorded returns the narration of a slide whose sound people recorded.
func (u *speaker) recorded(ctx context.Context, s *slide) (narration, error) {
	d := &u.deck.Slides[s.index]
	sha, _, _ := lectern.AssetAddress(d.Sound.File)
	return u.heard(ctx, s, sounding{sha, []any{"recorded", sha, d.Sound.Start, d.Sound.End},
		func(ctx context.Context) ([]byte, error) { return u.decode(ctx, s, sha) }})
}

// heard returns the narration of a recorded sound. The words of the slide's text, if there is one, are found in the
// sound by comparing it with an offline voice.
func (u *speaker) heard(ctx context.Context, s *slide, sound sounding) (narration, error) {
	voice := lectern.Voice{Engine: "recorded", Name: "Recorded", Language: u.deck.VoiceOf(s.index).Language}
	ref, keys, err := u.referenceFor(ctx, u.references, s)
	if ctx.Err() != nil {
		return narration{}, context.Cause(ctx)
	}
	if err != nil {
		ref = nil
	} else if voice.Language == "" {
		voice.Language = ref.readings[s.script.Text].Voice.Language
	}
	key := contentkey.Of(lectern.StepNarrate, append(sound.key, s.script.Text, voice.Language, keys, align.Version,
		u.version)...)
	n, err := u.narration(ctx, s.number, key, voice, func(path string) error {
		pcm, err := sound.pcm(ctx)
		if err != nil {
			return err
		}
		samples := make([]int16, len(pcm)/2)
		if _, err := binary.Decode(pcm, binary.LittleEndian, samples); err != nil {
			return err
		}
		a, err := u.words(ctx, s, pcm, samples, ref)
		if err != nil {
			return err
		}
		return writeNarration(path, samples, a)
	})
	if err != nil {
		return n, err
	}
	n.source = sound.sha
	u.doubt(s, n.spread)
	return n, nil
}

// words finds the words of a slide's text in its sound.
func (u *speaker) words(ctx context.Context, s *slide, pcm []byte, samples []int16, ref *reference) (alignment, error) {
	if s.script.Silent() {
		return alignment{}, nil
	}
	if ref == nil {
		a := alignment{Spread: noReference}
		if u.align != nil {
			a.Words = u.align(s.script.Text, samples)
		}
		return a, nil
	}
	rec, err := align.Listen(ctx, bytes.NewReader(pcm))
	if err != nil {
		return alignment{}, err
	}
	got, err := align.Words(ctx, ref, rec, s.script, align.Prior{})
	if err != nil {
		return alignment{}, err
	}
	a := alignment{Words: within(got.Words, int64(len(samples))), Phonemes: within(got.Phonemes, int64(len(samples)))}
	a.Phonemes = slices.DeleteFunc(a.Phonemes, func(p lectern.Span) bool { return p.End <= p.Start }) // not said
	if got.Spread {
		a.Spread = otherText
	}
	return a, nil
}

// within moves the ends of spans into a sound of n samples.
func within(spans []lectern.Span, n int64) []lectern.Span {
	for i := range spans {
		spans[i].Start, spans[i].End = min(spans[i].Start, n), min(spans[i].End, n)
	}
	return spans
}

// doubt warns of captions that are not where their words are said.
func (u *speaker) doubt(s *slide, spread string) {
	w := lectern.Warning{Slide: s.number, Param: fmt.Sprintf("slides[%d].narration", s.index)}
	switch spread {
	case otherText:
		w.Code = "recording_text"
		w.Message = "The recording of this slide does not say its text, so the captions are spread evenly over what is " +
			"said. Write what the recording says, or remove the text."
	case noReference:
		w.Code = "recording_voice"
		w.Message = "No offline voice of this machine reads the language of this slide, so the captions are spread evenly " +
			"over what the recording says. `lectern doctor` says how to install espeak-ng."
	default:
		return
	}
	u.warn([]lectern.Warning{w})
}

// decode returns the samples of a slide's recorded sound.
func (u *speaker) decode(ctx context.Context, s *slide, sha string) ([]byte, error) {
	local := filepath.Join(u.job.Scratch, fmt.Sprintf("sound-%d", s.number))
	if err := fetch(ctx, u.files, sha, local); err != nil {
		return nil, err
	}
	defer os.Remove(local)
	d := u.deck.Slides[s.index]
	var pcm bytes.Buffer
	args := encode.PCM(local, d.Sound.Start, d.Sound.End)
	if err := u.ffmpeg(ctx, Command{Args: args, Stdout: &pcm, What: whatRecording}); err != nil {
		return nil, err
	}
	if pcm.Len() < 2 {
		return nil, lectern.Fail(lectern.CodeInvalidDeck, "The recorded sound of the slide is empty between its start and "+
			"its end. Record it again, or remove it.").On(fmt.Sprintf("slides[%d].sound", s.index))
	}
	return pcm.Bytes()[:pcm.Len()/2*2], nil
}

// fetch writes the content of a recorded sound to path.
func fetch(ctx context.Context, files Files, sha, path string) error {
	if files == nil {
		return lectern.Fail(lectern.CodeUnsupported, "This server reads no recorded sounds.")
	}
	return fail.Else(files.Fetch(ctx, sha, path), lectern.CodeAssetFailed, "The recorded sound could not be read.")
}

// part returns the narration of a slide that plays a part of the recording of the whole deck. It has no samples if
// the recording has no part for the slide.
func (u *speaker) part(ctx context.Context, s *slide) (narration, error) {
	if err := await(ctx, u.divider.ready); err != nil {
		return narration{}, err
	}
	from, to := u.divider.edges[s.index], u.divider.edges[s.index+1]
	if to-from < lectern.SampleRate/int64(u.deck.FrameRate) {
		if !s.script.Silent() {
			u.warn([]lectern.Warning{{Code: "recording_silent", Slide: s.number, Param: "recording",
				Message: "The recording does not say the text of this slide, so the slide is silent."}})
		}
		return narration{}, nil
	}
	sha := u.divider.sha()
	n, err := u.heard(ctx, s, sounding{sha, []any{"part", sha, from, to}, func(ctx context.Context) ([]byte, error) {
		path, err := u.divider.sound(ctx)
		if err != nil {
			return nil, err
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		b := make([]byte, 2*(to-from))
		_, err = io.ReadFull(io.NewSectionReader(f, 2*from, int64(len(b))), b)
		return b, err
	}})
	n.from = from
	return n, err
}
