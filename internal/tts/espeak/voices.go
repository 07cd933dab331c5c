package espeak

import (
	"slices"
	"strings"

	"lectern"
)

// style is the sound of one of the two speakers of every language. The variants are those of espeak-ng's 35 usual ones
// with the fewest word errors in a speech recogniser (pocketsphinx, nine English sentences). Male: edward 15 % (a Klatt
// synthesiser, softer than the default), klatt2 25 %, no variant 65 %. Female: f5 29 %, f2 33 %, all others 50 % or
// more. flite's rms has 2 %, slt 7 %: for English, prefer flite.
type style struct {
	gender  string
	variant string // a file in espeak-ng-data/voices/!v
	pitch   int    // 0–99
	span    int    // 0–99, the range of the pitch
}

const (
	wordsPerMinute = 165
	wordGap        = 0 // 10 ms units
)

var styles = []style{
	{gender: "male", variant: "edward", pitch: 45, span: 55},
	{gender: "female", variant: "f5", pitch: 50, span: 55},
}

// known is a voice of this engine, with its name in the library.
type known struct {
	voice lectern.Voice
	file  string
	style style
}

// catalogue makes voices from the library's list: a male and a female speaker for every language. It leaves out voices
// that need MBROLA's data, which is not free.
func catalogue(raw []rawVoice) []known {
	var out []known
	seen := map[string]bool{}
	for _, r := range raw {
		if len(r.Languages) == 0 || strings.HasPrefix(r.File, "mb/") || strings.HasPrefix(r.File, "!v/") ||
			r.Languages[0] == "variant" {
			continue
		}
		id := strings.ToLower(r.Languages[0])
		if seen[id] {
			continue
		}
		seen[id] = true
		for _, s := range styles {
			out = append(out, known{
				file: r.File, style: s,
				voice: lectern.Voice{
					Engine: Name, ID: id + "-" + s.gender, Language: tag(id), Gender: s.gender,
					Name: title(r.Name) + ", " + s.gender,
				},
			})
		}
	}
	slices.SortStableFunc(out, func(a, b known) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		return strings.Compare(a.voice.Language, b.voice.Language)
	})
	return out
}

// rank sorts voices: lower comes first. The speaker that most people expect for a language comes before its dialects.
func rank(k known) int {
	switch strings.TrimSuffix(k.voice.ID, "-"+k.voice.Gender) {
	case "en-us", "es", "fr-fr", "pt-br", "vi", "hy", "fa", "cmn", "ru":
		return 0
	case "en-gb", "es-419", "fr-be", "pt":
		return 1
	}
	if strings.Contains(k.voice.Language, "-") {
		return 2
	}
	return 1
}

// tag is the BCP 47 tag for a language as eSpeak names it.
func tag(id string) string {
	switch id {
	case "cmn":
		return "zh"
	case "cmn-latn-pinyin":
		return "zh-Latn-pinyin"
	case "roa-x-jam":
		return "jam"
	case "chr-us-qaaa-x-west":
		return "chr"
	case "piqd":
		return "tlh"
	}
	parts := strings.Split(id, "-")
	for i, p := range parts {
		switch {
		case i == 0:
		case p == "x":
			return strings.Join(append(parts[:i:i], parts[i:]...), "-")
		case len(p) == 2:
			parts[i] = strings.ToUpper(p)
		case len(p) == 4:
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "-")
}

func title(name string) string { return strings.NewReplacer("_(", " (", "_", " ").Replace(name) }
