package httpapi

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"lectern"
)

// Checked is the answer to a dry run: the deck would be accepted.
type Checked struct {
	Valid            bool                  `json:"valid" doc:"Always true: a deck with faults is refused with all of them."`
	Slides           int                   `json:"slides" doc:"How many there are."`
	Measured         int                   `json:"measured" doc:"How many slides were drawn, in the time that limits.check allows, to find text that does not fit. Such text is a warning text_overflow. If this is less than slides, the others were not checked for it; a presentation checks them early in its run."`
	Language         string                `json:"language,omitempty" example:"de" doc:"The language that would be rendered, as a BCP 47 tag. Absent: the deck does not say."`
	Theme            string                `json:"theme" doc:"The theme that is used."`
	Layout           string                `json:"layout" doc:"Where the avatar stands."`
	Avatar           string                `json:"avatar" doc:"The avatar that is used: engine:name.variant. Empty: none."`
	Voice            string                `json:"voice,omitempty" doc:"The voice that the deck asks for: engine:id. Absent: it is chosen for each slide by the language of its text."`
	Size             lectern.Size          `json:"size" doc:"The size of the video."`
	EstimatedSeconds float64               `json:"estimated_seconds" doc:"Estimated length of the video."`
	Outline          []CheckedSlide        `json:"outline" doc:"How each slide would be rendered, in order."`
	Warnings         []lectern.Warning     `json:"warnings" doc:"All of them, those of slides included."`
	Report           []lectern.SlideReport `json:"report" doc:"What was made of each slide of a PowerPoint, OpenDocument or PDF file, in the order of the file. Empty for other decks."`
}

// CheckedSlide says how one slide would be rendered.
type CheckedSlide struct {
	Slide            int               `json:"slide" doc:"Counted from 1."`
	SpokenBy         string            `json:"spoken_by" enum:"voice,avatar,recording,nobody" doc:"voice: a voice of this server reads the narration. avatar: the avatar's engine speaks it itself. recording: people recorded it. nobody: there is no narration, the slide stays for its hold."`
	Voice            *SpokenVoice      `json:"voice,omitempty" doc:"The voice that the narration gets. Absent if nobody speaks, or if the avatar's engine chooses the voice."`
	Pictures         string            `json:"pictures,omitempty" enum:"not checked" doc:"not checked: the slide shows a page of a file, which only a render draws. Absent: the slide is drawn from a template, see measured."`
	Avatar           string            `json:"avatar,omitempty" doc:"The avatar that is seen: engine:name.variant. Absent: none."`
	EstimatedSeconds float64           `json:"estimated_seconds" doc:"Estimated length of the slide, transitions included."`
	Warnings         []lectern.Warning `json:"warnings" doc:"Those about this slide."`
}

// SpokenVoice is a voice as it was chosen for a slide.
type SpokenVoice struct {
	Engine   string  `json:"engine" doc:"The engine that makes it, such as flite."`
	ID       string  `json:"id" doc:"Its name within the engine."`
	Language string  `json:"language,omitempty" doc:"What it speaks, as a BCP 47 tag." example:"en-US"`
	Speed    float64 `json:"speed" doc:"1 is natural."`
}

// dryRun checks a deck, measures as many slides as the time allows, and creates no presentation. Files that come with
// the deck become assets even so.
func (s *server) dryRun(w http.ResponseWriter, r *http.Request) error {
	v, err := s.outlook(r, intake{check: s.Check})
	if err == nil {
		writeJSON(w, r, http.StatusOK, v)
	}
	return err
}

// outlook checks and measures the deck of a request and returns how it would be rendered.
func (s *server) outlook(r *http.Request, how intake) (Checked, error) {
	body, err := s.readSubmission(r)
	defer body.close()
	if err != nil {
		return Checked{}, err
	}
	sub, err := s.accept(r.Context(), body, how)
	if err != nil {
		return Checked{}, err
	}
	d := sub.Deck
	measured, more, err := s.measure(r.Context(), d)
	if err != nil {
		return Checked{}, err
	}
	sub.Warnings = append(sub.Warnings, more...)
	total, slides := d.Estimate()
	v := Checked{
		Valid: true, Slides: len(d.Slides), Measured: measured, Language: d.Language, Theme: d.Theme,
		Layout: string(d.Layout), Avatar: d.Avatar, Voice: voiceName(d.Voice),
		Size: d.Size, EstimatedSeconds: tenths(total), Outline: make([]CheckedSlide, len(d.Slides)),
		Warnings: nonNil(sub.Warnings), Report: nonNil(sub.Report),
	}
	performs := d.Avatar != "" && s.Avatars.Performs(r.Context(), d.Avatar)
	for i := range d.Slides {
		v.Outline[i] = checkedSlide(d, i, performs)
		v.Outline[i].EstimatedSeconds = tenths(slides[i])
	}
	for _, note := range sub.Warnings {
		if n := note.Slide; n > 0 && n <= len(v.Outline) {
			v.Outline[n-1].Warnings = append(v.Outline[n-1].Warnings, note)
		}
	}
	return v, nil
}

// errCheckTime is the cause when CheckTime ends the measuring of a dry run.
var errCheckTime = errors.New("the time for measuring is over")

// measure draws as many slides as the time allows, and returns their number and warnings. It holds the place of a
// preview while it draws, so that dry runs cannot crowd out presentations. If no place becomes free in time, it
// measures nothing.
func (s *server) measure(ctx context.Context, d lectern.Deck) (int, []lectern.Warning, error) {
	if s.CheckTime <= 0 {
		return 0, nil, nil
	}
	if s.Measure == nil {
		return 0, []lectern.Warning{{Code: "not_measured",
			Message: "This server has no browser, so no slide was measured. Text that does not fit is found when the deck is " +
				"rendered."}}, nil
	}
	c, stop := context.WithTimeoutCause(ctx, s.CheckTime, errCheckTime)
	defer stop()
	select {
	case s.previews <- struct{}{}:
		defer func() { <-s.previews }()
	case <-c.Done():
		return 0, nil, ctx.Err()
	}
	n, warnings, err := s.Measure.Measure(c, d)
	if errors.Is(err, errCheckTime) {
		err = nil
	}
	return n, warnings, err
}

// checkedSlide describes slide i of a settled deck. performs: the engine of its avatar speaks the narration itself.
func checkedSlide(d lectern.Deck, i int, performs bool) CheckedSlide {
	s := CheckedSlide{Slide: i + 1, SpokenBy: "voice", Pictures: d.Slides[i].Pictures(), Avatar: d.Avatar,
		Warnings: []lectern.Warning{}}
	if d.Layout == lectern.LayoutSlideOnly {
		s.Avatar = ""
	}
	chosen := d.Slides[i].Voice
	switch {
	case d.Slides[i].Sound != nil,
		d.Recording != nil && (len(d.Recording.Starts) > 0 || !d.Slides[i].Script().Silent()):
		s.SpokenBy = "recording"
		if performs {
			s.Avatar = "" // it cannot move its lips to a sound
		}
		return s
	case d.Slides[i].Narration == "":
		s.SpokenBy = "nobody"
		if performs {
			s.Avatar = "" // it has no clip without words
		}
		return s
	case performs:
		s.SpokenBy = "avatar"
		if chosen.ID == "" {
			chosen = d.Voice
		}
		if chosen.ID == "" {
			return s
		}
	}
	s.Voice = &SpokenVoice{chosen.Engine, chosen.ID, chosen.Language, cmp.Or(chosen.Speed, 1)}
	return s
}

// tenths returns a time in seconds, rounded to one decimal place.
func tenths(t time.Duration) float64 { return math.Round(t.Seconds()*10) / 10 }

// voiceName returns a choice of a voice as engine:id; "" if the text's language chooses the voice.
func voiceName(v lectern.VoiceChoice) string {
	if v.Engine != "" && v.ID != "" {
		return v.Engine + ":" + v.ID
	}
	return v.ID
}
