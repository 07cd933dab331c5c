package markdown

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"lectern"
)

// directions are the stage directions of Narakeet.
var directions = []string{"voice", "pause", "duration", "audio", "video", "callout", "font-size", "theme", "transition",
	"voice-speed", "voice-volume", "voice-emphasis", "background", "background-volume", "subtitles", "language", "size",
	"image", "section", "scene", "mark"}

var alonePicture = regexp.MustCompile(`\A` + pictureMark.String() + `\z`)

// narakeet reads a scene of Narakeet: a paragraph is narration, a picture or a listing is what is shown. Comments are
// ignored.
func (p *reader) narakeet(src *source, c chunk) {
	d := p.newDraft(src, c.span)
	text := string(d.text)
	rs := scan(text)
	for _, r := range rs {
		switch r.kind {
		case inComment:
			d.remove(r.from, r.to)
		case inFence:
			p.textSlide(d, r)
		}
	}
	prose := []byte(outside(text, fences(rs)))
	for _, r := range rs {
		if r.kind == inComment {
			blank(prose[r.from:r.to])
		}
	}
	for _, par := range paragraphs(string(prose)) {
		p.scene(d, par)
		d.remove(par.from, par.to)
	}
	if len(d.notes) == 0 && d.hold == 0 && (len(d.backgrounds) > 0 || len(d.shown) > 0) {
		d.hold = time.Second // a scene without sound
	}
	d.transfer, _ = p.front.text("transition")
	if t := d.look["transition"]; t != "" {
		d.transfer = t
	}
	d.text = []byte(strings.Join(d.shown, "\n\n")) // only the places of pictures depend on its offsets
	p.finish(d)
	if music, ok := p.front.text("background"); ok && music != "" {
		file, _, _ := strings.Cut(music, " ")
		p.warnOnce("music_ignored", file, 0, "The music %q is left out: music under the narration is not supported.",
			lectern.Shorten(file))
	}
}

// fences returns the listings of a text. Code within a line is narration.
func fences(rs []region) []region {
	return slices.DeleteFunc(slices.Clone(rs), func(r region) bool { return r.kind != inFence })
}

// textSlide reads a listing, which is the text of the scene's slide.
func (p *reader) textSlide(d *draft, r region) {
	lang, _ := language(r.info)
	text := strings.TrimRight(r.inner, "\n")
	switch lang {
	case "md", "markdown":
	case "", "text", "txt":
		text = strings.ReplaceAll(markdownSigns.ReplaceAllString(text, `\$0`), "\n", "  \n")
	default:
		text = "````" + r.info + "\n" + text + "\n````"
	}
	d.shown = append(d.shown, trimLines(text))
	d.remove(r.from, r.to)
}

var markdownSigns = regexp.MustCompile("[\\\\`*_{}\\[\\]<>()#+!|~-]")

// scene reads a paragraph of a scene.
func (p *reader) scene(d *draft, par paragraph) {
	at := d.at + par.from
	if m := direction.FindStringSubmatch(par.text); m != nil && slices.Contains(directions, m[1]) {
		p.direct(d, m[1], strings.TrimSpace(m[2]), at)
		return
	}
	if m := alonePicture.FindStringSubmatch(par.text); m != nil {
		b := background{image: strings.Trim(m[2], "<>"), at: at}
		for _, word := range strings.Fields(m[1]) {
			if word == "contain" || word == "cover" || word == "fit" {
				b.fit = strings.Replace(word, "fit", "contain", 1)
			}
		}
		d.backgrounds = append(d.backgrounds, b)
		return
	}
	d.note(par.text, at)
}

// direct applies a stage direction.
func (p *reader) direct(d *draft, name, value string, at int) {
	switch name {
	case "pause":
		if long := seconds(value); long > 0 {
			d.notes = append(d.notes, pauseMark(long))
		}
	case "duration":
		d.hold = seconds(value)
	case "voice":
		p.strangeVoice(value, p.number())
	case "transition":
		d.look["transition"] = value
	case "subtitles", "section", "scene", "mark":
	default:
		p.warn("direction_ignored", p.number(), "", "%sThe direction (%s: %s) has no effect: Lectern reads only the notes "+
			"and pauses of Narakeet.", d.src.where(at), name, lectern.Shorten(oneLine(value)))
	}
}
