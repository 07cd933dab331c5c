package pptx_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck/pptx"
)

// decksVariable names the folder of the corpus: real/INDEX.tsv with its files, and cases. Without it the corpus is
// testdata, which has the cases.
const decksVariable = "LECTERN_DECKS"

// right is what a deck has.
type right struct {
	file            string // below the folder
	visible, hidden int
	notes           []int    // numbers of slides, hidden ones counted
	sections        int      // -1: not stated
	ratio           string   // "": not stated
	titles          []string // of visible slides, "-" where there is none, cut after 40 characters; nil: not stated
	fails           string   // part of the failure; the other fields are not compared
	check           func(*pptx.Talk) error
}

// cases are the decks below cases.
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

var indexed = regexp.MustCompile(`^slides (\d+) = visible (\d+) \+ hidden (\d+); notes on (none|\[[\d, ]*\]); ratio ([\d.]+); ` +
	`sections (\d+); titles \(visible\): (.*?)(?: …)?; LibreOffice`)

// index reads the right results of the decks below real, for the endings that this package reads.
func index(t *testing.T, folder string) []right {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "real", "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []right
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		f := strings.Split(line, "\t")
		if !regexp.MustCompile(`\.(?:p[po][ts][xm]?|odp)$`).MatchString(f[0]) {
			continue
		}
		w := right{file: filepath.Join("real", f[0]), sections: -1}
		m := indexed.FindStringSubmatch(f[5])
		pages, _ := strconv.Atoi(strings.TrimSpace(f[5][strings.LastIndex(f[5], ":")+1:]))
		switch {
		case m != nil:
			w.visible, _ = strconv.Atoi(m[2])
			w.hidden, _ = strconv.Atoi(m[3])
			w.sections, _ = strconv.Atoi(m[6])
			w.ratio = m[5]
			for n := range strings.SplitSeq(strings.Trim(m[4], "[]noe"), ", ") {
				if i, err := strconv.Atoi(n); err == nil {
					w.notes = append(w.notes, i)
				}
			}
			w.titles = []string{}
			if m[7] != "" {
				w.titles = strings.Split(m[7], " | ")
			}
		case strings.HasSuffix(f[0], ".ppt"):
			w.fails = "before 2007"
		case strings.Contains(f[5], "unreadable"):
			w.fails = "deck"
		default:
			w.visible, w.notes = pages, nil
		}
		out = append(out, w)
	}
	return out
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
	case w.sections >= 0 && len(k.Sections) != w.sections:
		return fmt.Sprintf("%d sections", len(k.Sections))
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

// sameTitles compares titles by their words. The index lists only the first twelve.
func sameTitles(got, want []string) bool {
	if len(want) == 12 && len(got) > 12 {
		got = got[:12]
	}
	return slices.EqualFunc(got, want, func(a, b string) bool {
		return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
	})
}

// TestCorpus compares every deck of the corpus with its right result, and prints a table.
func TestCorpus(t *testing.T) {
	t.Parallel()
	folder, list := "testdata", cases()
	for i := range list {
		list[i].file, list[i].sections = filepath.Join("cases", list[i].file), -1
	}
	if from := os.Getenv(decksVariable); from != "" {
		folder, list = from, append(list, index(t, from)...)
	}
	correct := 0
	for _, w := range list {
		b, err := os.ReadFile(filepath.Join(folder, w.file))
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
