package markdown

import (
	"regexp"
	"slices"
	"strings"

	"lectern"
)

// The dialects.
const (
	dialectPlain    = "plain"
	dialectMarp     = "marp"
	dialectSlidev   = "slidev"
	dialectReveal   = "reveal"
	dialectNarakeet = "narakeet"
)

// Dialects lists the values of the setting "dialect".
func Dialects() []string {
	return []string{dialectPlain, dialectMarp, dialectSlidev, dialectReveal, dialectNarakeet}
}

var (
	// slidevHead are the fields of a front matter that stand for Slidev. Marp has transition too: a deck with it counts
	// as Marp only by marp: true.
	slidevHead = []string{"transition", "clicks", "drawings", "routerMode", "aspectRatio", "canvasWidth", "themeConfig",
		"fonts", "favicon", "titleTemplate", "src"}
	// slidevFront are the fields of a slide's own front matter, which only Slidev has.
	slidevFront = []string{"layout", "src", "hide", "disabled", "clicks", "clicksStart", "clickAnimation", "transition",
		"level", "hideInToc", "zoom", "background", "class", "image", "routeAlias", "title", "preload", "layoutClass",
		"timer", "duration"}
	// marpHead are the fields of a front matter that only Marp has.
	marpHead = []string{"headingDivider", "paginate", "_paginate", "_class", "backgroundColor", "_backgroundColor",
		"backgroundImage", "_backgroundImage", "math", "style", "footer", "header"}
	// local are Marp's directives for a slide.
	local = []string{"paginate", "header", "footer", "class", "backgroundColor", "backgroundImage", "backgroundPosition",
		"backgroundRepeat", "backgroundSize", "color", "transition"}
	// global are Marp's directives for the whole deck.
	global = []string{"theme", "style", "headingDivider", "lang", "size", "math", "title", "description", "author",
		"image", "keywords", "url", "marp"}

	vueTag     = regexp.MustCompile(`<v-?(?:click|clicks|after|switch|drag|mark)\b|<[A-Za-z][^<>]*\sv-(?:click|after|mark)\b`)
	slotLine   = regexp.MustCompile(`(?m)^::[ \t]*(?:right|left|default|bottom|top)[ \t]*::[ \t]*$`)
	noteLine   = regexp.MustCompile(`(?mi)^notes?:`)
	revealSign = regexp.MustCompile(`^\s*\.(?:slide|element)\s*:`)
	direction  = regexp.MustCompile(`(?s)^\(\s*([a-z][a-z-]*)\s*:(.*)\)$`)
)

// detect returns the dialect of a deck by the signs of each; the first case decides. Patterns are matched outside
// listings, code and comments. A comment counts only if it has a directive of Marp or an attribute of reveal.js.
func detect(src *source, from int, front fields) string {
	rs := scan(src.text[from:])
	prose := outside(src.text[from:], rs)
	switch {
	case front.truth("marp"):
		return dialectMarp
	case hasDirection(prose):
		return dialectNarakeet
	case front.has(slidevHead...) || hasSlideFront(src.text, from):
		return dialectSlidev
	case front.has(marpHead...) || slices.ContainsFunc(rs, marpComment):
		return dialectMarp
	case vueTag.MatchString(prose) || slotLine.MatchString(prose):
		return dialectSlidev
	case hasBackground(prose):
		return dialectMarp
	case noteLine.MatchString(prose) || front.has("separator", "verticalSeparator", "revealOptions") ||
		slices.ContainsFunc(rs, func(r region) bool { return r.kind == inComment && revealSign.MatchString(r.inner) }):
		return dialectReveal
	}
	return dialectPlain
}

// outside returns a text with its listings, code and comments as blanks.
func outside(text string, rs []region) string {
	b := []byte(text)
	for _, r := range rs {
		blank(b[r.from:r.to])
	}
	return string(b)
}

// blank replaces all bytes except line ends by spaces.
func blank(b []byte) {
	for i := range b {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
}

func hasBackground(prose string) bool {
	return slices.ContainsFunc(pictureMark.FindAllStringSubmatch(prose, -1), func(m []string) bool {
		return slices.Contains(strings.Fields(m[1]), "bg")
	})
}

// hasDirection reports whether a paragraph is a stage direction of Narakeet.
func hasDirection(prose string) bool {
	for _, paragraph := range paragraphs(prose) {
		if m := direction.FindStringSubmatch(paragraph.text); m != nil && slices.Contains(directions, m[1]) {
			return true
		}
	}
	return false
}

// hasSlideFront reports whether a slide after the first one has front matter of Slidev.
func hasSlideFront(text string, from int) bool {
	for _, c := range cutSlidev(text, from) {
		if c.front == (span{}) {
			continue
		}
		for line := range strings.SplitSeq(text[c.front.from:c.front.to], "\n") {
			if name, _, ok := strings.Cut(line, ":"); ok && slices.Contains(slidevFront, strings.TrimSpace(name)) {
				return true
			}
		}
	}
	return false
}

// marpComment reports whether a region is a comment with a directive of Marp.
func marpComment(r region) bool {
	if r.kind != inComment {
		return false
	}
	f, ok := comment(r.inner)
	return ok && slices.ContainsFunc(f.Names(), isDirective)
}

// isDirective reports whether a field of a comment is a directive of Marp.
func isDirective(name string) bool {
	return slices.Contains(local, strings.TrimPrefix(name, "_")) || slices.Contains(global, name)
}

// chosen returns the dialect that the settings or the front matter name, or else the detected one.
func (p *reader) chosen(src *source, from int, front fields) string {
	named, ok := p.set.text("dialect")
	param := "settings.dialect"
	if !ok {
		named, ok = front.text("dialect")
		param = "dialect"
	}
	if !ok {
		return detect(src, from, front)
	}
	named = strings.TrimSuffix(strings.ToLower(named), ".js")
	if !slices.Contains(Dialects(), named) {
		p.fault(lectern.CodeInvalidDeck, param, 0, "The dialect %q is not known; use %s.", lectern.Shorten(named),
			lectern.OneOf(Dialects()))
		return dialectPlain
	}
	return named
}

// paragraph is a block of lines between blank lines.
type paragraph struct {
	text string
	span
}

// paragraphs returns the paragraphs of a text, without the blanks around each.
func paragraphs(text string) []paragraph {
	var out []paragraph
	from := -1
	add := func(to int) {
		if from >= 0 {
			part := text[from:to]
			trimmed := strings.TrimSpace(part)
			start := from + strings.Index(part, trimmed)
			out = append(out, paragraph{trimmed, span{start, start + len(trimmed)}})
		}
		from = -1
	}
	for i := 0; i < len(text); {
		end := lineEnd(text, i)
		if strings.TrimSpace(text[i:end]) == "" {
			add(i)
		} else if from < 0 {
			from = i
		}
		i = end
	}
	add(len(text))
	return out
}
