package render

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"lectern"
	"lectern/internal/audio"
	"lectern/internal/captions"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/h264"
	"lectern/internal/mp4"
	"lectern/internal/timeline"
)

// joiner joins the outputs of the other parts into one video.
type joiner struct {
	*steps
	*outline
	library Library
}

// timeline waits until all slides are spoken and plans their frames.
func (u *joiner) timeline(ctx context.Context) (timeline.Plan, error) {
	slots := make([]timeline.Slot, len(u.slides))
	for i, s := range u.slides {
		if err := await(ctx, s.narrated); err != nil {
			return timeline.Plan{}, err
		}
		slots[i] = s.slot
	}
	plan, err := timeline.Build(u.rules.Rate, slots)
	if err != nil {
		return plan, lectern.Fail(lectern.CodeInvalidDeck, "No timeline can be made of the deck.").Because(err)
	}
	u.track.plan("audio", 0.1+weighSound*float64(plan.Samples)/lectern.SampleRate)
	return plan, nil
}

// words are the texts that belong to a video.
type words struct {
	chapters   []captions.Chapter
	cues       []captions.Cue
	language   string
	transcript string
	align      []alignment
}

// write makes captions, chapters and the transcript.
func (u *joiner) write(plan timeline.Plan) (words, error) {
	var w words
	if u.deck.Language != "" {
		w.language = mp4.Language(u.deck.Language)
	}
	var titles, texts, sections []string
	var paragraphs []captions.Paragraph
	var spoken []captions.Spoken
	for i, s := range u.slides {
		titles, texts = append(titles, s.title), append(texts, s.script.Text)
		sections = append(sections, u.deck.Slides[i].Section)
		p := captions.Paragraph{Narration: s.script.Text}
		if page, _, err := u.library.Page(u.deck, i); err == nil { // a page that cannot be made has ended the run earlier
			p.Shown, p.Pictures = page.Shown.Texts, page.Shown.Alts
		}
		paragraphs = append(paragraphs, p)
		var a alignment
		if s.narration.samples > 0 {
			n := s.narration
			var err error
			if a, err = n.open(); err != nil {
				return w, fail.Else(err, lectern.CodeInternal, "A narration cannot be read again."+checkDisk)
			}
			at := plan.Slides[i]
			spoken = append(spoken, captions.Spoken{Text: texts[i], Words: a.Words, Start: at.Speech,
				Samples: s.narration.samples, Breaks: s.breaks,
				Until: plan.Rate.Sample(at.End() - at.Out)})
			if w.language == "" {
				w.language = mp4.Language(s.narration.voice.Language)
			}
		}
		a.Blocks, a.Phonemes = nil, nil
		w.align = append(w.align, a)
	}
	if w.language == "" {
		w.language = mp4.Language("")
	}
	slides := captions.Slides(plan, titles)
	w.chapters = captions.Chapters(slides, sections)
	w.cues = captions.Captions(spoken)
	w.transcript = captions.Transcript(u.deck.Title, int64(plan.Rate), slides, paragraphs)
	return w, nil
}

// stretch is a run of pictures of one stream.
type stretch struct {
	segment
	frames int64
}

// stretches lists the streams of the video in order.
func (u *joiner) stretches(plan timeline.Plan) []stretch {
	var list []stretch
	for _, piece := range plan.Pieces() {
		s := u.slides[piece.Slide]
		switch {
		case piece.Transition:
			list = append(list, stretch{u.slides[piece.Slide+1].blend, piece.Frames})
		case s.segment.loop:
			for k, p := range s.parts {
				for _, n := range encode.Repeats(s.frames(k), int64(u.enc.GOP())) {
					list = append(list, stretch{p.segment, n})
				}
			}
		default:
			list = append(list, stretch{s.segment, piece.Frames})
		}
	}
	return list
}

// mux joins pictures, sound, captions and chapters.
func (u *joiner) mux(ctx context.Context, plan timeline.Plan, sound sounded, w words) (file, error) {
	u.track.say(lectern.StageJoining, fmt.Sprintf("Joining %s.", count(len(u.slides), "slide")))
	list := u.stretches(plan)
	keys := make([]string, len(list))
	for i, s := range list {
		keys[i] = fmt.Sprintf("%s %d", s.key, s.frames)
	}
	key := muxKey(keys, sound.key, captions.SRT(w.cues), u.deck.Subtitles == lectern.SubtitlesOn, w.chapters,
		u.deck.Title, w.language, u.enc)
	f, err := u.step(ctx, lectern.StepMux, 0, key, ".mp4",
		func(path string) error { return u.join(ctx, plan, list, sound.Soundtrack, w, key, path) })
	u.track.move("mux", 1)
	return f, err
}

func (u *joiner) join(ctx context.Context, plan timeline.Plan, list []stretch, sound mp4.Soundtrack, w words,
	key, path string) error {
	film := mp4.Film{Size: u.enc.Size, Rate: u.enc.Rate, Title: u.deck.Title, Language: w.language,
		Chapters: w.chapters, Cues: w.cues,
		ShowCues: u.deck.Subtitles == lectern.SubtitlesOn, Sound: sound}
	for _, s := range list {
		if err := film.Add(s.Index, s.frames); err != nil {
			return fail.Else(err, lectern.CodeEncodeFailed, "The segments do not fit together.")
		}
	}
	pictures := &joined{ctx: ctx, list: list, progress: func(done int64) {
		u.track.move("mux", float64(done)/float64(plan.Frames))
	}}
	defer pictures.Close()
	err := u.written.file(key, path, func(w *bufio.Writer) error {
		return film.Write(w, &pieces{next: pictures.next})
	})
	if pictures.damaged != nil {
		err = errors.Join(err, u.drop(*pictures.damaged))
	}
	if err == nil {
		err = checkMovie(plan, path)
	}
	return unwell(err, "The video could not be joined."+checkDisk)
}

// joined reads the pictures of stretches one after the other.
type joined struct {
	ctx      context.Context
	progress func(pictures int64)
	list     []stretch
	file     io.ReadCloser
	pics     *h264.Pictures
	sizes    []uint32 // of the pictures that the first stretch has left
	done     int64
	damaged  *segment // the segment that next could not read
}

// next returns the next picture, or io.EOF after the last.
func (j *joined) next() ([]byte, error) {
	for len(j.sizes) == 0 {
		if j.file != nil {
			j.list = j.list[1:]
		}
		if err := j.Close(); err != nil {
			return nil, err
		}
		if len(j.list) == 0 {
			return nil, io.EOF
		}
		if err := context.Cause(j.ctx); err != nil {
			return nil, err
		}
		j.progress(j.done)
		var err error
		if j.file, err = j.list[0].stream(); err != nil {
			return nil, err
		}
		j.pics, j.sizes = h264.NewPictures(j.file), j.list[0].Index.Sizes[:j.list[0].frames]
	}
	pic, err := j.pics.Next()
	if err == nil && len(pic.Bytes) != int(j.sizes[0]) {
		err = fmt.Errorf("a picture of %d bytes instead of %d", len(pic.Bytes), j.sizes[0])
	}
	if err != nil {
		j.damaged = &j.list[0].segment
		return nil, fmt.Errorf("%w, %d pictures before its end: %w", errSegment, len(j.sizes), noEOF(err))
	}
	j.sizes = j.sizes[1:]
	j.done++
	return pic.Bytes, nil
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

// readMovie reads the index of an MP4, and checks that the file is as long as the index says.
func readMovie(path string) (mp4.Movie, error) {
	f, err := os.Open(path)
	if err != nil {
		return mp4.Movie{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return mp4.Movie{}, err
	}
	return mp4.ReadMovie(f, info.Size())
}

// checkMovie checks that the video is what the plan says, before it is published.
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

func hasSound(m mp4.Movie, samples int64) error {
	sound, _ := m.Track("soun")
	switch n := int64(sound.Samples) * audio.Packet; {
	case sound.Scale != lectern.SampleRate:
		return fmt.Errorf("its sound has %d samples a second", sound.Scale)
	case n < samples || n > samples+3*audio.Packet:
		return fmt.Errorf("its sound has %d packets for %d samples", sound.Samples, samples)
	}
	return nil
}
