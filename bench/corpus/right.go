package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// right is what a deck of the corpus has, as its README or the index says.
type right struct {
	file  string   // below the folder of the corpus
	flags []string // of the command that reads it

	slides   int      // that are shown; -1: not stated
	narrated []int    // slides with a narration or a sound, counted from 1 over those that are shown; nil: not stated
	sounds   []int    // slides with recorded sound; nil: none or not stated
	titles   []string // "-": none; longer ones are cut after 40 characters; nil: not stated. May have only the first 12
	sections int      // -1: not stated
	shape    float64  // width : height of a slide; 0: not stated
	says     []string // parts of narrations
	never    []string // texts that are nowhere in the deck
	notes    []string // parts of what the command writes to standard error
	refused  string   // part of the sentence with which it ends; "": it does not
}

// none states that no slide is narrated.
var none = []int{}

// cases are the decks below cases. Their README.txt files say the same for people.
func cases() []right {
	all := []right{
		{file: "all-hidden/deck.pptx", refused: "Every slide of this deck is hidden"},
		{file: "captions-hard/deck.json", slides: 4, narrated: []int{1, 2, 3, 4},
			titles: []string{"Latin", "No spaces", "RTL", "Thai"}},
		{file: "cjk-emoji/deck.pptx", slides: 4, narrated: []int{1, 2, 3, 4},
			titles: []string{"季度报告", "四半期報告", "분기 보고서", "Emoji 🎉👩‍🔬🇺🇦"}},
		{file: "click-builds-pptx/deck.pptx", slides: 2, narrated: []int{1, 2}},
		{file: "duplicate-and-missing-titles/deck.pptx", slides: 4, narrated: []int{1, 2, 3, 4}},
		{file: "four-by-three/deck.pptx", slides: 1, narrated: []int{1}, shape: 4.0 / 3},
		{file: "hidden-slides/deck.pptx", slides: 3, narrated: []int{1, 2, 3}, titles: []string{"One", "Three", "Five"},
			says: []string{"First", "Second", "Third"}, never: []string{"never be heard", "Nor this"}},
		{file: "hostile-zip/billion-laughs.pptx", refused: "ppt/slides/slide1.xml"},
		{file: "hostile-zip/missing-slide-part.pptx", refused: "ppt/slides/slide1.xml"},
		{file: "hostile-zip/not-a-deck.pptx", refused: "is a PDF"},
		{file: "hostile-zip/path-traversal.pptx", refused: "leads out of the file"},
		{file: "hostile-zip/truncated.pptx", refused: "damaged or not complete"},
		{file: "hostile-zip/xxe.pptx", refused: "document type"},
		{file: "hostile-zip/bomb-300MB.pptx", slides: -1},
		{file: "images-folder/slides", slides: 4, narrated: []int{1, 2, 4}},
		{file: "marp-backgrounds/deck.md", refused: "missing.png"},
		{file: "marp-heading-divider/deck.md", slides: 3, narrated: none, titles: []string{"First", "Second", "Third"}},
		{file: "marp-notes-and-directives/deck.md", slides: 3, narrated: []int{1, 2},
			titles: []string{"Opening", "Fences do not split", "Setext heading"},
			says:   []string{"This is the first note.", "This note has two lines.", "class dismissed, we move on"}},
		{file: "missing-font/deck.pptx", slides: 1, narrated: []int{1}},
		{file: "narakeet-directions/source.md", slides: 4,
			says:  []string{"This sentence is read aloud.", "Read (this in brackets) slowly."},
			notes: []string{"victoria", "music.mp3", "callout"}},
		{file: "notes-four-kinds/deck.pptx", slides: 4, narrated: []int{1, 4}},
		{file: "pdf-notes-rotated-mixed/deck.pdf", slides: 4, narrated: []int{1, 3}, shape: 16.0 / 9,
			titles: []string{"Chapter A", "-", "Chapter B", "-"}},
		{file: "pdf-notes-rotated-mixed/password-secret.pdf", refused: "password"},
		{file: "plain-markdown/deck.md", slides: 2, narrated: none, titles: []string{"Just Markdown", "After a rule"}},
		{file: "recorded-narration/deck.pptx", slides: 3, narrated: []int{1, 2}, sounds: []int{1}},
		{file: "remote-links/deck.pptx", slides: 1, narrated: []int{1}, notes: []string{"outside"}},
		{file: "reveal-markdown/deck.md", slides: 3, narrated: []int{1, 2, 3},
			titles: []string{"Level one", "Two", "Vertical"},
			says:   []string{"Spoken on the first slide.", "Spoken on the second slide. It has two lines."}},
		{file: "rtl-arabic-hebrew/deck.pptx", slides: 2, narrated: []int{1, 2},
			titles: []string{"مرحبا بكم", "שלום עולם"}},
		{file: "short-chapters/deck.json", slides: 4, narrated: []int{1, 2, 3, 4},
			titles: []string{"Intro", "Short", "Longer", "Thanks"}},
		{file: "slidev-clicks-src-hide/slides.md", slides: 5, narrated: []int{1, 2, 4},
			titles: []string{"Start", "Imported one", "Imported two", "Left", "Block front matter"},
			never:  []string{"This text is ignored.", "Hidden", "Gone"}},
		{file: "slidev-import-escapes/slides.md", refused: "outside the folder"},
		{file: "symbols-in-notes/deck.pptx", slides: 2, narrated: []int{1, 2}},
		{file: "vertical-9x16/deck.pptx", slides: 2, narrated: []int{1, 2}, shape: 9.0 / 16},
		{file: "video-on-slide/deck.pptx", slides: 2, narrated: []int{1, 2}, notes: []string{"poster"}},
		{file: "yaml-deck/deck.yaml", slides: 3, narrated: []int{1, 2, 3}},
		{file: "yaml-deck/bomb.yaml", refused: "limit"},
		{file: "yaml-deck/two-docs.yaml", refused: "two documents"},
		{file: "yaml-deck/tabs-and-duplicate-keys.yaml", refused: "line 4"},
	}
	for i := range all {
		all[i].file, all[i].sections = filepath.Join("cases", all[i].file), -1
	}
	return all
}

var (
	office = regexp.MustCompile(`^slides (\d+) = visible (\d+) \+ hidden \d+; notes on (none|\[[\d, ]*\]); ` +
		`ratio ([\d.]+); sections (\d+); titles \(visible\): (.*?)(?: …)?; LibreOffice`)
	pages  = regexp.MustCompile(`^pages (\d+);`)
	drawn  = regexp.MustCompile(`LibreOffice [\d.]+ PDF pages: (\d+)$`)
	counts = regexp.MustCompile(`^own count: (\d+) slides \(horizontal rules outside fences`)
)

// index reads the right results of the decks below real from INDEX.tsv, whose last column is a sentence for people.
func index(folder string) ([]right, error) {
	f, err := os.Open(filepath.Join(folder, "real", "INDEX.tsv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []right
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		columns := strings.Split(lines.Text(), "\t")
		if n == 1 || len(columns) < 2 {
			continue
		}
		w, err := indexed(columns[len(columns)-1])
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", f.Name(), n, err)
		}
		w.file = filepath.Join("real", columns[0])
		all = append(all, w)
	}
	return all, lines.Err()
}

// indexed reads a sentence of the index.
func indexed(said string) (right, error) {
	w := right{slides: -1, sections: -1}
	if m := office.FindStringSubmatch(said); m != nil {
		return officeDeck(w, m)
	}
	if m := pages.FindStringSubmatch(said); m != nil {
		w.slides, _ = strconv.Atoi(m[1])
		return w, nil
	}
	if m := counts.FindStringSubmatch(said); m != nil {
		w.slides, _ = strconv.Atoi(m[1])
		return w, nil
	}
	switch {
	case strings.Contains(said, "Incorrect password"):
		w.refused = "password"
	case strings.Contains(said, "unreadable as zip"), strings.Contains(said, "Couldn't read xref"):
		w.refused = "deck"
	case strings.HasPrefix(said, "own count after the parser rules of slidev"):
		// it counts blocks, which are not slides where one imports others
	case drawn.MatchString(said):
		w.slides, _ = strconv.Atoi(drawn.FindStringSubmatch(said)[1])
	default:
		return w, fmt.Errorf("the right result cannot be read: %s", said)
	}
	return w, nil
}

// officeDeck reads the parts of a sentence about an office file. Notes of hidden slides are not narrated, so the
// numbers of slides with notes are right only in a file without hidden ones.
func officeDeck(w right, m []string) (right, error) {
	all, err := strconv.Atoi(m[1])
	if err != nil {
		return w, err
	}
	w.slides, _ = strconv.Atoi(m[2])
	w.shape, _ = strconv.ParseFloat(m[4], 64)
	w.sections, _ = strconv.Atoi(m[5])
	if w.slides == 0 {
		w.refused = "slide"
		return w, nil
	}
	if all == w.slides {
		w.narrated = []int{}
		for n := range strings.SplitSeq(strings.Trim(m[3], "[]noe"), ", ") {
			if i, err := strconv.Atoi(n); err == nil {
				w.narrated = append(w.narrated, i)
			}
		}
	}
	w.titles = strings.Split(m[6], " | ")
	return w, nil
}
