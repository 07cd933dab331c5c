package audio

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"lectern"
)

// The sound of a video is not encoded as a whole. It is cut in silence into passages, each of which is encoded
// separately and cached, so that an edit of one slide of fifty encodes a tenth of the sound again. Three rules make
// that work:
//
//   - Where it is cut follows from what is said there, not from where that is, so that an edit moves no cut but those next to it.
//   - A passage begins on a packet of the whole. Slides begin with frames of pictures, which at 30 a second are 1600 samples, and a
//     packet is 1024: a slide that becomes a frame longer would give everything after it another phase, and so other packets. So a
//     passage is moved, with all that is said in it, by at most half a packet: 10.7 ms, a third of a frame. Sound that comes 45 ms
//     early or 125 ms late is noticed (ITU-R BT.1359), and 40 ms early or 60 ms late is what a whole chain may do (EBU R 37).
//   - Each passage begins and ends with packets of nothing but silence. Between two of them stand more of these, and no packet
//     overlaps speech of both sides, so that a decoder does not hear the joint.

// Packet is the number of samples in a packet of AAC.
const Packet = 1024

const (
	passageMost  = 120 * lectern.SampleRate // a longer one is cut, if it can be
	passageLead  = 2 * Packet               // silence before the first word: a packet overlaps twice its length
	passageTail  = 4 * Packet               // and after the last: in it the encoder returns to long windows
	passageStill = 10 * Packet              // least silence for a cut: lead, tail and rounding
	// If speech begins this soon, the first passage begins with the video and is not moved.
	passageOpening = lectern.SampleRate
)

// Passage is a part of the sound that is encoded by itself.
type Passage struct {
	At      int64    // its first packet, counted in the whole sound
	Samples int64    // its length: whole packets
	Speech  []Speech // Start counts from the passage's beginning
}

// Packets is the number of packets of an encoded passage: one more than its samples fill, because each packet overlaps
// the next.
func (p Passage) Packets() int64 { return p.Samples/Packet + 1 }

// Passages divides the sound of total samples. Narrations must be in order and not overlap. Each passage lasts at most
// two minutes, unless it has too little silence for a cut. There is at least one passage.
//
// Each possible place of a cut has a pseudo-random number, which comes from the narration after it. A part that is too
// long is cut at its lowest number, and so on with both halves. So a place is cut if the longest part around it without
// a lower number is too long, and nothing more than two minutes away can change that. On average, parts have half of
// the largest length.
func Passages(total int64, speech []Speech) ([]Passage, error) {
	if err := inOrder(total, speech); err != nil {
		return nil, err
	}
	if len(speech) == 0 {
		return []Passage{{Samples: passageTail}}, nil
	}
	lots := make([]uint64, len(speech))
	seen := map[string]int{}
	for i, s := range speech {
		lots[i] = math.MaxUint64 // no cut here
		if i > 0 && s.Start-speech[i-1].end() >= passageStill {
			// A repeated narration gets a number for each time, or else a deck that repeats one text would be cut at
			// every slide.
			sum := sha256.Sum256([]byte(s.Key + " " + strconv.Itoa(seen[s.Key])))
			lots[i] = binary.BigEndian.Uint64(sum[:]) >> 1
		}
		seen[s.Key]++
	}
	var list []Passage
	divide(speech, lots, func(part []Speech) { list = append(list, place(total, part, len(list) == 0)) })
	return list, nil
}

func (s Speech) end() int64 { return s.Start + s.Samples }

// divide calls part for each passage of speech in order. lots are the numbers of the places before each narration.
func divide(speech []Speech, lots []uint64, part func([]Speech)) {
	at := 0
	if last := len(speech) - 1; speech[last].end()-speech[0].Start > passageMost {
		for i := 1; i <= last; i++ {
			if lots[i] != math.MaxUint64 && (at == 0 || lots[i] < lots[at]) {
				at = i
			}
		}
	}
	if at == 0 {
		part(speech)
		return
	}
	divide(speech[:at], lots[:at], part)
	divide(speech[at:], lots[at:], part)
}

// place makes a passage from narrations of a sound of total samples.
func place(total int64, speech []Speech, first bool) Passage {
	start := speech[0].Start
	lead, end := int64(passageLead), speech[len(speech)-1].end()-start
	p := Passage{At: (start - lead + Packet/2) / Packet}
	switch {
	case first && start < passageOpening:
		p.At, lead = 0, start
	case p.At*Packet+lead+end > total: // the last word would end after the sound
		p.At = (start - lead) / Packet
	}
	for _, s := range speech {
		s.Start += lead - start
		p.Speech = append(p.Speech, s)
	}
	p.Samples = (lead+end+Packet-1)/Packet*Packet + passageTail
	return p
}

// inOrder returns an error unless narrations are in order and fit in total samples.
func inOrder(total int64, speech []Speech) error {
	at := int64(0)
	for i, s := range speech {
		if s.Start < at || s.Samples < 0 || s.end() > total {
			return fmt.Errorf("narration %d from sample %d to %d does not fit between %d and %d", i+1, s.Start, s.end(),
				at, total)
		}
		at = s.end()
	}
	return nil
}
