package speech

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

func TestReadKnowsTheSounds(t *testing.T) {
	t.Parallel()
	for symbol, want := range map[string][]Viseme{
		"p": {PP}, "b": {PP}, "m": {PP}, "mʲ": {PP}, "f": {FF}, "ʋ": {FF}, "θ": {TH}, "ð": {TH}, "t": {DD}, "ɾ": {DD},
		"k": {KK}, "ɡ": {KK}, "g": {KK}, "ŋ": {KK}, "h": {KK}, "ɦ": {KK}, "x": {KK}, "ç": {KK}, "ʃ": {CH}, "ʒ": {CH},
		"ɕ": {CH},
		"s": {SS}, "z": {SS}, "n": {NN}, "l": {NN}, "ɫ": {NN}, "ɲ": {NN}, "ʎ": {NN}, "ɹ": {RR}, "r": {RR}, "ʁ": {RR},
		"w": {OU}, "j": {IH},
		"ɑː": {AA}, "ˈæ": {AA}, "ɐ": {AA}, "ɒ": {OH}, "ɛ": {E}, "ˌə": {E}, "ɚ": {RR}, "i": {IH}, "iː": {IH}, "ᵻ": {IH},
		"ɔː": {OH}, "uː": {OU}, "y": {OU}, "øː": {OU}, "œ": {OU},
		"ɑ̃": {AA}, "ɛ̃": {E}, "t͡ɕ": {DD, CH}, "tʃ": {DD, CH}, "dʒ": {DD, CH}, "ts": {DD, SS}, "pf": {PP, FF},
		"aɪ": {AA, IH}, "aʊ": {AA, OU}, "ɔɪ": {OH, IH}, "oʊ": {OH, OU}, "eɪ": {E, IH}, "əʊ": {E, OU},
		"": {Sil}, "_": {Sil}, "ˈ": {Sil}, ".": {Sil}, "!": {Sil}, "щ": {CH}, "ї": {IH}, "A": {AA}, "ß": {SS},
	} {
		got := Read(symbol)
		if len(got) != len(want) {
			t.Errorf("%q gives %v, not %v", symbol, got, want)
			continue
		}
		for i := range got {
			if got[i].Viseme != want[i] {
				t.Errorf("%q gives %v, not %v", symbol, got[i].Viseme, want[i])
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"ˈaɪ", "tʃ", "ɐ̃", "t͡ɕ", "漢字", "\xff\xfe", "aaaaaaaa", "ːːː", "щь", "\u0301", "5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parts := Read(s)
		sum := 0.0
		for _, p := range parts {
			if int(p.Viseme) >= Count || !(p.Share > 0) {
				t.Fatalf("%q gives %+v", s, p)
			}
			sum += p.Share
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the shares of %q sum to %v", s, sum)
		}
	})
}

var symbols = []string{"p", "b", "m", "f", "v", "θ", "t", "k", "tʃ", "s", "n", "ɹ", "ɑː", "ɛ", "ɪ", "ɔː", "uː", "aɪ",
	"oʊ", "_", "ʒ", "l", "w", "j"}

// narrations draws narrations with silences, short and long sounds, and loud and soft ones.
func narrations(t *rapid.T) lectern.Narration {
	var n lectern.Narration
	at := int64(rapid.IntRange(0, 30000).Draw(t, "start"))
	for range rapid.IntRange(1, 14).Draw(t, "sounds") {
		long := int64(rapid.IntRange(1440, 12000).Draw(t, "length"))
		if rapid.IntRange(0, 9).Draw(t, "pause") == 0 {
			at += int64(rapid.IntRange(0, 40000).Draw(t, "silence"))
		}
		n.Phonemes = append(n.Phonemes, lectern.Span{Text: rapid.SampledFrom(symbols).Draw(t, "symbol"),
			Start: at, End: at +
				long})
		at += long
	}
	n.Samples = make([]int16, at+4800)
	amp := 0.0
	for i := range n.Samples {
		if i%4800 == 0 {
			amp = float64(2000 + (i/4800*7919)%9000)
		}
		n.Samples[i] = int16(amp * math.Sin(float64(i)/9))
	}
	return n
}

func TestMouthStaysInBoundsAndNeverJumps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		track := NewTrack(narrations(t))
		end := track.sounds
		last := 1.0
		if len(end) > 0 {
			last = end[len(end)-1].End + 0.4
		}
		const dt = 0.004
		prev := track.At(-0.3)
		for at := -0.3 + dt; at < last; at += dt {
			m := track.At(at)
			for i, v := range m {
				lo := 0.0
				if i == Wide {
					lo = -1
				}
				if math.IsNaN(v) || v < lo-1e-9 || v > 1.2 {
					t.Fatalf("part %d is %v at %v s", i, v, at)
				}
				// The fastest lips close within 68 ms, at most 1.875/0.068 = 28 a second with this easing; where f is
				// next to p, one opens (23 a second) while the other closes.
				if d := math.Abs(v - prev[i]); d > 51*dt {
					t.Fatalf("part %d jumps from %v to %v at %v s", i, prev[i], v, at)
				}
			}
			prev = m
		}
	})
}

func TestLipsMeetOnBilabialsForAFrame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		track := NewTrack(narrations(t))
		for i, s := range track.sounds {
			if s.Viseme != PP {
				continue
			}
			// The closure of another sound may be adjacent. Only the meeting of the lips counts.
			phase := rapid.Float64Range(0, 1).Draw(t, "phase")
			shut := false
			for k := -3; k <= 12; k++ {
				at := s.Start - lead + (float64(k)+phase)/30
				if at > s.End+0.03-lead {
					break
				}
				m := track.At(at)
				shut = shut || m[Open] < 0.06
			}
			crowded := i > 0 && track.sounds[i-1].Viseme == FF ||
				i+1 < len(track.sounds) && track.sounds[i+1].Viseme == FF
			if !shut && !crowded {
				t.Fatalf("no frame shows closed lips for sound %d, %+v", i, s)
			}
		}
	})
}

func TestSilenceIsStill(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		track := NewTrack(narrations(t))
		ph := track.Phrases()
		for i, p := range ph {
			to := p.End + 10
			if i+1 < len(ph) {
				to = ph[i+1].Start
				if to-p.End <= pause {
					t.Fatalf("phrases %d and %d are %v s apart", i, i+1, to-p.End)
				}
			}
			for at := p.End + 0.18 - lead; at < to-opening-0.03-lead; at += 0.01 {
				if m := track.At(at); m != (Mouth{}) {
					t.Fatalf("at %v s, in the silence from %v to %v, the mouth is %v", at, p.End, to, m)
				}
			}
		}
	})
}

func TestVowelsAreReachedAndLoudnessScalesThem(t *testing.T) {
	t.Parallel()
	long := func(s string, loud float64) Mouth {
		v := Read(s)[0].Viseme
		return newTrack([]Sound{{v, 0, 0.4, loud}}).At(0.2 - lead)
	}
	for _, c := range []struct {
		symbol  string
		part    int
		atLeast float64
	}{{"a", Open, 0.9}, {"a", Jaw, 0.85}, {"u", Round, 0.9}, {"i", Wide, 0.5}, {"f", Tuck, 0.95}, {"θ", Out,
		0.9}, {"ʃ", Round, 0.65}, {"m", Press, 0.75}} {
		if v := long(c.symbol, 1)[c.part]; v < c.atLeast {
			t.Errorf("%s reaches %.2f of part %d, not %.2f", c.symbol, v, c.part, c.atLeast)
		}
	}
	soft, loud := long("a", 0.75)[Open], long("a", 1.25)[Open]
	if soft >= loud || soft < 0.7 || loud > 1.2 {
		t.Errorf("a soft a opens by %.2f, a loud one by %.2f", soft, loud)
	}
	if open := long("m", 1)[Open]; open != 0 {
		t.Errorf("m opens by %v", open)
	}
}

func TestTheMouthLeadsTheSound(t *testing.T) {
	t.Parallel()
	track := newTrack([]Sound{{AA, 0, 0.3, 1}, {PP, 0.3, 0.4, 1}, {AA, 0.4, 0.7, 1}})
	first := math.NaN()
	for at := 0.1; at < 0.5; at += 0.001 {
		if track.At(at)[Open] < 0.02 {
			first = at
			break
		}
	}
	if ahead := 0.3 - first; !(ahead > 1.0/60 && ahead < 2.2/30) {
		t.Errorf("lips meet %.0f ms before the sound: 1 to 2 frames are wanted", ahead*1000)
	}
}

func TestTheMouthMovesWithoutPhonemes(t *testing.T) {
	t.Parallel()
	n := lectern.Narration{Samples: make([]int16, 3*lectern.SampleRate)}
	for i := lectern.SampleRate; i < 2*lectern.SampleRate; i++ {
		n.Samples[i] = int16(12000 * math.Sin(float64(i)/20))
	}
	check := func(name string) {
		track := NewTrack(n)
		if m := track.At(0.5); m != (Mouth{}) {
			t.Errorf("%s: before anything is heard the mouth is %v", name, m)
		}
		most := 0.0
		for at := 1.0; at < 2; at += 0.01 {
			most = math.Max(most, track.At(at)[Open])
		}
		if most < 0.5 {
			t.Errorf("%s: the mouth opens by %.2f at most", name, most)
		}
		if m := track.At(2.5); m != (Mouth{}) {
			t.Errorf("%s: after the end the mouth is %v", name, m)
		}
	}
	check("loudness alone")
	n.Words = []lectern.Span{{Text: "Лампа", Start: 40000, End: 72000}, {Text: "banana", Start: 72000, End: 100000}}
	check("words")
	n.Phonemes = []lectern.Span{{Text: "b", Start: 48000, End: 52000}, {Text: "aː", Start: 52000, End: 96000}}
	check("phonemes")
}

// An invalid alignment from an engine still gives a mouth in bounds.
func TestInvalidAlignmentsGiveAValidMouth(t *testing.T) {
	t.Parallel()
	for _, spans := range [][]lectern.Span{
		{{Text: "a", Start: 100, End: 50}}, {{Text: "a", Start: -500, End: 900}}, {{Text: "a", Start: 0, End: math.MaxInt64}},
		{{Text: "a", Start: 900, End: 1900}, {Text: "b", Start: 0, End: 500}}, {{Text: "\xff", Start: 0, End: 4800}},
	} {
		track := NewTrack(lectern.Narration{Phonemes: spans})
		for at := -0.5; at < 2; at += 0.05 {
			for _, v := range track.At(at) {
				if math.IsNaN(v) || math.Abs(v) > 1.3 {
					t.Errorf("%v gives %v at %v", spans, track.At(at), at)
				}
			}
		}
	}
}
