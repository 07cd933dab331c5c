package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lectern/internal/soak"
)

// spokenCase is a narration and how a person reads it aloud. Both must sound the same, and not like the text without
// the sign.
type spokenCase struct {
	finding, language string
	written, read     string
	without           string // the text as it sounds if the sign is not read; "" if there is no such text
}

var spokenCases = []spokenCase{
	{"S1", "en", "It was -5 degrees.", "It was minus five degrees.", "It was five degrees."},
	{"S1", "en", "It was −5 degrees.", "It was minus five degrees.", "It was five degrees."},
	{"S1", "de", "Es waren -5 °C.", "Es waren minus fünf Grad Celsius.", "Es waren fünf Grad Celsius."},
	{"S1", "fr", "Il faisait -5 °C.", "Il faisait moins cinq degrés Celsius.", "Il faisait cinq degrés Celsius."},
	{"S1", "uk", "Було -5 °C.", "Було мінус п'ять градусів Цельсія.", "Було п'ять градусів Цельсія."},
	{"S1", "en", "Read pages 5-10.", "Read pages five to ten.", "Read pages five ten."},
	{"S2", "en", "Pay 5 $ now.", "Pay five dollars now.", "Pay five now."},
	{"S2", "de", "Der Umsatz stieg um 12 %.", "Der Umsatz stieg um zwölf Prozent.", "Der Umsatz stieg um zwölf."},
	{"S2", "es", "La comida cuesta 2.000 €, gracias.", "La comida cuesta dos mil euros, gracias.",
		"La comida cuesta dos mil, gracias."},
	{"S3", "en", "World War II ended.", "World War two ended.", "World War I I ended."},
	{"S3", "en", "Henry VIII had six wives.", "Henry the eighth had six wives.", "Henry V I I I had six wives."},
	{"S3", "en", "See Chapter IV.", "See Chapter four.", "See Chapter I V."},
	{"S4", "en", "It is due 2024-03-15.", "It is due March fifteenth, twenty twenty-four.", ""},
	{"S4", "en", "It is due 03/04/2025.", "It is due March fourth, twenty twenty-five.", ""},
	{"S4", "de", "Am 15.03.2024 beginnt es.", "Am fünfzehnten März zweitausendvierundzwanzig beginnt es.", ""},
	{"S8", "en", "Use C# here.", "Use C sharp here.", "Use C here."},
	{"S8", "en", "Five is 5*3.", "Five is five times three.", "Five is fifty three."},
	{"S8", "en", "The 1990s were loud.", "The nineteen nineties were loud.", "The nineteen ninety were loud."},
	{"S8", "en", "Mail me@example.org today.", "Mail me at example dot org today.", "Mail me example org today."},
	{"S8", "en", "It moves at 5 km/h.", "It moves at five kilometers per hour.", "It moves at five."},
	{"S8", "en", "The line has 100 Mbit/s.", "The line has one hundred megabits per second.", "The line has one hundred."},
	{"S8", "en", "It costs ¥5,000.", "It costs five thousand yen.", "It costs five thousand."},
	{"S9", "ru", "Это стоит 1 234 567 руб. сегодня.", "Это стоит один миллион двести тридцать четыре тысячи пятьсот " +
		"шестьдесят семь рублей сегодня.", ""},
}

// TestSpokenFindings checks S1, S2, S3, S4, S8 and S9 with the voices that are installed, by how long each slide speaks
// in the manifest. The words and the captions are what was written.
func TestSpokenFindings(t *testing.T) {
	t.Parallel()
	type slide struct {
		Template  string            `json:"template"`
		Props     map[string]string `json:"props"`
		Narration string            `json:"narration"`
		Voice     map[string]string `json:"voice"`
	}
	var slides []slide
	add := func(language, text string) int {
		slides = append(slides, slide{"title", map[string]string{"title": "x"}, text,
			map[string]string{"language": language}})
		return len(slides) - 1
	}
	type place struct{ written, read, without int }
	var places []place
	cases := spokenCases
	if !soak.All() { // the last of each finding
		cases = slices.DeleteFunc(slices.Clone(cases), func(c spokenCase) bool {
			return slices.ContainsFunc(spokenCases[1+slices.Index(spokenCases, c):],
				func(o spokenCase) bool { return o.finding == c.finding })
		})
	}
	for _, c := range cases {
		p := place{add(c.language, c.written), add(c.language, c.read), -1}
		if c.without != "" {
			p.without = add(c.language, c.without)
		}
		places = append(places, p)
	}
	body, err := json.Marshal(map[string]any{"avatar": "none", "preset": "draft", "resolution": []int{426, 240},
		"slides": slides})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, plain)
	id := s.create(string(body))
	if v := s.awaitEnd(id); v.Status != "completed" {
		t.Fatalf("ended as %+v", v)
	}
	b, err := os.ReadFile(s.found("manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Slides []struct {
			Samples int64 `json:"speech_samples"`
			Words   []struct{ Text string }
		}
	}
	if err := json.Unmarshal(b, &m); err != nil || len(m.Slides) != len(slides) {
		t.Fatalf("%v: %d slides of %d", err, len(m.Slides), len(slides))
	}
	captions := string(s.must("GET", "/v1/presentations/"+id+"/captions.srt", "").body)
	flat := strings.Join(strings.Fields(captions), " ")
	for i, c := range cases {
		name := fmt.Sprintf("%s %s %q", c.finding, c.language, c.written)
		p := places[i]
		written, read := m.Slides[p.written].Samples, m.Slides[p.read].Samples
		// Where a mark differs, the engine's pauses may differ: by a hundredth at most.
		if d := written - read; written == 0 || d*100 > read || -d*100 > read {
			t.Errorf("%s speaks for %d samples, %q for %d", name, written, c.read, read)
		}
		if p.without >= 0 && m.Slides[p.without].Samples == written {
			t.Errorf("%s sounds like %q", name, c.without)
		}
		var words []string
		for _, w := range m.Slides[p.written].Words {
			words = append(words, w.Text)
		}
		if got := strings.Join(words, " "); got != c.written {
			t.Errorf("%s has the words %q", name, got)
		}
		if !strings.Contains(flat, strings.Join(strings.Fields(c.written), " ")) {
			t.Errorf("%s: the captions do not have it as written", name)
		}
	}
	// S9: the number is one word, so no caption cuts it.
	last := m.Slides[places[len(places)-1].written]
	if len(last.Words) != 4 || last.Words[2].Text != "1 234 567 руб." {
		t.Errorf("S9: the words are %+v", last.Words)
	}
}
