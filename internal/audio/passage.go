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
// separately and cached, so that an edit of one slide of fifty encodes about a sixth of the sound again. Three rules
// make that work:
//
//   - The cuts depend on the text, not on its position, so an edit moves only the cuts next to it.
//   - A passage begins on a packet of the whole sound. A packet is 1024 samples, and slides begin with frames, which
//     are 1600 samples at 30 a second. If a slide became a frame longer, all later sound would have another phase, and
//     so other packets. So each passage is moved, with its speech, by at most half a packet: 10.7 ms, a third of a
//     frame. At the end of the sound it may be up to a whole packet early. Viewers notice sound that is 45 ms early or
//     125 ms late (ITU-R BT.1359); a whole chain may be 40 ms early or 60 ms late (EBU R 37).
//   - Each passage begins and ends with silent packets, and more of them fill the gaps between passages. No packet
//     overlaps speech of both sides, so the joint is inaudible.

// Packet is the number of samples in a packet of AAC.
const Packet = 1024

const (
	passageMost  = 120 * lectern.SampleRate // a longer one is cut, if it can be
	passageLead  = 2 * Packet               // silence before the first word: a packet overlaps the next
	passageTail  = 4 * Packet               // silence after the last word, in which the encoder returns to long windows
	passageStill = 10 * Packet              // least silence for a cut: lead, tail and rounding
	// If speech begins this soon, the first passage begins with the video and is not moved.
	passageOpening = lectern.SampleRate
)

// Passage is a separately encoded part of the sound.
type Passage struct {
	At      int64    // its first packet, counted in the whole sound
	Samples int64    // its length: whole packets
	Speech  []Speech // Start counts from the passage's beginning
}

// Packets is the number of packets of an encoded passage: one more than its samples fill, because each packet overlaps
// the next.
func (p Passage) Packets() int64 { return p.Samples/Packet + 1 }

// Passages divides the sound of total samples. Narrations must be in order and not overlap. From its first to its last
// narration, each passage lasts at most two minutes, unless it has too little silence for a cut. There is at least one
// passage.
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

// place makes a passage from narrations of a sound of total samples. first says whether it is the first passage.
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
