package markdown

import (
	"regexp"
	"strings"

	"lectern"
)

// listings writes the info of each listing in the form that the template reads: the language, {lines} that stand out,
// "lines" for line numbers, and a title. Of lines that stand out in several steps the last step counts, and of listings
// that move into one another (magic-move) the last listing.
func (p *reader) listings(d *draft, body string) string {
	var b strings.Builder
	from := 0
	for _, r := range scan(body) {
		if r.kind != inFence {
			continue
		}
		first := body[r.from:lineEnd(body, r.from)]
		at := strings.Index(first, r.info)
		if r.info == "" || at < 0 {
			continue
		}
		b.WriteString(body[from:r.from])
		from = r.to
		whole := body[r.from:r.to]
		lang, rest := language(r.info)
		if moves := strings.Contains(rest, "magic-move"); moves {
			if last := lastListing(r.inner); last != "" {
				b.WriteString(p.listings(d, last))
				continue
			}
		}
		if lang == "plantuml" {
			p.warnOnce("diagram_ignored", lang, p.number(), "%sDiagrams in PlantUML are not drawn, because a server would have "+
				"to draw them. Their source is shown. Use Mermaid instead.", d.src.where(d.at))
		}
		b.WriteString(whole[:at] + info(lang, rest) + whole[at+len(r.info):])
	}
	return b.String() + body[from:]
}

// lastListing returns the last listing in a text, with its fences.
func lastListing(text string) string {
	last := ""
	for _, r := range scan(text) {
		if r.kind == inFence {
			last = text[r.from:r.to]
		}
	}
	return last
}

// language splits the info of a listing into the language and the rest.
func language(info string) (lang, rest string) {
	end := strings.IndexAny(info, " \t{[")
	if end < 0 {
		return info, ""
	}
	return info[:end], strings.TrimSpace(info[end:])
}

var (
	braceGroup = regexp.MustCompile(`\{([^{}]*)\}`)
	stepList   = regexp.MustCompile(`^[\s\d,|*-]*(?:all|none|hide)?[\s\d,|*a-z-]*$`)
	squareList = regexp.MustCompile(`\[(?:\d+:\s*)?([\d\s,|-]*\d[\d\s,|-]*)\]`)
	fileName   = regexp.MustCompile(`\[([^\[\]]*[^\[\]\d\s,|:-][^\[\]]*)\]`)
	numbered   = regexp.MustCompile(`\blines\s*:\s*true|\b(?:lines|numbers|line-numbers|lineNumbers|showLineNumbers)\b(?:\s*$|\s+[^:])`)
	titled     = regexp.MustCompile(`\btitle\s*=\s*"([^"]*)"`)
)

// info writes the info of a listing.
func info(lang, rest string) string {
	out := []string{}
	if lang != "" {
		out = append(out, lang)
	}
	if steps, ok := steps(rest); ok {
		if last := steps[strings.LastIndexByte(steps, '|')+1:]; strings.Trim(last, "0123456789,- \t") == "" {
			if last = strings.Join(strings.Fields(last), ""); last != "" {
				out = append(out, "{"+last+"}")
			}
		}
	}
	if numbered.MatchString(rest) {
		out = append(out, "lines")
	}
	if m := titled.FindStringSubmatch(rest); m != nil {
		out = append(out, `title="`+lectern.Shorten(m[1])+`"`)
	} else if m := fileName.FindStringSubmatch(rest); m != nil {
		out = append(out, `title="`+strings.ReplaceAll(lectern.Shorten(m[1]), `"`, "'")+`"`)
	}
	return strings.Join(out, " ")
}

// steps returns the lines that stand out, step by step: {1|2-3|all} in Slidev, [1|2-3] in reveal.js.
func steps(rest string) (string, bool) {
	for _, m := range braceGroup.FindAllStringSubmatch(rest, -1) {
		if !strings.Contains(m[1], ":") && stepList.MatchString(m[1]) {
			return m[1], true
		}
	}
	if m := squareList.FindStringSubmatch(rest); m != nil {
		return m[1], true
	}
	return "", false
}
