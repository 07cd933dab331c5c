package pptx

import (
	"strings"

	"lectern/internal/deck/native"
)

// unnamed are the names that PowerPoint gives to sections which nobody named, in several languages and in lower case.
var unnamed = map[string]bool{
	"": true, "default section": true, "untitled section": true, "standardabschnitt": true, "abschnitt ohne titel": true,
	"section par défaut": true, "section sans titre": true, "sección predeterminada": true, "sección sin título": true,
	"sezione predefinita": true, "sezione senza titolo": true, "seção padrão": true, "seção sem título": true,
	"secção predefinida": true, "standaardsectie": true, "naamloze sectie": true, "sekcja domyślna": true,
	"раздел по умолчанию": true, "раздел без заголовка": true, "既定のセクション": true, "タイトルなしのセクション": true,
	"默认节": true, "无标题节": true, "預設章節": true, "기본 구역": true, "제목 없는 구역": true,
}

// sections returns the section of each slide that is shown, under names that differ. A section that nobody named has
// the title of its first slide. If all slides are in one section, the result has none: the titles of the slides say
// more.
func (c *composer) sections(shown []Slide) []string {
	of := map[int]string{} // by Slide.Page
	names, count, inside := native.Names{}, 0, 0
	for _, sec := range c.talk.Sections {
		name := ""
		for _, i := range sec.Slides {
			s := c.talk.Slides[i]
			if s.Hidden {
				continue
			}
			if name == "" {
				if name = sec.Name; unnamed[strings.ToLower(name)] {
					name = s.Heading()
				}
				if name = names.Unique(native.Cut(name), " (%d)"); name == "" {
					break // neither the section nor its first slide has a name
				}
				count++
			}
			of[s.Page] = native.Literal(name)
			inside++
		}
	}
	out := make([]string, len(shown))
	if count < 2 && inside == len(shown) {
		return out
	}
	for i, s := range shown {
		out[i] = of[s.Page]
	}
	return out
}
