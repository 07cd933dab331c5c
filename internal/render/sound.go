package render

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lectern"
	"lectern/internal/audio"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/mp4"
	"lectern/internal/timeline"
)

// mixer makes the sound of the video.
type mixer struct {
	*steps
	*outline
	coder
}

// speaking is who says a narration: a voice, or a file that people recorded.
type speaking struct {
	voice  lectern.Voice
	source string
}

// by returns who says a narration.
func (n narration) by() speaking { return speaking{n.voice, n.source} }

// gains levels the deck: all narrations of one voice, or of one recorded file, get the same gain, measured over all of
// them, so that what a voice says more softly stays softer, and voices and recordings are equally loud.
func (u *mixer) gains(ctx context.Context) (map[speaking]float64, error) {
	blocks, samples := map[speaking][][]float64{}, map[speaking][]int16{}
	for _, s := range u.slides {
		n := s.narration
		if n.samples == 0 {
			continue
		}
		by := n.by()
		blocks[by] = append(blocks[by], n.blocks)
		if more := min(n.samples, voiceSample-int64(len(samples[by]))); more > 0 {
			head, err := n.head(more)
			if err != nil {
				return nil, err
			}
			samples[by] = append(samples[by], head...)
		}
	}
	gains := map[speaking]float64{}
	for v, list := range blocks {
		if err := context.Cause(ctx); err != nil {
			return nil, err // it takes a while
		}
		gains[v] = audio.Stepped(audio.MakeUp(audio.Gain(audio.Loudness(list...)), samples[v]))
	}
	return gains, nil
}

// voiceSample is how many samples of a voice are tried on the limiter.
const voiceSample = 15 * lectern.SampleRate

// speech lists all narrations with their times and gains.
func (u *mixer) speech(ctx context.Context, plan timeline.Plan) ([]audio.Speech, error) {
	gains, err := u.gains(ctx)
	if err != nil {
		return nil, fail.On(ctx, fail.Else(err, lectern.CodeInternal, "A narration cannot be read again."+checkDisk), 0)
	}
	var list []audio.Speech
	for i, s := range u.slides {
		if n := &s.narration; n.samples > 0 {
			list = append(list, audio.Speech{Key: n.key, Start: plan.Slides[i].Speech, Samples: n.samples,
				Gain: gains[n.by()], Open: n.pcm})
		}
	}
	return list, nil
}

// sounded is the encoded sound of the video: as a soundtrack to be joined, and as a file of its own.
type sounded struct {
	file
	mp4.Soundtrack
}

// sound mixes and encodes the passages that are not in the cache, and joins all passages. The joined file is in the
// run's own folder and not in the cache, since joining takes less time than finding it there.
func (u *mixer) sound(ctx context.Context, plan timeline.Plan) (sounded, error) {
	speech, err := u.speech(ctx, plan)
	if err != nil {
		return sounded{}, err
	}
	passages, err := audio.Passages(plan.Samples, speech)
	if err != nil {
		return sounded{}, fail.On(ctx, err, 0)
	}
	all, done := int64(0), int64(0)
	for _, p := range passages {
		all += p.Samples
	}
	parts, at := make([]mp4.Part, len(passages)), make([]placed, len(passages))
	for i, p := range passages {
		key := passageKey(p, encode.Audio(""), u.version)
		at[i] = placed{Key: key, Start: p.At * audio.Packet, Samples: p.Samples}
		parts[i], err = u.passage(ctx, p, key, func(t time.Duration) {
			now := min(int64(t.Seconds()*lectern.SampleRate), p.Samples)
			u.track.move("audio", float64(done+now)/float64(all))
		})
		if err != nil {
			return sounded{}, err
		}
		done += p.Samples
		u.track.move("audio", float64(done)/float64(all))
	}
	whole := sounded{file: file{audioKey(plan.Samples, at), filepath.Join(u.job.Scratch, "audio.m4a")}}
	whole.Soundtrack, err = mp4.NewSoundtrack(plan.Samples, parts)
	if err == nil {
		err = u.written.file(whole.key, whole.path, func(w *bufio.Writer) error { return whole.Write(w) })
	}
	if err == nil {
		err = checkSound(plan.Samples, whole.path)
	}
	if err != nil {
		return sounded{}, fail.On(ctx, fail.Else(err, lectern.CodeInternal, "The sound cannot be joined."+checkDisk), 0)
	}
	return whole, nil
}

// passage returns a passage, encoded.
func (u *mixer) passage(ctx context.Context, p audio.Passage, key string, progress func(time.Duration)) (mp4.Part,
	error) {
	var err error
	for _, salt := range salts {
		var f file
		f, err = u.step(ctx, lectern.StepAudio, 0, key+salt, ".aac", func(path string) error {
			return u.resources.encoders.Do(ctx, 1, func() error {
				if err := u.mix(ctx, p, path, progress); err != nil {
					return err
				}
				_, err := readPassage(p, path)
				return broken(whatSound, err)
			})
		})
		if err != nil {
			return mp4.Part{}, err
		}
		var part mp4.Part
		if part, err = readPassage(p, f.path); err == nil {
			return part, nil
		}
	}
	return mp4.Part{}, fail.On(ctx, broken(whatSound, err), 0)
}

// mix encodes a passage to path.
func (u *mixer) mix(ctx context.Context, p audio.Passage, path string, progress func(time.Duration)) error {
	mix, err := audio.NewSound(p.Samples, p.Speech)
	if err != nil {
		return err
	}
	in := piecesOf(mix)
	defer in.shut(mix)
	return u.ffmpeg(ctx, Command{Args: encode.Audio("file:" + path), Stdin: in, OnTime: progress, What: whatSound})
}

// readPassage reads the list of packets in the file of a passage, and checks that none is missing.
func readPassage(p audio.Passage, path string) (mp4.Part, error) {
	part := mp4.Part{At: p.At, Packets: p.Packets(), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	f, err := os.Open(path)
	if err != nil {
		return part, err
	}
	defer f.Close()
	if part.ADTS, err = mp4.ReadADTS(f); err != nil {
		return part, err
	}
	if n := int64(len(part.Sizes)); n < p.Packets() {
		return part, fmt.Errorf("it has %d packets instead of %d", n, p.Packets())
	}
	return part, nil
}

// checkSound checks that a file of sound has the given number of samples, or up to three packets more.
func checkSound(samples int64, path string) error {
	m, err := readMovie(path)
	if err != nil {
		return err
	}
	return hasSound(m, samples)
}
