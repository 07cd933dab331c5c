package pptx_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck/pptx"
)

// right is what a deck has.
type right struct {
	file            string // below the folder
	visible, hidden int
	notes           []int    // numbers of slides, hidden ones counted
	ratio           string   // "": not stated
	titles          []string // of visible slides, "-" where there is none, cut after 40 characters; nil: not stated
	fails           string   // part of the failure; the other fields are not compared
	check           func(*pptx.Talk) error
}

// cases are the decks below testdata/cases.
func cases() []right {
	return []right{
		{file: "all-hidden/deck.pptx", hidden: 2, notes: []int{1, 2}, titles: []string{}, check: noneShown},
		{file: "cjk-emoji/deck.pptx", visible: 4, notes: []int{1, 2, 3, 4}, titles: []string{"季度报告", "四半期報告", "분기 보고서",
			"Emoji 🎉👩‍🔬🇺🇦"}},
		{file: "click-builds-pptx/deck.pptx", visible: 2, notes: []int{1, 2}, check: threeSteps},
		{file: "duplicate-and-missing-titles/deck.pptx", visible: 4, notes: []int{1, 2, 3, 4},
			titles: []string{"Agenda", "Agenda", "-", "A title that goes on and on and on, far "}},
		{file: "four-by-three/deck.pptx", visible: 1, notes: []int{1}, ratio: "1.333"},
		{file: "hidden-slides/deck.pptx", visible: 3, hidden: 2, notes: []int{1, 2, 3, 4, 5},
			titles: []string{"One", "Three", "Five"}, check: notesFollowSlides},
		{file: "missing-font/deck.pptx", visible: 1, notes: []int{1}, check: namesFont},
		{file: "notes-four-kinds/deck.pptx", visible: 4, notes: []int{1, 4}},
		{file: "recorded-narration/deck.pptx", visible: 3, notes: []int{1, 2}, check: recorded},
		{file: "remote-links/deck.pptx", visible: 1, notes: []int{1}, check: remote},
		{file: "rtl-arabic-hebrew/deck.pptx", visible: 2, notes: []int{1, 2}, titles: []string{"مرحبا بكم", "שלום עולם"}},
		{file: "symbols-in-notes/deck.pptx", visible: 2, notes: []int{1, 2}},
		{file: "vertical-9x16/deck.pptx", visible: 2, notes: []int{1, 2}, ratio: "0.563"},
		{file: "video-on-slide/deck.pptx", visible: 2, notes: []int{1, 2}, check: videos},
		{file: "hostile-zip/billion-laughs.pptx", fails: "ppt/slides/slide1.xml of the deck is not valid XML"},
		{file: "hostile-zip/missing-slide-part.pptx", fails: "it lacks the part of this slide (ppt/slides/slide1.xml)"},
		{file: "hostile-zip/not-a-deck.pptx", fails: "is a PDF"},
		{file: "hostile-zip/path-traversal.pptx", fails: "leads out of the file, or has backslashes"},
		{file: "hostile-zip/truncated.pptx", fails: "damaged or not complete"},
		{file: "hostile-zip/xxe.pptx", fails: "it has a document type"},
	}
}

func noneShown(k *pptx.Talk) error {
	if _, err := k.Shown(); err == nil || !strings.Contains(err.Error(), "Every slide of this deck is hidden") {
		return fmt.Errorf("shown: %v", err)
	}
	return nil
}

func threeSteps(k *pptx.Talk) error {
	s := k.Slides[1]
	if !s.Animated || len(s.Steps) != 3 || s.Steps[1].Effects[0].First != 1 || len(k.Slides[0].Steps) != 0 {
		return fmt.Errorf("steps %+v", s.Steps)
	}
	return nil
}

func notesFollowSlides(k *pptx.Talk) error {
	shown, err := k.Shown()
	if err != nil || shown[1].NotesText() != "Second shown slide." || shown[1].Page != 2 {
		return fmt.Errorf("%v %+v", err, shown)
	}
	return nil
}

func namesFont(k *pptx.Talk) error {
	if !slices.Contains(k.Slides[0].Fonts, "Nonexistent Grotesk Ultra") {
		return fmt.Errorf("fonts %q", k.Slides[0].Fonts)
	}
	return nil
}

func recorded(k *pptx.Talk) error {
	n := k.Slides[0].Narration
	if n == nil || n.Member != "ppt/media/media-1-1.mp3" || n.Video || k.Slides[0].Advance.Milliseconds() != 4200 ||
		k.Slides[2].Advance.Milliseconds() != 2500 || k.Slides[1].Narration != nil {
		return fmt.Errorf("narration %+v", n)
	}
	return nil
}

func remote(k *pptx.Talk) error {
	if l := k.Slides[0].Links; len(l) != 2 || l[0].Target != "file:///etc/hostname" {
		return fmt.Errorf("links %v", l)
	}
	return nil
}

func videos(k *pptx.Talk) error {
	for _, s := range k.Slides {
		if len(s.Videos) != 1 || s.Narration != nil {
			return fmt.Errorf("videos %v", s.Videos)
		}
	}
	return nil
}

// compare returns what differs from the right result.
func (w right) compare(k *pptx.Talk, err error) string {
	if w.fails != "" {
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || !strings.Contains(f.Message, w.fails) {
			return fmt.Sprintf("is not refused with %q: %v", w.fails, err)
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	var notes []int
	var titles []string
	visible := 0
	for i, s := range k.Slides {
		if len(s.Notes) > 0 {
			notes = append(notes, i+1)
		}
		if !s.Hidden {
			visible++
			title := []rune(s.Title)
			titles = append(titles, string(title[:min(len(title), 40)]))
			if len(title) == 0 {
				titles[len(titles)-1] = "-"
			}
		}
	}
	ratio := fmt.Sprintf("%.3f", float64(k.Width)/float64(k.Height))
	switch {
	case visible != w.visible || len(k.Slides)-visible != w.hidden:
		return fmt.Sprintf("%d visible, %d hidden", visible, len(k.Slides)-visible)
	case !slices.Equal(notes, w.notes):
		return fmt.Sprintf("notes on %v, not %v", notes, w.notes)
	case w.ratio != "" && ratio != w.ratio:
		return "ratio " + ratio
	case w.titles != nil && !sameTitles(titles, w.titles):
		return fmt.Sprintf("titles %q, not %q", titles, w.titles)
	}
	if w.check != nil {
		if err := w.check(k); err != nil {
			return err.Error()
		}
	}
	return ""
}

// sameTitles compares titles by their words.
func sameTitles(got, want []string) bool {
	return slices.EqualFunc(got, want, func(a, b string) bool {
		return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
	})
}

// Every deck of testdata/cases has what its entry in cases states. `make corpus` compares what the program makes of it.
func TestCorpus(t *testing.T) {
	t.Parallel()
	list := cases()
	correct := 0
	for _, w := range list {
		b, err := os.ReadFile(filepath.Join("testdata", "cases", w.file))
		if err != nil {
			t.Error(err)
			continue
		}
		k, err := read(t, b, pptx.Limits{})
		differs := w.compare(k, err)
		if differs == "" {
			correct++
			differs = "ok"
		} else {
			t.Errorf("%s: %s", w.file, differs)
		}
		t.Logf("%-60s %s", w.file, differs)
	}
	t.Logf("%d of %d decks are right", correct, len(list))
}
