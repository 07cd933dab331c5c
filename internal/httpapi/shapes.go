package httpapi

import (
	"math"
	"net/url"
	"strconv"
	"time"

	"lectern"
)

// Presentation is a presentation in /v1. What is not known yet is null.
type Presentation struct {
	ID              string            `json:"id" format:"uuid" doc:"Identifies it in every path."`
	Title           string            `json:"title" doc:"The title of the deck, or of its first slide."`
	Language        string            `json:"language,omitempty" example:"de" doc:"The language that is rendered, as a BCP 47 tag. Absent: the deck does not say."`
	Status          string            `json:"status" enum:"queued,processing,completed,failed,canceled" doc:"queued: it waits for a worker. processing: it is being rendered. completed, failed, canceled: it has ended."`
	Stage           string            `json:"stage" doc:"What is being done now." example:"encoding"`
	Progress        float64           `json:"progress" minimum:"0" maximum:"100" doc:"In percent. Never falls; 100 exactly when completed."`
	Message         string            `json:"message" doc:"Stage and figures as a sentence."`
	SlidesDone      int               `json:"slides_done" doc:"How many slides are finished."`
	SlidesTotal     int               `json:"slides_total" doc:"How many slides there are."`
	Version         int64             `json:"version" doc:"Counts every visible change, from 1. The ETag is made of it."`
	Attempt         int               `json:"attempt" doc:"How often processing has begun."`
	CancelRequested bool              `json:"cancel_requested" doc:"A user has canceled it, and its work has not ended yet."`
	CreatedAt       Time              `json:"created_at" format:"date-time" doc:"When the request for it was accepted."`
	StartedAt       *Time             `json:"started_at" format:"date-time" doc:"When work on it first began."`
	CompletedAt     *Time             `json:"completed_at" format:"date-time" doc:"When it ended, however it ended."`
	LastHeartbeat   *Time             `json:"last_heartbeat" format:"date-time" doc:"When the run last gave a sign of life. Not versioned."`
	ETASeconds      *float64          `json:"eta_seconds" doc:"An estimate of the time left. Not versioned."`
	QueuePosition   *int              `json:"queue_position" doc:"Its place among those that wait; 1 is next. null: it does not wait, or this is a webhook's message or an earlier version. Not versioned."`
	EstimatedStart  *Time             `json:"estimated_start_at" format:"date-time" doc:"When work on it is expected to begin, from what waits before it and how fast presentations were rendered lately. null: it does not wait, or nothing was measured yet. Not versioned."`
	Error           *PresentationFail `json:"error" doc:"Why it failed."`
	Warnings        []lectern.Warning `json:"warnings" doc:"What a user should know, although the work continues."`
	Metadata        map[string]string `json:"metadata" doc:"The caller's own data, returned unchanged."`
	DurationSeconds float64           `json:"duration_seconds,omitempty" doc:"How long the video of a completed presentation lasts. Absent if an older version of Lectern completed it."`
	ExpiresAt       *Time             `json:"expires_at,omitempty" format:"date-time" doc:"When a presentation that has ended is deleted with all its files. Absent: it has not ended."`
	Files           []File            `json:"files,omitempty" doc:"The files of a completed presentation. Absent in lists, and if an older version of Lectern completed it."`
	Usage           *Usage            `json:"usage,omitempty" doc:"What all attempts of a presentation that has ended have used. Absent: it has not ended, or an older version of Lectern completed it."`
	Links           map[string]string `json:"links" doc:"What can be requested now, as paths, or as URLs if the server has http.base_url: self, events, steps, report; cancel or retry if possible; video and the other files once the presentation is completed."`
}

// Usage is what a presentation has used.
type Usage struct {
	VideoMinutes float64         `json:"video_minutes" doc:"Length of its video in minutes." example:"1.39"`
	CPUSeconds   float64         `json:"cpu_seconds" doc:"Processor time in seconds: of the programs that were started for it, and its share of the time of the server and of the browser while it was processed."`
	Providers    []ProviderUsage `json:"providers" doc:"By provider of voices and avatars, in the order of their names."`
}

// ProviderUsage is what a presentation has used of one provider.
type ProviderUsage struct {
	Provider      string  `json:"provider" example:"flite" doc:"The engine."`
	Characters    int64   `json:"characters,omitempty" doc:"Characters that were sent to the voice engine. Narrations from the cache are not counted."`
	AvatarSeconds float64 `json:"avatar_seconds,omitempty" doc:"Length of the clips that the avatar service made. Clips from the cache are not counted."`
	Price         *Amount `json:"price,omitempty" doc:"At the price that the operator set. Absent: the engine is free, or no price is set."`
}

// Amount is an amount of money.
type Amount struct {
	Amount   float64 `json:"amount" example:"2.5" doc:"In units of the currency."`
	Currency string  `json:"currency" example:"EUR" doc:"ISO 4217."`
}

// v1Usage returns what p has used; nil if p has not ended or nothing was counted.
func v1Usage(p lectern.Presentation) *Usage {
	if !p.Status.Terminal() || p.Usage.IsZero() {
		return nil
	}
	u := &Usage{
		VideoMinutes: math.Round(p.Usage.Video.Minutes()*1e4) / 1e4, CPUSeconds: math.Round(p.Usage.CPU.Seconds()*1e3) / 1e3,
		Providers: []ProviderUsage{},
	}
	for _, one := range p.Usage.Providers {
		v := ProviderUsage{Provider: one.Provider, Characters: one.Characters, AvatarSeconds: one.Avatar.Seconds()}
		if one.Currency != "" {
			v.Price = &Amount{float64(one.Cost) / 1e6, one.Currency}
		}
		u.Providers = append(u.Providers, v)
	}
	return u
}

// File is a file of a completed presentation.
type File struct {
	Name      string `json:"name" example:"video" doc:"Its name in links."`
	Slide     int    `json:"slide,omitempty" doc:"Counted from 1, for files of one slide."`
	MediaType string `json:"media_type" example:"video/mp4" doc:"What it is."`
	Bytes     int64  `json:"bytes" doc:"Its size."`
	SHA256    string `json:"sha256" doc:"The hash of its content, in lower-case hexadecimal digits; also its ETag."`
	Link      string `json:"link" doc:"Where it can be fetched."`
}

// PresentationFail says why a presentation failed.
type PresentationFail struct {
	Code      string  `json:"code" doc:"Stable; programs may compare it." example:"voice_failed"`
	Message   string  `json:"message" doc:"What happened, in a sentence."`
	Detail    string  `json:"detail,omitempty" doc:"The technical cause."`
	Param     string  `json:"param,omitempty" doc:"The field of the deck at fault." example:"slides[3].props.title"`
	Slide     int     `json:"slide,omitempty" doc:"Counted from 1."`
	Retryable bool    `json:"retryable" doc:"Whether a retry may succeed."`
	Causes    []Fault `json:"causes,omitempty" doc:"Further failures of the same run."`
}

// Time is a time in UTC with milliseconds.
type Time struct{ time.Time }

// MarshalJSON writes t as RFC 3339.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + stamp(t.Time) + `"`), nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func known(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

// v1Presentation is p as /v1 shows it.
func (s *server) v1Presentation(p lectern.Presentation) Presentation {
	v := Presentation{
		ID: p.ID, Title: p.Title, Language: p.Language, Status: string(p.Status), Stage: p.Stage,
		Progress: p.Progress.Percent(), Message: p.Message,
		SlidesDone: p.SlidesDone, SlidesTotal: p.SlidesTotal, Version: p.Version, Attempt: p.Attempt,
		CancelRequested: p.CancelRequested,
		CreatedAt:       Time{p.CreatedAt}, StartedAt: known(p.StartedAt), CompletedAt: known(p.CompletedAt),
		LastHeartbeat: known(p.LastHeartbeat),
		Warnings:      p.Warnings, Metadata: p.Metadata, Links: s.links(p),
	}
	if v.Warnings == nil {
		v.Warnings = []lectern.Warning{}
	}
	if v.Metadata == nil {
		v.Metadata = map[string]string{}
	}
	if p.ETA > 0 {
		eta := math.Ceil(p.ETA.Seconds()*10) / 10
		v.ETASeconds = &eta
	}
	if p.QueuePosition > 0 {
		v.QueuePosition, v.EstimatedStart = &p.QueuePosition, known(p.StartAt)
	}
	v.DurationSeconds, v.ExpiresAt = p.Duration().Seconds(), known(p.ExpiresAt)
	v.Files, v.Usage = s.v1Files(p), v1Usage(p)
	if f := p.Error; f != nil {
		v.Error = &PresentationFail{Code: string(f.Code), Message: f.Message, Detail: f.Detail, Param: f.Param,
			Slide: f.Slide, Retryable: f.Retryable}
		for _, c := range f.Causes {
			v.Error.Causes = append(v.Error.Causes, Fault{string(c.Code), c.Message, c.Param, c.Slide, c.Line, c.Column})
		}
	}
	return v
}

// v1Files lists the files of p in the order of lectern.ArtifactFiles. It leaves out kinds that this version does not
// know.
func (s *server) v1Files(p lectern.Presentation) []File {
	self := s.link("/v1/presentations/" + url.PathEscape(p.ID))
	var list []File
	for _, f := range lectern.ArtifactFiles() {
		for _, a := range p.Files {
			if a.Kind == f.Kind {
				list = append(list, File{f.Link, a.Slide, a.ContentType, a.Size, a.SHA256, self + f.PathOf(a.Slide)})
			}
		}
	}
	return list
}

// link returns a path as clients reach it: as a URL if there is a base URL.
func (s *server) link(path string) string {
	if s.base == nil {
		return path
	}
	return s.base.Scheme + "://" + s.base.Host + s.path + path
}

// links returns the addresses of p that can be requested now, by name.
func (s *server) links(p lectern.Presentation) map[string]string {
	self := s.link("/v1/presentations/" + url.PathEscape(p.ID))
	l := map[string]string{"self": self, "events": self + "/events", "steps": self + "/steps",
		"report": self + "/report"}
	switch p.Status {
	case lectern.StatusQueued, lectern.StatusProcessing:
		l["cancel"] = self + "/cancel"
	case lectern.StatusFailed, lectern.StatusCanceled:
		l["retry"] = self + "/retry"
	case lectern.StatusCompleted:
		for _, f := range lectern.ArtifactFiles() {
			l[f.Link] = self + f.Path
		}
	}
	return l
}

// etag returns the version as a weak validator (RFC 9110, 8.8.1): two answers with the same version may differ in
// bytes, since the heartbeat and the ETA change without a new version.
func etag(p lectern.Presentation) string { return `W/"` + strconv.FormatInt(p.Version, 10) + `"` }

// PresentationPage is one page of a list.
type PresentationPage struct {
	Presentations []Presentation `json:"presentations" doc:"The newest first."`
	Next          *string        `json:"next_cursor" doc:"Send it as cursor to get the next page; null on the last page."`
}

// Step is one finished unit of work for a presentation. Its output was made, or found in the cache.
type Step struct {
	Kind      string `json:"kind" enum:"import,divide,narrate,segment,capture,animate,encode,transition,audio,mux,publish" doc:"import: an office file was turned into PDF. divide: the slides were found in the recording of a deck. narrate: a voice spoke, or a recording was read. segment: words were found in a script without spaces. capture: a slide's picture was taken. animate: an avatar's engine made a clip. encode: a slide's video was encoded. transition: two slides were joined. audio: the sound was mixed. mux: picture and sound were put together. publish: the files were stored."`
	Slide     int    `json:"slide,omitempty" doc:"Counted from 1; absent: the whole deck."`
	Key       string `json:"key" doc:"The hash of all that the step's output depends on."`
	Attempt   int    `json:"attempt" doc:"The attempt that it belongs to."`
	Reused    bool   `json:"reused" doc:"Its output was found in the cache."`
	StartedAt Time   `json:"started_at" format:"date-time" doc:"When it began."`
	TookMS    int64  `json:"took_ms" doc:"How long it took, in milliseconds."`
}

// StepList lists steps in the order in which they ended.
type StepList struct {
	Steps  []Step `json:"steps" doc:"In the order in which they ended."`
	Done   int    `json:"done" doc:"Steps whose output was made."`
	Reused int    `json:"reused" doc:"Steps whose output was found in the cache."`
}

func v1Steps(steps []lectern.Step) StepList {
	l := StepList{Steps: make([]Step, 0, len(steps))}
	for _, s := range steps {
		l.Steps = append(l.Steps, Step{string(s.Kind), s.Slide, s.Key, s.Attempt, s.Reused, Time{s.Started},
			s.Took.Milliseconds()})
		if s.Reused {
			l.Reused++
		} else {
			l.Done++
		}
	}
	return l
}

// Report says what was made of the slides of a deck's file.
type Report struct {
	Slides []lectern.SlideReport `json:"slides" doc:"In the order of the file, with the slides that are left out. Empty: the deck is no office or PDF file."`
}

// AvatarView is a presenter in /v1.
type AvatarView struct {
	Engine      string        `json:"engine" doc:"What draws it: builtin, or a service such as elai."`
	Code        string        `json:"code" doc:"The value for avatar in a deck. The engine may stand in front of it: elai:gia."`
	Name        string        `json:"name" doc:"To be shown to people."`
	Gender      string        `json:"gender" doc:"female, male or empty; voices are chosen to go with it."`
	Description string        `json:"description,omitempty" doc:"To be shown to people."`
	Portrait    string        `json:"portrait" doc:"Address of a PNG: a path, or a URL if the server has http.base_url. ?size= asks for another size."`
	Variants    []VariantView `json:"variants" doc:"The first is the default."`
}

// VariantView is a look of an avatar.
type VariantView struct {
	Code     string `json:"code" doc:"Follows the avatar's code and a dot: gia.casual."`
	Name     string `json:"name" doc:"To be shown to people."`
	Portrait string `json:"portrait" doc:"Address of a PNG: a path, or a URL if the server has http.base_url. ?size= asks for another size."`
}

// AvatarList, VoiceList, TemplateList and ThemeList are whole catalogues.
type (
	AvatarList struct {
		Avatars []AvatarView `json:"avatars" doc:"All of them; the first is the default."`
	}
	VoiceList struct {
		Voices []lectern.Voice `json:"voices" doc:"Of all engines, in the order in which they are preferred."`
	}
	TemplateList struct {
		Templates []lectern.Template `json:"templates" doc:"All of them."`
	}
	ThemeList struct {
		Themes []lectern.Theme `json:"themes" doc:"All of them."`
	}
)

// fullCode returns engine:name.variant, by which the catalogue finds the avatar.
func fullCode(a lectern.Avatar, variant string) string {
	code := a.Code
	if variant != "" {
		code += "." + variant
	}
	if a.Engine != "" {
		return a.Engine + ":" + code
	}
	return code
}

func (s *server) v1Avatars(list []lectern.Avatar) AvatarList {
	out := AvatarList{Avatars: make([]AvatarView, 0, len(list))}
	for _, a := range list {
		v := AvatarView{Engine: a.Engine, Code: a.Code, Name: a.Name, Gender: a.Gender, Description: a.Description,
			Portrait: s.portraitPath("/v1/avatars/", a, ""), Variants: []VariantView{}}
		for _, look := range a.Variants {
			v.Variants = append(v.Variants, VariantView{look.Code, look.Name, s.portraitPath("/v1/avatars/", a, look.Code)})
		}
		out.Avatars = append(out.Avatars, v)
	}
	return out
}

func (s *server) portraitPath(under string, a lectern.Avatar, variant string) string {
	return s.link(under + url.PathEscape(fullCode(a, variant)) + "/portrait")
}
