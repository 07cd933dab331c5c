package footage

import (
	"fmt"

	"lectern"
)

// framesOf lists the arguments that decode a film's pictures, cut to the shape of a window and scaled into it, as
// packed R, G and B bytes: exactly frames of them, the last repeated where the film has fewer. The window shows the
// film's full height, and its middle.
func framesOf(path string, size lectern.Size, rate int, frames int64) []string {
	filter := fmt.Sprintf("crop=w='min(iw,ih*%[1]d/%[2]d)':h='min(ih,iw*%[2]d/%[1]d)':x='(iw-ow)/2':y=0,fps=%[3]d,"+
		"scale=%[1]d:%[2]d:flags=bicubic+accurate_rnd+full_chroma_int:in_color_matrix=bt709,format=rgb24,tpad=stop_mode=clone:stop=-1",
		size.Width, size.Height, rate)
	return []string{"-threads", "1", "-i", "file:" + path, "-map", "0:v:0", "-an", "-vf", filter, "-frames:v",
		fmt.Sprintf("%d", frames), "-f", "rawvideo", "pipe:1"}
}

// soundOf lists the arguments that decode a film's sound as 16-bit mono samples, from the moment of its first picture
// on.
func soundOf(path string) []string {
	return []string{"-threads", "1", "-i", "file:" + path, "-map", "0:a:0", "-vn", "-af",
		"aresample=async=1:first_pts=0",
		"-ac", "1", "-ar", fmt.Sprintf("%d", lectern.SampleRate), "-f", "s16le", "pipe:1"}
}
