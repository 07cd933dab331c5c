package footage

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"

	"lectern"
)

// Decoder runs ffmpeg.
type Decoder interface {
	// Decode runs ffmpeg with args and writes its standard output to out. what is the beginning of a failure's message.
	// Decode returns ctx's cause if ctx ended it, and an error if ffmpeg failed.
	Decode(ctx context.Context, what string, args []string, out io.Writer) error
}

// The beginnings of the messages for a film that cannot be decoded.
const (
	whatSound = "ffmpeg could not read the avatar's sound"
	whatVideo = "ffmpeg could not read the avatar's video"
)

// Sound decodes the sound of the film at path, at [lectern.SampleRate], from the time of its first picture on. A film
// without sound fails with lectern.CodeAvatarFailed.
func Sound(ctx context.Context, d Decoder, path string) ([]int16, error) {
	var pcm bytes.Buffer
	if err := d.Decode(ctx, whatSound, soundOf(path), &pcm); err != nil {
		return nil, err
	}
	samples := make([]int16, pcm.Len()/2)
	if _, err := binary.Decode(pcm.Bytes(), binary.LittleEndian, samples); err != nil {
		return nil, err
	}
	if len(samples) == 0 {
		return nil, lectern.Fail(lectern.CodeAvatarFailed, "The avatar's video has no sound.")
	}
	return samples, nil
}
