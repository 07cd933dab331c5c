package encode

import (
	"strconv"

	"lectern"
)

// audioBits is the rate of the sound, in bits a second. The track has one channel: it carries one voice, every player
// puts it in the middle, and encoding a second copy would take twice as long for nothing.
const audioBits = 96_000

// Audio returns the arguments that encode 16-bit mono samples from standard input as AAC-LC, in packets with headers
// (ADTS). ffmpeg's fast coder takes a quarter of the time of its other one, and at this rate its result is closer to
// the input (docs/TUNING.md).
func Audio(to string) []string {
	return []string{
		"-f", "s16le", "-ar", strconv.Itoa(lectern.SampleRate), "-ac", "1", "-i", "pipe:0",
		"-vn", "-c:a", "aac", "-profile:a", "aac_low", "-aac_coder", "fast", "-b:a", strconv.Itoa(audioBits),
		"-f", "adts", to,
	}
}
