package tts

import (
	"encoding/binary"
	"errors"
)

// ReadWAV reads a WAV file of 16-bit PCM and returns its first channel, with full scale 1, and its rate in hertz. A
// data chunk whose length was unknown when it was written (0 or beyond the end) extends to the end of b.
func ReadWAV(b []byte) (samples []float32, rate int, err error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, 0, errors.New("not a WAV file")
	}
	channels := 0
	for rest := b[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		switch id {
		case "fmt ":
			if size < 16 || int64(len(body)) < size {
				return nil, 0, errors.New("the WAV file has a broken format chunk")
			}
			format, bits := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[14:])
			channels, rate = int(binary.LittleEndian.Uint16(body[2:])), int(binary.LittleEndian.Uint32(body[4:]))
			if (format != 1 && format != 0xfffe) || bits != 16 || channels < 1 || channels > 8 || rate < 1000 || rate > 400_000 {
				return nil, 0, errors.New("the WAV file is not 16-bit PCM")
			}
		case "data":
			if channels == 0 {
				return nil, 0, errors.New("the WAV file has no format chunk before its data")
			}
			if size == 0 || size > int64(len(body)) {
				size = int64(len(body))
			}
			step := 2 * channels
			samples = make([]float32, 0, size/int64(step))
			for i := 0; i+2 <= int(size); i += step {
				samples = append(samples, float32(int16(binary.LittleEndian.Uint16(body[i:])))/32768)
			}
			return samples, rate, nil
		}
		size += size & 1
		if size > int64(len(body)) {
			break
		}
		rest = body[size:]
	}
	return nil, 0, errors.New("the WAV file has no sound")
}
