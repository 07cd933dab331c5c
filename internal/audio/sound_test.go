package audio

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func sine(n int, amplitude, freq float64) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(math.Round(32767 * amplitude * math.Sin(2*math.Pi*freq*float64(i)/48000)))
	}
	return out
}

// EBU Tech 3341, cases 1 and 2, for one channel instead of two: 3 dB less.
func TestLoudnessOfSinesIsThatOfEBU3341(t *testing.T) {
	t.Parallel()
	for level, want := range map[float64]float64{-23: -26.01, -33: -36.01} {
		got := Loudness(Blocks(sine(20*48000, math.Pow(10, level/20), 1000)))
		if math.Abs(got-want) > 0.1 {
			t.Errorf("a sine of %g dBFS has %.2f LUFS, not %.2f", level, got, want)
		}
	}
	loud := Blocks(sine(5*48000, 0.1, 1000))
	if a, b := Loudness(loud), Loudness(loud, Blocks(make([]int16, 60*48000))); math.Abs(a-b) > 1e-9 {
		t.Errorf("silence changes %.2f to %.2f", a, b)
	}
	if Gain(Loudness(Blocks(make([]int16, 48000)))) != 1 || Gain(Loudness(nil)) != 1 {
		t.Error("the gain of silence is not 1")
	}
}

// readSound mixes and reads a whole sound.
func readSound(t interface {
	Helper()
	Fatal(...any)
}, total int64, speech []Speech) []int16 {
	t.Helper()
	s, err := NewSound(total, speech)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(s)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]int16, len(b)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return out
}

func speechOf(start int64, samples []int16, gain float64) Speech {
	var b []byte
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return Speech{Start: start, Samples: int64(len(samples)), Gain: gain,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
}

func TestSoundPutsEachSampleInItsPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, want := int64(0), []int16{}
		var speech []Speech
		for range rapid.IntRange(0, 4).Draw(t, "narrations") {
			gap, n := rapid.Int64Range(0, 10_000).Draw(t, "gap"), rapid.Int64Range(0, 10_000).Draw(t, "samples")
			samples := sine(int(n), 0.25, 440)
			want = append(append(want, make([]int16, gap)...), samples...)
			speech = append(speech, speechOf(at+gap, samples, 2))
			at += gap + n
		}
		total := at + rapid.Int64Range(0, 10_000).Draw(t, "rest")
		got := readSound(t, total, speech)
		if int64(len(got)) != total {
			t.Fatalf("%d samples instead of %d", len(got), total)
		}
		for i, v := range got {
			w := 0
			if i < len(want) {
				w = 2 * int(want[i])
			}
			if d := int(v) - w; d < -2 || d > 2 {
				t.Fatalf("sample %d is %d instead of %d", i, v, w)
			}
		}
	})
}

func TestSoundStaysBelowTheCeiling(t *testing.T) {
	t.Parallel()
	limit := math.Pow(10, Ceiling/20)
	got := readSound(t, 96_000, []Speech{speechOf(10_000, sine(48_000, 0.9, 997), 4)})
	worst := 0.0
	for _, v := range got {
		worst = max(worst, math.Abs(float64(v))/32767)
	}
	if worst > limit*1.001 || worst < limit*0.9 {
		t.Errorf("the highest sample is %.3f, the ceiling %.3f", worst, limit)
	}
	// The beginning of the narration stays below the ceiling too, although no sound before it has lowered the gain.
	for i := 10_000; i < 10_480; i++ {
		if math.Abs(float64(got[i]))/32767 > limit*1.001 {
			t.Fatalf("sample %d passes the ceiling", i)
		}
	}
}

func TestSoundRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	ten := sine(10, 0.1, 100)
	for name, speech := range map[string][]Speech{
		"overlap":    {speechOf(0, ten, 1), speechOf(9, ten, 1)},
		"too long":   {speechOf(95, ten, 1)},
		"before all": {speechOf(-1, ten, 1)},
	} {
		if _, err := NewSound(100, speech); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	short := speechOf(0, ten, 1)
	short.Samples = 20
	s, err := NewSound(100, []Speech{short})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(s); err == nil {
		t.Error("no error for a narration that ends early")
	}
}

// A voice with sharp peaks loses loudness in the limiter, and MakeUp brings it back to the target.
func TestMakeUpRestoresWhatTheLimiterRemoves(t *testing.T) {
	t.Parallel()
	peaky := sine(10*48000, 0.05, 300)
	for i := 0; i < len(peaky); i += 9600 {
		for k := range 40 {
			peaky[i+k] = int16(24000 * math.Sin(float64(k)/4))
		}
	}
	gain := Gain(Loudness(Blocks(peaky)))
	raised := MakeUp(gain, peaky)
	if raised <= gain || raised > gain*math.Pow(10, maxMakeUp/20)*1.0001 {
		t.Fatalf("a gain of %.2f became %.2f", gain, raised)
	}
	before := Loudness(Blocks(readSound(t, 10*48000, []Speech{speechOf(0, peaky, gain)})))
	after := Loudness(Blocks(readSound(t, 10*48000, []Speech{speechOf(0, peaky, raised)})))
	if math.Abs(after-Target) > 0.3 && math.Abs(after-Target) > math.Abs(before-Target)/2 {
		t.Errorf("with the raised gain, %.1f LUFS became %.1f, not nearer to %.1f", before, after, Target)
	}
	if quiet := sine(48000, 0.1, 300); MakeUp(1.5, quiet) > 1.53 || MakeUp(2, make([]int16, 48000)) != 2 {
		t.Error("MakeUp raises the gain of sound that the limiter does not change")
	}
}

// A stepped gain is within a quarter of a decibel of the measured gain, and a small change of the measured gain does
// not change it.
func TestSteppedGainsIgnoreSmallChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gain := math.Pow(10, rapid.Float64Range(-30, MaxGain+maxMakeUp).Draw(t, "dB")/20)
		got := Stepped(gain)
		if off := math.Abs(20 * math.Log10(got/gain)); off > gainStep/2+1e-9 {
			t.Fatalf("a gain of %v became %v: %.3f dB off", gain, got, off)
		}
		if hair := rapid.Float64Range(-gainStep*.49, gainStep*.49).
			Draw(t, "hair"); Stepped(got*math.Pow(10, hair/20)) != got {
			t.Fatalf("a change of the gain %v by %.3f dB leads to another step", got, hair)
		}
	})
	if Stepped(1) != 1 {
		t.Error("Stepped changes a gain of 1")
	}
}
