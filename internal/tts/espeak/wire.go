package espeak

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The protocol between the engine and its child: one request, one answer, in turn. Both begin with the length of a JSON
// head (four bytes, little endian) and the head; the samples of an answer to "speak" follow, two bytes each.

const (
	maxHead    = 16 << 20 // bytes
	maxSamples = 1 << 28
)

// request is a request to the child.
type request struct {
	Op    string `json:"op"` // "speak" or "voices"
	Text  string `json:"text,omitempty"`
	Voice string `json:"voice,omitempty"`
	Rate  int    `json:"rate,omitempty"`  // words a minute, 80–450
	Pitch int    `json:"pitch,omitempty"` // 0–99
	Range int    `json:"range,omitempty"` // 0–99
	Gap   int    `json:"gap,omitempty"`   // 10 ms units between words
}

// answer is the child's answer. Error is set if the request failed; the child lives on, unless Missing is set.
type answer struct {
	Error   string     `json:"error,omitempty"`
	Missing bool       `json:"missing,omitempty"` // the library cannot be used at all
	Version string     `json:"version,omitempty"`
	Rate    int        `json:"rate,omitempty"`
	Samples int        `json:"samples,omitempty"`
	Events  []event    `json:"events,omitempty"`
	Voices  []rawVoice `json:"voices,omitempty"`
}

// rawVoice is a voice as the library lists it.
type rawVoice struct {
	Name      string   `json:"name"`
	File      string   `json:"file"`
	Gender    int      `json:"gender"` // 1 male, 2 female
	Languages []string `json:"languages"`
	Priority  []int    `json:"priority"` // of each language; lower is better
}

func writeHead(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func readHead(r io.Reader, v any) error {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n > maxHead {
		return fmt.Errorf("the JSON head has %d bytes, which is more than %d", n, maxHead)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return unexpected(err)
	}
	return json.Unmarshal(b, v)
}

func writeSamples(w io.Writer, s []int16) error {
	b := make([]byte, 2*len(s))
	for i, v := range s {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(v))
	}
	_, err := w.Write(b)
	return err
}

func readSamples(r io.Reader, n int) ([]float32, error) {
	if n < 0 || n > maxSamples {
		return nil, fmt.Errorf("the number of samples is %d, which is not between 0 and %d", n, maxSamples)
	}
	b := make([]byte, 2*n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, unexpected(err)
	}
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / 32768
	}
	return out, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
