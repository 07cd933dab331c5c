package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lectern"
	"lectern/internal/compose"
	"lectern/internal/h264"
	"lectern/internal/timeline"
)

// timeline waits until all is spoken and lays the slides out.
func (u *run) timeline(ctx context.Context) (timeline.Plan, error) {
	slots := make([]timeline.Slot, len(u.slides))
	for i, s := range u.slides {
		if err := await(ctx, s.narrated); err != nil {
			return timeline.Plan{}, err
		}
		slots[i] = s.slot
	}
	plan, err := timeline.Build(u.rules.Rate, slots)
	if err != nil {
		return plan, lectern.Fail(lectern.CodeInvalidDeck, "The deck cannot be laid out in time.").Because(err)
	}
	u.track.plan("audio", 0.1+weighSound*float64(plan.Samples)/lectern.SampleRate)
	return plan, nil
}

// words are the texts that stand beside the pictures.
type words struct {
	chapters   []compose.Chapter
	cues       []compose.Cue
	language   string
	metadata   string
	transcript string
	align      []alignment
}

// write makes captions, chapters and the transcript.
func (u *run) write(plan timeline.Plan) (words, error) {
	var w words
	var titles, texts []string
	var spoken []compose.Spoken
	for i, s := range u.slides {
		titles, texts = append(titles, s.title), append(texts, u.deck.Slides[i].Narration)
		var a alignment
		if s.narration.samples > 0 {
			n := s.narration
			var err error
			if a, err = n.open(); err != nil {
				return w, orElse(err, lectern.CodeInternal, "A narration cannot be read again.")
			}
			at := plan.Slides[i]
			spoken = append(spoken, compose.Spoken{Text: texts[i], Words: a.Words, Start: at.Speech, Samples: s.narration.samples,
				Until: plan.Rate.Sample(at.End() - at.Out)})
			if w.language == "" {
				w.language = compose.Language(s.narration.voice.Language)
			}
		}
		a.Blocks, a.Phonemes = nil, nil
		w.align = append(w.align, a)
	}
	if w.language == "" {
		w.language = compose.Language("")
	}
	w.chapters = compose.Chapters(plan, titles)
	w.cues = compose.Captions(spoken)
	w.metadata = compose.Metadata(u.deck.Title, plan.Rate, w.chapters)
	w.transcript = compose.Transcript(u.deck.Title, int64(plan.Rate), w.chapters, texts)
	return w, nil
}

// stretch is a run of pictures of one stream.
type stretch struct {
	segment
	frames int64
}

// stretches lists the streams of the video in order.
func (u *run) stretches(plan timeline.Plan) []stretch {
	var list []stretch
	for _, piece := range plan.Pieces() {
		s := u.slides[piece.Slide]
		switch {
		case piece.Transition:
			list = append(list, stretch{u.slides[piece.Slide+1].blend, piece.Frames})
		case s.segment.loop:
			for _, n := range compose.Repeats(piece.Frames, int64(u.enc.GOP())) {
				list = append(list, stretch{s.segment, n})
			}
		default:
			list = append(list, stretch{s.segment, piece.Frames})
		}
	}
	return list
}

// mux joins pictures, sound, captions and chapters.
func (u *run) mux(ctx context.Context, plan timeline.Plan, audio file, w words) (file, error) {
	u.track.say(lectern.StageJoining, fmt.Sprintf("Joining %s.", count(len(u.slides), "slide")))
	list := u.stretches(plan)
	keys := make([]string, len(list))
	for i, s := range list {
		keys[i] = fmt.Sprintf("%s %d", s.key, s.frames)
	}
	captions := ""
	if len(w.cues) > 0 {
		captions = "captions"
	}
	srt := compose.SRT(w.cues)
	key := muxKey(keys, audio.key, srt, w.metadata, u.enc.Mux("", captions, "", w.language, ""), u.version)
	f, err := u.step(ctx, lectern.StepMux, 0, key, ".mp4", func(path string) error {
		return with(ctx, u.Resources.encoders, 1, func() error { return u.join(ctx, plan, list, audio, srt, w, path) })
	})
	u.track.move("mux", 1)
	return f, err
}

func (u *run) join(ctx context.Context, plan timeline.Plan, list []stretch, audio file, srt string, w words, path string) error {
	captions, metadata := "", filepath.Join(u.job.Scratch, "metadata.txt")
	if err := os.WriteFile(metadata, []byte(w.metadata), 0o666); err != nil {
		return err
	}
	if len(w.cues) > 0 {
		captions = filepath.Join(u.job.Scratch, "captions.srt")
		if err := os.WriteFile(captions, []byte(srt), 0o666); err != nil {
			return err
		}
		captions = "file:" + captions
	}
	join := compose.NewJoin(u.enc)
	for _, s := range list {
		if err := join.Add(s.index, s.frames); err != nil {
			return orElse(err, lectern.CodeEncodeFailed, "The segments do not fit together.")
		}
	}
	header, err := join.Header()
	if err != nil {
		return err
	}
	source := &joined{list: list, rest: header}
	in := &closing{r: source}
	defer in.shut(source)
	err = u.ffmpeg(ctx, Command{Args: u.enc.Mux("file:"+audio.path, captions, "file:"+metadata, w.language, "file:"+path), Stdin: in,
		OnFrame: u.frames("mux", plan.Frames), What: whatJoin})
	if err != nil {
		return err
	}
	return broken(whatJoin, checkMovie(plan, path))
}

// joined reads the video without sound: the header, then the pictures of each stretch.
type joined struct {
	list []stretch
	rest []byte
	file io.ReadCloser
	pics *h264.Pictures
	left int64
}

func (j *joined) Read(p []byte) (int, error) {
	for len(j.rest) == 0 {
		if j.pics == nil {
			if len(j.list) == 0 {
				return 0, io.EOF
			}
			var err error
			if j.file, err = j.list[0].stream(); err != nil {
				return 0, err
			}
			j.pics, j.left = h264.NewPictures(j.file), j.list[0].frames
			j.list = j.list[1:]
		}
		if j.left == 0 {
			if err := j.Close(); err != nil {
				return 0, err
			}
			continue
		}
		pic, err := j.pics.Next()
		if err != nil {
			return 0, fmt.Errorf("a segment ends %d pictures early: %w", j.left, noEOF(err))
		}
		j.left--
		j.rest = pic.Bytes
	}
	n := copy(p, j.rest)
	j.rest = j.rest[n:]
	return n, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Close closes the segment that is being read.
func (j *joined) Close() error {
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file, j.pics = nil, nil
	return err
}

// readMovie reads the index of an MP4, and makes sure that the file goes as far as that says.
func readMovie(path string) (compose.Movie, error) {
	f, err := os.Open(path)
	if err != nil {
		return compose.Movie{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return compose.Movie{}, err
	}
	return compose.ReadMovie(f, info.Size())
}

// checkMovie makes sure that the video is what the plan says, before anybody sees it.
func checkMovie(plan timeline.Plan, path string) error {
	m, err := readMovie(path)
	if err != nil {
		return err
	}
	video, _ := m.Track("vide")
	switch {
	case int64(video.Samples) != plan.Frames:
		return fmt.Errorf("it has %d pictures instead of %d", video.Samples, plan.Frames)
	case video.Ticks*uint64(plan.Rate) != uint64(plan.Frames)*uint64(video.Scale):
		return fmt.Errorf("%d pictures last %d ticks of 1/%d s", video.Samples, video.Ticks, video.Scale)
	case !m.IndexFirst:
		return errors.New("its index comes last")
	}
	return hasSound(m, plan.Samples)
}

func hasSound(m compose.Movie, samples int64) error {
	sound, _ := m.Track("soun")
	switch n := int64(sound.Samples) * compose.Packet; {
	case sound.Scale != lectern.SampleRate:
		return fmt.Errorf("its sound has %d samples a second", sound.Scale)
	case n < samples || n > samples+3*compose.Packet:
		return fmt.Errorf("its sound has %d packets for %d samples", sound.Samples, samples)
	}
	return nil
}
