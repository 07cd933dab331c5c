package pptx

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/native"
	"lectern/internal/media"
)

// composer turns slides into those of a deck, and says what became of them.
type composer struct {
	*archive
	talk   *Talk
	mode   deck.Narration // the setting narration; "": the best there is
	lim    lectern.Limits
	titles native.Names // headings

	made    map[string]film  // the sounds of films, by member
	tongues tongues          // the notes, by language
	fonts   map[string]Font  // what the machine draws, by the names in the file
	missing map[string][]int // the slides with a font that is not installed

	reports map[string]*deck.SlideReport // by key
}

// The codes of notes and warnings.
const (
	codeHidden     = "hidden_slide"
	codeAnimation  = "animation_dropped"
	codeFlat       = "clicks_joined"
	codeVideo      = "video_poster"
	codeSound      = "sound_unused"
	codeRecording  = "recording_unused"
	codeNotes      = "notes_unused"
	codeLink       = "linked_file"
	codeUnusual    = "unusual_part"
	codeAlt        = "no_alternative_text"
	codeSilent     = "no_narration"
	codeMacros     = "macros"
	codeTimesUnset = "times_unused"
	codeOld        = "old_format"
	codeLanguages  = "notes_languages"
)

// slide makes a slide of a deck. The sound is set apart, because it is exact to less than a millisecond.
func (c *composer) slide(s Slide) (native.Slide, *lectern.SoundOf) {
	w := native.Slide{ID: s.Key[:min(len(s.Key), lectern.MaxName)]}
	r := &deck.SlideReport{Slide: s.Page, Title: s.Heading()}
	if title := c.heading(s); title != "" {
		w.Props = map[string]any{"title": title}
	}
	var sound *lectern.SoundOf
	said := c.tongues.notes[s.Page-1]
	notes := narration(said[c.tongues.own])
	if c.mode == "" || c.mode == deck.Recorded {
		sound = c.sound(s, r)
	}
	switch {
	case sound != nil:
		w.Hold = c.bounded(s.Advance).Seconds()
		r.Narration, r.Why = deck.Recorded, "The sound in the file is the narration, because "+s.Narration.Why+"."
		if notes != "" {
			r.Notes = append(r.Notes, deck.Note{Code: codeNotes, Message: "The notes of the slide are not spoken, because it " +
				"has a recording."})
		}
	case narrated(said) && (c.mode == "" || c.mode == deck.Notes):
		w.Narration, w.Translations = notes, c.translations(said)
		r.Narration, r.Why = deck.Notes, "The notes of the slide are spoken."
		if notes == "" {
			r.Why = "The slide has notes in other languages only."
		}
	case s.Advance > 0:
		w.Hold = c.bounded(s.Advance).Seconds()
		r.Narration = deck.Silence
		r.Why = fmt.Sprintf("The slide has no narration, and the file shows it for %g seconds.", s.Advance.Seconds())
	default:
		r.Narration, r.Why = deck.Nothing, "The slide has no narration and no time of its own."
	}
	c.remarks(s, r)
	c.typefaces(s, r)
	w.Show(s.Text, r.AltTexts)
	if sound == nil {
		r.Unsaid = lectern.Unsaid(s.Text, w.Narration)
	}
	if c.reports == nil {
		c.reports = map[string]*deck.SlideReport{}
	}
	c.reports[s.Key] = r
	return w, sound
}

// soundEndings are those of sounds that can be used, see [media.Accepted].
var soundEndings = []string{".mp3", ".m4a", ".wav", ".ogg", ".oga", ".flac"}

// sound is the recorded narration of a slide. It is nil if there is none, or if its file cannot be used.
func (c *composer) sound(s Slide, r *deck.SlideReport) *lectern.SoundOf {
	if s.Narration == nil {
		return nil
	}
	n, why := s.Narration, ""
	member := n.Member
	made, extracted := c.made[member]
	if extracted && made.why == "" {
		member += filmEnding
	}
	p, err := lectern.BesidePath(member)
	switch {
	case made.why != "":
		why = made.why
	case n.Video && !extracted:
		why = "it is a video"
	case !slices.Contains(soundEndings, strings.ToLower(path.Ext(member))):
		why = "its format is not supported; WAV, MP3, M4A, Ogg and FLAC are"
	case err != nil || p != member || strings.TrimSpace(p) != p:
		why = "the name of its file is not usable"
	}
	if why != "" {
		r.Notes = append(r.Notes, deck.Note{Code: codeRecording, Message: fmt.Sprintf("The recorded narration (%s) is not "+
			"used, because %s.", lectern.Shorten(n.Member), why)})
		return nil
	}
	if n.Video {
		r.Notes = append(r.Notes, deck.Note{Code: codeVideo, Message: "The film of the recorded narration is not shown: " +
			"only its sound is used."})
	}
	of := &lectern.SoundOf{File: member, Start: n.TrimStart}
	if n.TrimEnd > 0 {
		if of.End = c.length(member) - n.TrimEnd; of.End <= of.Start && n.Length > 0 {
			of.End = of.Start + n.Length
		}
		if of.End <= of.Start {
			of.End = 0
			r.Notes = append(r.Notes, deck.Note{Code: codeRecording, Message: "The end of the recorded narration is not cut " +
				"off as in the file, because its length is not known."})
		}
	}
	return of
}

// maxMeasured is the largest sound whose length is measured, in bytes.
const maxMeasured = 64 << 20

// length is the length of a sound in the package; 0: it is not known.
func (c *composer) length(member string) time.Duration {
	f, size, err := c.file(member)
	if err != nil || size > maxMeasured {
		return 0
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMeasured))
	if err != nil {
		return 0
	}
	info, err := media.Inspect(bytes.NewReader(b), int64(len(b)), nil, media.Limits{})
	if err != nil {
		return 0
	}
	return info.Duration
}

// bullet matches the mark of a list or a heading at the beginning of a line.
var bullet = regexp.MustCompile(`(?m)^[ \t]*(?:[-*•–·]|#{1,6})[ \t]+`)

// narration is the text of notes that is spoken: paragraphs, without the marks of lists and headings.
func narration(notes []Paragraph) string {
	texts := make([]string, 0, len(notes))
	for _, p := range notes {
		texts = append(texts, bullet.ReplaceAllString(p.Text, ""))
	}
	return strings.Join(texts, "\n\n")
}

// narrated reports whether there are notes in any language.
func narrated(said map[string][]Paragraph) bool {
	for _, notes := range said {
		if narration(notes) != "" {
			return true
		}
	}
	return false
}

// translations are the notes in other languages than the deck's own.
func (c *composer) translations(said map[string][]Paragraph) map[string]native.Translation {
	var out map[string]native.Translation
	for tag, notes := range said {
		if text := narration(notes); tag != c.tongues.own && text != "" {
			if out == nil {
				out = map[string]native.Translation{}
			}
			out[tag] = native.Translation{Narration: text}
		}
	}
	return out
}

// remarks adds what differs from the file.
func (c *composer) remarks(s Slide, r *deck.SlideReport) {
	note := func(code, format string, args ...any) {
		r.Notes = append(r.Notes, deck.Note{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if s.Animated {
		note(codeAnimation, "The animations of the slide are dropped: it is shown as it looks after all of them.")
	}
	for _, v := range s.Videos {
		note(codeVideo, "The video %q is not played: its poster is shown.", clipName(v))
	}
	for _, a := range s.Sounds {
		note(codeSound, "The sound %q is not played: it is not the narration of the slide.", clipName(a))
	}
	for _, l := range s.Links {
		note(codeLink, "The slide would load %s, which is outside the file, so it is left out.", lectern.Shorten(l.Target))
	}
	for _, u := range s.Unusual {
		note(codeUnusual, "%s", u)
	}
	for _, i := range s.Images {
		if i.Alt != "" {
			r.AltTexts = append(r.AltTexts, i.Alt)
		}
	}
	for _, i := range s.Unlabelled() {
		note(codeAlt, "The %s %q has no alternative text.", i.Kind, lectern.Shorten(i.Name))
	}
}

// steps returns the states of a slide before its builds, and reports what is still dropped.
func (c *composer) steps(s Slide) []lectern.SlideStep {
	r := c.reports[s.Key]
	if len(s.Builds) == 0 {
		return nil
	}
	note := func(code, format string, args ...any) {
		r.Notes = append(r.Notes, deck.Note{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	r.Notes = slices.DeleteFunc(r.Notes, func(n deck.Note) bool { return n.Code == codeAnimation })
	if s.Flat > 0 {
		note(codeFlat, "The slide has more than %d clicks that make something appear; what the last %d show appears with "+
			"click %d of these.", lectern.MaxSteps, s.Flat, lectern.MaxSteps)
	}
	for _, step := range s.Steps {
		if slices.ContainsFunc(step.Effects, func(e Effect) bool { return e.Class != "entr" && e.Class != "verb" }) {
			note(codeAnimation, "Of the animations of the slide, only those by which something appears are shown. Others, such "+
				"as exits and motion, are dropped.")
			break
		}
	}
	list, last := make([]lectern.SlideStep, len(s.Builds)), 0
	for i, b := range s.Builds {
		list[i].Ahead = len(s.Builds) - i
		if last++; b.Click != last {
			list[i].Until = b.Click
		}
		last = b.Click
	}
	return list
}

// clipName is the name of a clip for people.
func clipName(c Clip) string {
	if c.Name != "" {
		return lectern.Shorten(c.Name)
	}
	return lectern.Shorten(path.Base(c.Member))
}

// report lists the slides of the file in order, hidden ones included.
func (c *composer) report() []deck.SlideReport {
	var all []deck.SlideReport
	for i, s := range c.talk.Slides {
		r := c.reports[s.Key]
		if s.Hidden {
			r = &deck.SlideReport{Title: s.Heading(), Narration: deck.Nothing, Why: "The slide is hidden, so it is left out.",
				Notes: []deck.Note{{Code: codeHidden, Message: "The slide is hidden in the file. Its notes and sounds are left " +
					"out too."}}}
		}
		r.Source = i + 1
		all = append(all, *r)
	}
	return all
}

// warnings sums the report up: one warning for each kind of remark that changes the video, with the slides.
func (c *composer) warnings() []lectern.Warning {
	on := map[string][]int{}
	for _, r := range c.report() {
		if r.Slide == 0 {
			continue
		}
		if r.Narration == deck.Nothing && c.mode != deck.Nothing {
			on[codeSilent] = append(on[codeSilent], r.Slide)
		}
		for _, n := range r.Notes {
			if l := on[n.Code]; len(l) == 0 || l[len(l)-1] != r.Slide {
				on[n.Code] = append(on[n.Code], r.Slide)
			}
		}
	}
	var out []lectern.Warning
	for _, k := range []struct{ code, one, many string }{
		{codeSilent, "has no narration and stays for the default time", "have no narration and stay for the default time"},
		{codeRecording, "has a recording that is not used as it is", "have recordings that are not used as they are"},
		{codeAnimation, "has animations, which are dropped", "have animations, which are dropped"},
		{codeFlat, "has more clicks than are shown", "have more clicks than are shown"},
		{codeVideo, "has a video, of which only the poster is shown", "have videos, of which only the posters are shown"},
		{codeLink, "would load a file from outside, which is left out", "would load files from outside, which are left out"},
		{codeUnusual, "has parts that may look different", "have parts that may look different"},
	} {
		if l := on[k.code]; len(l) == 1 {
			out = append(out, lectern.Warning{Code: k.code, Slide: l[0], Message: fmt.Sprintf("Slide %d %s.", l[0], k.one)})
		} else if len(l) > 1 {
			out = append(out, lectern.Warning{Code: k.code, Message: fmt.Sprintf("Slides %s %s.", numbers(l), k.many)})
		}
	}
	out = append(out, c.fontWarnings()...)
	if all := c.tongues.all; len(all) > 1 {
		own, others := cmp.Or(all[0], "another language"), strings.Join(all[1:], ", ")
		out = append(out, lectern.Warning{Code: codeLanguages, Message: fmt.Sprintf("The notes are in several languages: %s "+
			"and %s. Unless a language is chosen (--language), the video is in the first.", own, others)})
	}
	if c.talk.Old {
		out = append(out, lectern.Warning{Code: codeOld, Message: "The file has the PowerPoint format before 2007 (.ppt). " +
			"LibreOffice converted it to PPTX, and recorded sound may be missing. PowerPoint itself converts it better."})
	}
	if c.talk.Macros {
		out = append(out, lectern.Warning{Code: codeMacros, Message: "The file has macros, which are not run."})
	}
	for _, u := range c.talk.Unusual {
		out = append(out, lectern.Warning{Code: codeUnusual, Message: u})
	}
	if c.talk.NoTimings {
		out = append(out, lectern.Warning{Code: codeTimesUnset, Message: "The slide show of the file does not use its " +
			"recorded times, so they are not used here."})
	}
	return out
}

// numbers writes a list of slides with runs: "1, 3–5 and 9".
func numbers(l []int) string {
	var runs []string
	for i := 0; i < len(l); {
		j := i
		for j+1 < len(l) && l[j+1] == l[j]+1 {
			j++
		}
		switch {
		case j > i+1:
			runs = append(runs, fmt.Sprintf("%d–%d", l[i], l[j]))
		case j == i+1:
			runs = append(runs, fmt.Sprint(l[i]), fmt.Sprint(l[j]))
		default:
			runs = append(runs, fmt.Sprint(l[i]))
		}
		i = j + 1
	}
	if len(runs) == 1 {
		return runs[0]
	}
	return strings.Join(runs[:len(runs)-1], ", ") + " and " + runs[len(runs)-1]
}
