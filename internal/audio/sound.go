package audio

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Speech is one narration's place in a sound.
type Speech struct {
	Key     string  // identifies it; see Passages
	Start   int64   // the sample with which it begins
	Samples int64   // its length
	Gain    float64 // the factor for its samples
	// Open returns the narration as 16-bit little-endian samples. It is called when the mix reaches the narration.
	Open func() (io.ReadCloser, error)
}

// Sound is a passage of the video's sound, or all of it, as 16-bit little-endian samples, one channel: each narration
// at its place, silence elsewhere, levelled and limited. It is a stream that holds at most a few thousand samples in
// memory.
type Sound struct {
	total  int64
	speech []Speech // not yet begun
	limit  *Limiter
	skip   int           // samples of the limiter's delay still to skip
	taken  int64         // samples given to the limiter
	given  int64         // samples that the limiter has returned, without the skipped ones
	now    io.ReadCloser // the narration that is being read; nil: silence
	left   int64         // its samples that are still to read
	gain   float64
	raw    []byte
	ready  []byte // encoded, not yet read
	out    []byte
	err    error
}

const soundChunk = 4096 // samples

// NewSound mixes narrations into total samples. It returns an error unless they are in order, do not overlap and end
// within the sound.
func NewSound(total int64, speech []Speech) (*Sound, error) {
	if err := inOrder(total, speech); err != nil {
		return nil, err
	}
	return &Sound{total: total, speech: speech, limit: NewLimiter(), skip: Lookahead,
		raw: make([]byte, 2*soundChunk), out: make([]byte, 0, 2*soundChunk)}, nil
}

// Read implements io.Reader.
func (s *Sound) Read(p []byte) (int, error) {
	for len(s.ready) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		if s.given == s.total {
			s.err = io.EOF
			continue
		}
		s.err = s.chunk()
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// Close closes the narration that is being read.
func (s *Sound) Close() error {
	if s.now == nil {
		return nil
	}
	err := s.now.Close()
	s.now = nil
	return err
}

// chunk mixes the next samples.
func (s *Sound) chunk() error {
	if s.now == nil && len(s.speech) > 0 && s.speech[0].Start == s.taken {
		r, err := s.speech[0].Open()
		if err != nil {
			return err
		}
		s.now, s.left, s.gain = r, s.speech[0].Samples, s.speech[0].Gain
		s.speech = s.speech[1:]
	}
	n := int64(soundChunk)
	raw := s.raw
	switch {
	case s.now != nil:
		n = min(n, s.left)
		raw = raw[:2*n]
		if _, err := io.ReadFull(s.now, raw); err != nil {
			return fmt.Errorf("a narration ends %d samples early: %w", s.left, err)
		}
		if s.left -= n; s.left == 0 {
			if err := s.Close(); err != nil {
				return err
			}
		}
	case len(s.speech) > 0:
		n = min(n, s.speech[0].Start-s.taken)
		raw = nil
	default:
		raw = nil
	}
	s.taken += n
	s.out = s.out[:0]
	for i := range int(n) {
		x := 0.0
		if raw != nil {
			x = float64(int16(binary.LittleEndian.Uint16(raw[2*i:]))) / 32768 * s.gain
		}
		y := s.limit.Next(x)
		if s.skip > 0 {
			s.skip--
			continue
		}
		if s.given == s.total {
			break
		}
		s.given++
		s.out = binary.LittleEndian.AppendUint16(s.out, uint16(int16(math.Round(min(max(y, -1), 1)*32767))))
	}
	s.ready = s.out
	return nil
}
