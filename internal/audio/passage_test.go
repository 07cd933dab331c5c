package audio

import (
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// drawSpeech draws narrations with different keys, each after a silence of least samples or more, and returns them
// with the total length.
func drawSpeech(t *rapid.T, least int64) (list []Speech, total int64) {
	for i := range rapid.IntRange(0, 40).Draw(t, "narrations") {
		total += rapid.Int64Range(least, 10*lectern.SampleRate).Draw(t, "silence")
		n := rapid.SampledFrom([]int64{0, 0, 5, 20, 60}).Draw(t, "seconds")*lectern.SampleRate +
			rapid.Int64Range(1, lectern.SampleRate).Draw(t, "samples")
		list = append(list, Speech{Key: fmt.Sprint(i, rapid.Uint64().Draw(t, "key")), Start: total, Samples: n})
		total += n
	}
	return list, total + rapid.Int64Range(least, 10*lectern.SampleRate).Draw(t, "rest") + 1
}

// The passages hold all narrations in order. Each narration is within half a packet of its place, or up to a packet
// early at the end of the sound, and keeps its distance to the others of its passage. Passages do not touch, and each
// has silence around it.
func TestPassagesHoldAllNarrationsInTheirPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		speech, total := drawSpeech(t, rapid.SampledFrom([]int64{0, 20_000}).Draw(t, "least"))
		list, err := Passages(total, speech)
		if err != nil || len(list) == 0 {
			t.Fatalf("%d passages, %v", len(list), err)
		}
		free, n := int64(0), 0
		for i, p := range list {
			if p.At < free || p.Samples%Packet != 0 || p.Packets()*Packet != p.Samples+Packet {
				t.Fatalf("passage %d begins at packet %d, before %d, and lasts %d samples", i+1, p.At, free, p.Samples)
			}
			free = p.At + p.Packets()
			for k, s := range p.Speech {
				want := speech[n]
				n++
				moved := p.At*Packet + s.Start - want.Start
				if s.Key != want.Key || s.Samples != want.Samples ||
					moved != p.At*Packet+p.Speech[0].Start-speech[n-1-k].Start {
					t.Fatalf("narration %d became %+v, moved by %d", n, s, moved)
				}
				late := moved > Packet/2 || p.At*Packet+s.Start+s.Samples > total
				if late || moved < -Packet/2 && speech[len(speech)-1].end()+Packet/2 <= total || moved < -Packet {
					t.Fatalf("narration %d is moved by %d samples, in a sound of %d", n, moved, total)
				}
				if first := i == 0 && want.Start < passageOpening; first && moved != 0 ||
					k == 0 && !first && s.Start != passageLead {
					t.Fatalf("narration %d begins at %d of its passage, and is moved by %d", n, s.Start, moved)
				}
				if p.Samples-s.Start-s.Samples < passageTail {
					t.Fatalf("there are %d samples after narration %d in its passage", p.Samples-s.Start-s.Samples, n)
				}
			}
		}
		if n != len(speech) {
			t.Fatalf("%d narrations of %d are in passages", n, len(speech))
		}
	})
}

// A passage lasts at most two minutes, unless it has no silence for a cut. A sound of two minutes or less is not cut.
func TestPassagesAreCutInSilence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		speech, total := drawSpeech(t, rapid.SampledFrom([]int64{0, 20_000}).Draw(t, "least"))
		list, err := Passages(total, speech)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for _, p := range list {
			part := speech[i : i+len(p.Speech)]
			if i > 0 && part[0].Start-speech[i-1].end() < passageStill {
				t.Fatalf("there is a cut before narration %d, %d samples after the one before", i+1,
					part[0].Start-speech[i-1].end())
			}
			i += len(part)
			for k := 1; k < len(part); k++ {
				if part[len(part)-1].end()-part[0].Start > passageMost &&
					part[k].Start-part[k-1].end() >= passageStill {
					t.Fatalf("a passage of %d samples is not cut", part[len(part)-1].end()-part[0].Start)
				}
			}
		}
		if len(speech) > 0 && speech[len(speech)-1].end()-speech[0].Start <= passageMost && len(list) != 1 {
			t.Fatalf("a sound of two minutes or less is cut into %d passages", len(list))
		}
	})
}

// cuts returns the narrations that follow a cut.
func cuts(t interface{ Fatal(...any) }, total int64, speech []Speech) map[int]bool {
	list, err := Passages(total, speech)
	if err != nil {
		t.Fatal(err)
	}
	at, n := map[int]bool{}, 0
	for _, p := range list {
		at[n] = true
		n += len(p.Speech)
	}
	return at
}

// edited returns narrations with another text in one of them, which is longer by more samples.
func edited(speech []Speech, which int, key string, more int64) []Speech {
	list := append([]Speech(nil), speech...)
	list[which].Key = key
	list[which].Samples += more
	for i := range list[which+1:] {
		list[which+1+i].Start += more
	}
	return list
}

// An edit of one narration moves no cut that is further away than a passage may be long.
func TestAnEditMovesOnlyCutsNearby(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		speech, total := drawSpeech(t, 0)
		if len(speech) == 0 {
			return
		}
		which, more := rapid.IntRange(0, len(speech)-1).Draw(t, "which"), rapid.Int64Range(0, 20*lectern.SampleRate).
			Draw(t, "more")
		after := edited(speech, which, "edited", more)
		was, is := cuts(t, total, speech), cuts(t, total+more, after)
		for i := range speech {
			far := i > which && speech[i].end()-speech[which].Start > passageMost ||
				i < which && speech[which-1].end()-speech[i].Start > passageMost
			if far && was[i] != is[i] {
				t.Fatalf("an edit of narration %d: a cut before %d was %v and is %v", which+1, i+1, was[i], is[i])
			}
		}
	})
}

// fifty returns the sound of a deck of fifty slides, ten minutes long.
func fifty() (list []Speech, total int64) {
	for i := range 50 {
		n := int64(9+i*7%5) * lectern.SampleRate
		list = append(list, Speech{Key: strconv.Itoa(i), Start: total + 14_400, Samples: n})
		total += (14_400 + n + 24_000 + 1599) / 1600 * 1600
	}
	return list, total
}

// After an edit of a slide, most of the sound of a long deck is not encoded again.
func TestAnEditLeavesMostPassages(t *testing.T) {
	t.Parallel()
	speech, total := fifty()
	before, err := Passages(total, speech)
	if err != nil {
		t.Fatal(err)
	}
	if len(before) > 15 {
		t.Errorf("fifty slides are %d passages", len(before))
	}
	content := func(p Passage) string { return fmt.Sprint(p.Samples, p.Speech) }
	have := map[string]bool{}
	for _, p := range before {
		have[content(p)] = true
	}
	again, starts, most := int64(0), 0, int64(0) // samples, processes, samples of one edit
	for which := range speech {
		// The narration gets one or more frames longer, so everything after it moves.
		after, err := Passages(total+int64(which+1)*1600,
			edited(speech, which, "edited "+strconv.Itoa(which), int64(which+1)*1600))
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, p := range after {
			if !have[content(p)] {
				sum += p.Samples
				starts++
			}
		}
		again, most = again+sum, max(most, sum)
	}
	mean := float64(again) / float64(len(speech)) / float64(total)
	t.Logf("%d passages; an edit encodes %.1f %% of the sound again in %.2f processes, at most %.1f %%",
		len(before), 100*mean, float64(starts)/float64(len(speech)), 100*float64(most)/float64(total))
	if mean > 0.25 {
		t.Errorf("an edit of one slide of fifty encodes %.0f %% of the sound again", 100*mean)
	}
}

// A deck with the same text on every slide has as few passages as a deck of different texts.
func TestADeckOfOneRepeatedTextIsNotCutAtEverySlide(t *testing.T) {
	t.Parallel()
	speech, total := fifty()
	for i := range speech {
		speech[i].Key = "the same"
	}
	list, err := Passages(total, speech)
	if err != nil || len(list) > 15 {
		t.Errorf("%d passages, want at most 15; %v", len(list), err)
	}
}

func TestPassagesRefuseWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, speech := range map[string][]Speech{
		"overlap":    {{Start: 0, Samples: 10}, {Start: 9, Samples: 10}},
		"too long":   {{Start: 95, Samples: 10}},
		"before all": {{Start: -1, Samples: 10}},
	} {
		if _, err := Passages(100, speech); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if list, err := Passages(100, nil); err != nil || len(list) != 1 || list[0].Samples == 0 {
		t.Errorf("a sound without narrations has the passages %+v, %v; want one that is not empty", list, err)
	}
}
