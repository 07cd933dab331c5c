package footage

import (
	"fmt"

	"lectern"
)

// framesOf returns ffmpeg's arguments that decode a film to exactly frames pictures of packed R, G and B bytes, at rate
// a second. If the film has fewer pictures, the last one is repeated. The pictures are cut to the shape of size and
// scaled to it. A window that is narrower than the film shows its full height and the middle of its width.
func framesOf(path string, size lectern.Size, rate int, frames int64) []string {
	filter := fmt.Sprintf("crop=w='min(iw,ih*%[1]d/%[2]d)':h='min(ih,iw*%[2]d/%[1]d)':x='(iw-ow)/2':y=0,fps=%[3]d,"+
		"scale=%[1]d:%[2]d:flags=bicubic+accurate_rnd+full_chroma_int:in_color_matrix=bt709,format=rgb24,tpad=stop_mode=clone:stop=-1",
		size.Width, size.Height, rate)
	return []string{"-threads", "1", "-i", "file:" + path, "-map", "0:v:0", "-an", "-vf", filter, "-frames:v",
		fmt.Sprintf("%d", frames), "-f", "rawvideo", "pipe:1"}
}

// soundOf returns ffmpeg's arguments that decode a film's sound as 16-bit mono samples, from the time of its first
// picture on.
func soundOf(path string) []string {
	return []string{"-threads", "1", "-i", "file:" + path, "-map", "0:a:0", "-vn", "-af",
		"aresample=async=1:first_pts=0",
		"-ac", "1", "-ar", fmt.Sprintf("%d", lectern.SampleRate), "-f", "s16le", "pipe:1"}
}
