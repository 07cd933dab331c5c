package render

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/audio"
	"lectern/internal/encode"
	"lectern/internal/mp4"
)

// noise returns a narration of noise, which resembles no other, and resembles itself only where it is not shifted.
func noise(seed uint64, start, samples int64) audio.Speech {
	dice, low := rand.New(rand.NewPCG(seed, 0)), 0.0
	var b []byte
	for range samples {
		low += (dice.NormFloat64()*16_000 - low) / 6
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(min(max(low, -32_000), 32_000))))
	}
	return audio.Speech{Key: fmt.Sprint("noise ", seed), Start: start, Samples: samples, Gain: 1.5,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

// encoded returns a passage as ffmpeg encodes it.
func (g *rig) encoded(t *testing.T, p audio.Passage) mp4.Part {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passage.aac")
	mix, err := audio.NewSound(p.Samples, p.Speech)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.ffmpeg.Run(t.Context(), Command{Args: encode.Audio("file:" + path), Stdin: mix}); err != nil {
		t.Fatal(err)
	}
	part, err := readPassage(p, path)
	if err != nil {
		t.Fatal(err)
	}
	return part
}

// decoded returns the samples of a file.
func (g *rig) decoded(t *testing.T, path string) []int16 {
	t.Helper()
	var b bytes.Buffer
	if err := g.ffmpeg.Run(t.Context(), Command{Args: []string{"-xerror", "-i", "file:" + path, "-f", "s16le", "pipe:1"},
		Stdout: &b}); err != nil {
		t.Fatal(err)
	}
	return samplesOf(b.Bytes())
}

func samplesOf(b []byte) []int16 {
	out := make([]int16, len(b)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return out
}

// likeness returns the correlation of two stretches of samples: 1 where they differ only by a factor.
func likeness(a, b []int16) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(max(aa*bb, 1))
}

// The passages, joined and decoded, are the sound of the video: it is as long, and each narration begins at exactly the
// sample that its passage says. It is as near to the mix as sound that is encoded in one go. Between narrations there
// is silence, also where passages meet.
func TestJoinedSoundIsTheWhole(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	var speech []audio.Speech
	total := int64(3 * lectern.SampleRate)
	for i := range uint64(9) {
		at := total / 1600 * 1600
		speech = append(speech, noise(i, at, int64(20_000+i*777)))
		total = at + int64(26*lectern.SampleRate+i*1600)
	}
	passages, err := audio.Passages(total, speech)
	if err != nil || len(passages) < 3 {
		t.Fatalf("%d passages, %v", len(passages), err)
	}
	var parts []mp4.Part
	for _, p := range passages {
		parts = append(parts, g.encoded(t, p))
	}
	path, one := filepath.Join(t.TempDir(), "joined.m4a"), filepath.Join(t.TempDir(), "one.m4a")
	write(t, path, total, parts)
	whole := audio.Passage{Samples: (total + audio.Packet - 1) / audio.Packet * audio.Packet, Speech: speech}
	write(t, one, total, []mp4.Part{g.encoded(t, whole)})

	mix, err := audio.NewSound(total, speech)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(mix)
	if err != nil {
		t.Fatal(err)
	}
	plain, atOnce, joined := samplesOf(b), g.decoded(t, one), g.decoded(t, path)
	if len(joined) != len(atOnce) || int64(len(joined)) < total || int64(len(joined)) >= total+audio.Packet {
		t.Fatalf("%d samples of %d are decoded, and %d of the sound encoded in one go", len(joined), total, len(atOnce))
	}
	n, quiet := 0, int64(0)
	for _, p := range passages {
		for _, s := range p.Speech {
			from, is := speech[n].Start, p.At*audio.Packet+s.Start
			n++
			want := plain[from : from+s.Samples]
			best, most := int64(0), -1.0
			for by := int64(-audio.Packet); by <= audio.Packet; by++ {
				if like := likeness(want[:500], joined[from+by:]); like > most {
					best, most = by, like
				}
			}
			here, there := likeness(want, joined[is:]), likeness(want, atOnce[from:])
			if best != is-from || best < -audio.Packet/2 || best > audio.Packet/2 || here < there-0.005 || here < 0.98 {
				t.Errorf("narration %d is %d samples late, not %d, and its likeness to the mix is %.4f (%.4f in one go)", n,
					best, is-from, here, there)
			}
			silent(t, joined, quiet, is-2*audio.Packet)
			quiet = is + s.Samples + 2*audio.Packet
		}
	}
	silent(t, joined, quiet, int64(len(joined)))
}

// silent checks that the samples from from to to are 0.
func silent(t *testing.T, sound []int16, from, to int64) {
	t.Helper()
	for i := from; i < to; i++ {
		if sound[i] != 0 {
			t.Fatalf("in silence, sample %d is %d", i, sound[i])
		}
	}
}

func write(t *testing.T, path string, total int64, parts []mp4.Part) {
	t.Helper()
	var b bytes.Buffer
	sound, err := mp4.NewSoundtrack(total, parts)
	if err == nil {
		err = sound.Write(&b)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := checkSound(total, path); err != nil {
		t.Fatal(err)
	}
}

// The last packet of a passage is the one that ffmpeg makes of any silence: the packet before it is the same, and it
// has only the few bytes that silence needs.
func TestAPassageEndsWithSilence(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for name, speech := range map[string][]audio.Speech{"nobody speaks": nil,
		"somebody speaks": {noise(1, 14_400, 30_000)}} {
		passages, err := audio.Passages(100_000, speech)
		if err != nil {
			t.Fatal(err)
		}
		part := g.encoded(t, passages[0])
		stream, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(stream)
		if cerr := stream.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		const head = 7
		n := len(part.Last) + head
		if before := b[len(b)-2*n : len(b)-n]; len(part.Last) > 8 || !bytes.Equal(before[head:], part.Last) {
			t.Errorf("%s: the last packet is %x, the one before it %x", name, part.Last, before)
		}
	}
}

// lecture has many narrations with long pauses between them, so that its sound is several passages.
func lecture() lectern.Deck {
	d := talk()
	d.Layout, d.Size, d.FrameRate, d.Hold = lectern.LayoutSlideOnly, lectern.Size{Width: 240, Height: 240}, 24,
		25*time.Second
	d.Transitions, d.Slides = nil, nil
	page := map[string]any{"title": "The same"}
	for i := range 12 {
		d.Slides = append(d.Slides, lectern.Slide{Template: "content", Props: page, Narration: fmt.Sprintf("Part %d.", i+1)},
			lectern.Slide{Template: "content", Props: page})
	}
	return d
}

// J9: an edit of one of many narrations encodes its own passage of the sound again, and perhaps a neighbour. The
// result is, byte for byte, the one that is made without a cache.
func TestAnEditEncodesItsPassageAgain(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), lecture()
	_, rec, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	before := passagesOf(rec)
	if made := len(before); made < 3 || made > 9 { // where they end follows from the keys of the narrations
		t.Fatalf("the sound of five minutes is %d passages", made)
	}
	checkReports(t, rec, len(d.Slides))

	// what follows is heard later, and not by whole packets
	d.Slides[12].Narration = "Part 7, which is longer than it was."
	edited, rec, err := g.run(t.Context(), t, d, 2)
	if err != nil {
		t.Fatal(err)
	}
	checkReports(t, rec, len(d.Slides))
	fresh := 0
	for _, s := range passagesOf(rec) {
		if known := slices.ContainsFunc(before, func(b lectern.Step) bool { return b.Key == s.Key }); known != s.Reused {
			t.Errorf("a passage was in the cache: %v; it was used again: %v", known, s.Reused)
		}
		if !s.Reused {
			fresh++
		}
	}
	if fresh < 1 || fresh > 2 {
		t.Errorf("an edit encodes %d passages of %d again", fresh, len(before))
	}

	cold := newRig(t)
	without, _, err := cold.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []lectern.ArtifactKind{lectern.ArtifactVideo, lectern.ArtifactAudio} {
		a, errA := os.ReadFile(g.path(t, edited, kind))
		b, errB := os.ReadFile(cold.path(t, without, kind))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("the %s is not the one that is made without a cache (%v, %v)", kind, errA, errB)
		}
	}
}

// passagesOf returns the steps of a run that made passages of its sound.
func passagesOf(rec *recorder) []lectern.Step {
	return slices.DeleteFunc(slices.Clone(rec.steps), func(s lectern.Step) bool { return s.Kind != lectern.StepAudio })
}

// A passage that breaks fails the run. The next attempt reuses the passages that were made before it.
func TestABrokenPassageBreaksOneAttempt(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), lecture()
	d.Slides = d.Slides[:13]
	calls := 0
	g.ffmpeg.after = func(c Command) {
		if out, ok := strings.CutSuffix(c.Args[len(c.Args)-1], ".aac"); ok {
			if calls++; calls == 2 {
				if err := os.Truncate(strings.TrimPrefix(out, "file:")+".aac", 2000); err != nil {
					t.Error(err)
				}
			}
		}
	}
	_, _, err := g.run(t.Context(), t, d, 1)
	if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeEncodeFailed || !f.Retryable || f.Slide != 0 ||
		!strings.Contains(f.Message, whatSound) {
		t.Fatalf("%v", err)
	}
	_, rec, err := g.run(t.Context(), t, d, 2)
	if err != nil {
		t.Fatal(err)
	}
	if list := passagesOf(rec); len(list) < 2 || !list[0].Reused || list[1].Reused {
		t.Errorf("the next attempt finds %+v", list)
	}
}
