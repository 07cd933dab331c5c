package lectern

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SlideStep is one state of a slide that is built up click by click. A slide with steps shows each of them until its
// click, and after the last one its own picture, which has everything on it. A slide that shows a page has steps that
// are pages, and one with a template has steps that hide elements.
type SlideStep struct {
	// Page is the page of the slide's file that shows the state; 0: the slide's own page.
	Page int `json:"page,omitempty"`
	// Ahead is how many clicks of an animated page of an office file are still to come. 0: none, as in the slide's own
	// picture.
	Ahead int `json:"ahead,omitempty"`
	// Hidden are the ids of the elements that are not shown yet. They keep their places.
	Hidden []string `json:"hidden,omitempty"`
	// Until is the click that ends the state, counted from 1; 0: the one after that of the step before. It rises from
	// step to step.
	Until int `json:"until,omitempty"`
}

// Bounds of steps.
const (
	MaxSteps  = 20   // of a slide
	MaxClick  = 1000 // the largest number of a click
	MaxHidden = 500  // elements of a step
)

// StepsOf returns the steps in which slide i is shown; nil: it is shown as it is in the end.
func (d Deck) StepsOf(i int) []SlideStep {
	if !d.Steps {
		return nil
	}
	return d.Slides[i].Steps
}

// ShowsClicks reports whether the deck shows states of the animated pages of an asset.
func (d Deck) ShowsClicks(sha256 string) bool {
	for i, s := range d.Slides {
		if s.Page == nil {
			continue
		}
		if sha, _, _ := AssetAddress(s.Page.File); sha != sha256 {
			continue
		}
		for _, step := range d.StepsOf(i) {
			if step.Ahead > 0 {
				return true
			}
		}
	}
	return false
}

// Clicks returns the clicks that end the steps, in order.
func (s Slide) Clicks() []int {
	list, last := make([]int, len(s.Steps)), 0
	for i, step := range s.Steps {
		if last++; step.Until > 0 {
			last = step.Until
		}
		list[i] = last
	}
	return list
}

// steps adds the faults of a slide's steps.
func (v *validator) steps(at string, number int, s Slide) {
	if n := len(s.Steps); n > MaxSteps {
		v.fault(at+".steps", number, "The slide has %d steps; the limit is %d. Let more appear with one click.", n, MaxSteps)
		return
	}
	last := 0
	for i, step := range s.Steps {
		at := at + ".steps[" + strconv.Itoa(i) + "]"
		switch {
		case step.Page < 0 || step.Page > MaxPage:
			v.fault(at+".page", number, "The number of a page is between 1 and %d.", MaxPage)
		case step.Ahead < 0 || step.Ahead > MaxSteps:
			v.fault(at+".ahead", number, "A page has 1 to %d clicks ahead.", MaxSteps)
		case s.Page == nil && (step.Page != 0 || step.Ahead != 0 || len(step.Hidden) == 0):
			v.fault(at+".hidden", number, "The slide shows no page of a file, so its steps hide elements: give \"hidden\".")
		case s.Page != nil && len(step.Hidden) > 0:
			v.fault(at+".hidden", number, "The slide shows a page of a file, whose elements cannot be hidden: give \"page\".")
		case len(step.Hidden) > MaxHidden:
			v.fault(at+".hidden", number, "A step hides at most %d elements.", MaxHidden)
		}
		for k, id := range step.Hidden {
			if !elementID(id) {
				v.fault(at+".hidden["+strconv.Itoa(k)+"]", number, "%q is no id of an element: an id begins with a letter, and "+
					"has only letters, digits, hyphens and underscores.", Shorten(id))
			}
		}
		switch until := step.Until; {
		case until < 0 || until > MaxClick:
			v.fault(at+".until", number, "A click is a number between 1 and %d.", MaxClick)
		case until > 0 && until <= last:
			v.fault(at+".until", number, "Click %d is not after click %d, which ends the step before.", until, last)
		}
		if last++; step.Until > 0 {
			last = max(last, step.Until)
		}
	}
}

// elementID reports whether a text can be the id of an element.
func elementID(id string) bool {
	for i, r := range id {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '-' || r == '_')) {
			return false
		}
	}
	return id != "" && len(id) <= MaxName
}

// Click is a place in a narration at which a slide goes on.
type Click struct {
	At    int           // in the text, in bytes
	Wait  time.Duration // pauses between the click and the next word
	Count int           // how many clicks happen here; 1 for [click]
}

// maxClickMark is the largest number in a mark such as [click:3].
const maxClickMark = 100

// clickCount reads the name of a mark, such as "click" or "click:3".
func clickCount(name string) (n int, ok bool) {
	rest, ok := strings.CutPrefix(name, MarkClick)
	switch {
	case !ok:
		return 0, false
	case rest == "":
		return 1, true
	}
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(rest, ":")))
	return n, err == nil && rest[0] == ':' && n >= 1 && n <= maxClickMark
}

// PlaceClicks returns where in the text the clicks 1 to n happen: at the marks [click], of which [click:2] counts as
// two. Clicks without a mark divide the text after the last mark evenly: at the beginnings of its paragraphs or, if it
// has too few, of its sentences, else of its words. It returns nil for a script that is silent.
func (s Script) PlaceClicks(n int) []Click {
	if s.Silent() {
		return nil
	}
	var list []Click
	for _, c := range s.Clicks {
		for range c.Count {
			if len(list) < n {
				list = append(list, c)
			}
		}
	}
	from := 0
	if len(list) > 0 {
		from = list[len(list)-1].At
	}
	missing := n - len(list)
	if missing <= 0 {
		return list
	}
	starts := divisions(s.Text, from, missing)
	for k := 1; k <= missing; k++ {
		list = append(list, Click{At: starts[(k*(len(starts)+1)/(missing+1))-1], Count: 1})
	}
	return list
}

// divisions returns at least n places after from at which a text can be divided: where paragraphs, sentences or words
// begin, whichever are enough. A text that is too short for n places repeats its end.
func divisions(text string, from, n int) []int {
	rest := text[from:]
	for _, begins := range []func(before, after string) bool{paragraphBegins, sentenceBegins, wordBegins} {
		var list []int
		for i := range rest {
			if i > 0 && begins(rest[:i], rest[i:]) {
				list = append(list, from+i)
			}
		}
		if len(list) >= n {
			return list
		}
	}
	var list []int
	for i := range rest {
		if i > 0 {
			list = append(list, from+i)
		}
	}
	for len(list) < n {
		list = append(list, len(text))
	}
	return list
}

// paragraphBegins reports whether a paragraph begins between before and after.
func paragraphBegins(before, after string) bool {
	if startsWithSpace(after) {
		return false
	}
	trimmed := strings.TrimRightFunc(before, unicode.IsSpace)
	return trimmed != "" && strings.Count(before[len(trimmed):], "\n") >= 2
}

// sentenceBegins reports whether a sentence, a line or a paragraph begins between before and after. It is simple: a
// click at an abbreviation comes a few words early.
func sentenceBegins(before, after string) bool {
	if startsWithSpace(after) {
		return false
	}
	trimmed := strings.TrimRightFunc(before, unicode.IsSpace)
	gap := before[len(trimmed):]
	if trimmed == "" {
		return false
	}
	if strings.Contains(gap, "\n") {
		return true
	}
	end := trimmed[max(len(trimmed)-mostClosing, 0):]
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(end, `"'”’»)]」』）`))
	first, _ := utf8.DecodeRuneInString(after)
	switch last {
	case '。', '！', '？', '।', '؟', '۔':
		return !strings.ContainsRune(`"'”’»)]」』）。！？`, first)
	case '.', '!', '?', '…':
		return gap != "" && !unicode.IsLower(first)
	}
	return false
}

// mostClosing is how many bytes of quotes and brackets may follow the end of a sentence.
const mostClosing = 24

// wordBegins reports whether a word begins between before and after. Each character of Chinese and Japanese is a word.
func wordBegins(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	wide := func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }
	return !unicode.IsSpace(first) && (unicode.IsSpace(last) || wide(first) || wide(last) && unicode.IsLetter(first))
}

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s == "" || unicode.IsSpace(r)
}
