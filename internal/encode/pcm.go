package encode

import (
	"fmt"
	"strconv"
	"time"

	"lectern"
)

// PCM returns the arguments that decode the first sound of a file to samples on standard output: signed, 16 bits,
// little-endian, mono, at [lectern.SampleRate]. What is before start and after end is left out; an end of 0 is the end
// of the file. The cuts are exact to a sample of the file.
func PCM(path string, start, end time.Duration) []string {
	filter := "aresample=" + strconv.Itoa(lectern.SampleRate)
	if start > 0 || end > 0 {
		trim := fmt.Sprintf("atrim=start=%f", start.Seconds())
		if end > 0 {
			trim += fmt.Sprintf(":end=%f", end.Seconds())
		}
		filter = trim + ",asetpts=PTS-STARTPTS," + filter
	}
	return []string{"-threads", "1", "-i", "file:" + path, "-map", "0:a:0", "-vn", "-af", filter, "-ac", "1",
		"-f", "s16le", "pipe:1"}
}
