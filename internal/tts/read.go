package tts

import (
	"strings"

	"lectern/internal/spoken"
)

// Read makes a [Say] that reads numbers, dates, signs and the like in words of the text's language. word returns
// the engine's input for one word: [Speakable], or an engine's own rule.
func Read(word func(written string) string) Say {
	return func(text, language string) []Span {
		var out []Span
		for _, s := range spoken.Normalise(text, language) {
			written := text[s.Start:s.End]
			if s.Say == written {
				for _, w := range scan(written) {
					out = append(out, Span{Start: s.Start + w.Start, End: s.Start + w.End, Say: word(visible(written[w.Start:w.End]))})
				}
				continue
			}
			var said []string
			for _, f := range strings.Fields(s.Say) {
				if w := word(f); w != "" {
					said = append(said, w)
				} else if m := stop(f); m != "" && len(said) > 0 && !endsInMark(said[len(said)-1]) {
					said[len(said)-1] += m
				}
			}
			out = append(out, Span{Start: s.Start, End: s.End, Say: strings.Join(said, " ")})
		}
		return out
	}
}
