package slides

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

func library(t testing.TB) *Library {
	t.Helper()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func deck(theme string, layout lectern.Layout, slides ...lectern.Slide) lectern.Deck {
	return lectern.Deck{Theme: theme, Layout: layout, Size: lectern.Size{Width: 1920, Height: 1080}, Slides: slides}
}

// page renders one slide and fails the test on an error.
func page(t testing.TB, l *Library, s lectern.Slide) (lectern.Page, []lectern.Warning) {
	t.Helper()
	p, w, err := l.Page(deck("", lectern.LayoutPictureInPicture, s), 0)
	if err != nil {
		t.Fatalf("%s: %v", s.Template, err)
	}
	return p, w
}

var wanted = strings.Fields(`content-slide title-slide hero-title-slide bullet-points bullet-points-right big-image-left big-image-top big-numbers
	two-column four-box-grid process-steps timeline event-list pyramid challenges-solutions comparison-slide table-dark table-light quote-center
	thank-you-slide kpi-update-slide percent-circles benefits-list-slide course-overview-slide avatar-checklist avatar-service avatar-steps avatar-crm
	avatar-buttons big-image comparison content title quote table steps numbers bigNumbers two_column`)

func TestTemplatesAreFoundByAllTheirIDs(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, id := range wanted {
		_, warnings := page(t, l, lectern.Slide{Template: id, Props: map[string]any{"title": "Hello"}})
		if len(warnings) > 0 {
			t.Errorf("%s: %v", id, warnings)
		}
	}
}

func TestSamplesShowTheirTextsInEveryThemeAndLayout(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, theme := range l.Themes() {
		for _, layout := range lectern.Layouts() {
			for _, tp := range l.Templates() {
				p, warnings, err := l.Page(deck(theme.ID, layout, lectern.Slide{Template: tp.ID, Props: tp.Sample}), 0)
				if err != nil || len(warnings) > 0 {
					t.Fatalf("%s in %s: %v %v", tp.ID, theme.ID, err, warnings)
				}
				if p.Width != 1920 || p.Height != 1080 || p.Scale != 1 || len(p.Assets) != 0 {
					t.Errorf("%s: page is %dx%d at %v with assets %v", tp.ID, p.Width, p.Height, p.Scale, p.Assets)
				}
				for _, word := range leaves(tp.Sample) {
					if len(word) < 40 && !strings.ContainsAny(word, "\"'<&\n+×€−") && len(strings.Fields(word)) > 1 &&
						!strings.Contains(strings.ReplaceAll(p.HTML, "\u00a0", " "), word) {
						t.Errorf("%s does not show %q", tp.ID, word)
					}
				}
			}
		}
	}
}

// leaves returns all strings of a value, at any depth.
func leaves(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, e := range v {
			out = append(out, leaves(e)...)
		}
	case map[string]any:
		for _, e := range v {
			out = append(out, leaves(e)...)
		}
	}
	return out
}

func TestTemplatesDescribeTheirProps(t *testing.T) {
	t.Parallel()
	for _, tp := range library(t).Templates() {
		if tp.Name == "" || tp.Description == "" || len(tp.Props) == 0 || len(tp.Sample) == 0 {
			t.Errorf("%s is not described", tp.ID)
		}
		for _, p := range tp.Props {
			if p.Required && tp.Sample[p.Name] == nil {
				t.Errorf("the sample of %s lacks %s, which is required", tp.ID, p.Name)
			}
		}
		if strings.Contains(strings.ToLower(fmt.Sprint(tp.Sample)), "lorem") {
			t.Errorf("the sample of %s is filler", tp.ID)
		}
	}
}

func TestEmptySlidesRender(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, tp := range l.Templates() {
		for _, props := range []map[string]any{nil, {}, {"title": ""}, {"title": nil, "items": []any{}}} {
			if p, _ := page(t, l, lectern.Slide{Template: tp.ID, Props: props}); !strings.Contains(p.HTML,
				`class="bg"`) {
				t.Errorf("%s: no page for %v", tp.ID, props)
			}
		}
	}
}

const attack = `<script>alert(1)</script>{{.Text}}{{template "x"}}"><img src=x onerror=alert(1)>';}</style><style>*{background:url(http://evil.example/a)}--><!--]]>`

func TestPropsNeverBecomeMarkup(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, tp := range l.Templates() {
		props := map[string]any{}
		for _, p := range tp.Props {
			switch p.Type {
			case "text":
				props[p.Name] = attack
			case "list":
				props[p.Name] = []any{attack,
					map[string]any{"title": attack, "text": attack, "value": attack, "change": attack,
						"icon": attack[:10], attack: attack, "items": []any{attack}}}
			case "table":
				props[p.Name] = []any{[]any{attack, attack}, map[string]any{attack: attack}}
			case "markdown":
				props[p.Name] = attack + "\n\n![" + attack + "](x \"" + attack + "\")\n\n```" + attack + "\n" + attack + "\n```\n"
			}
		}
		p, _, err := l.Page(deck("", lectern.LayoutPictureInPicture, lectern.Slide{
			ID: attack, Template: tp.ID, Props: props, Background: attack,
			Positions: map[string]lectern.Point{attack: {X: 1}},
			Voice:     lectern.VoiceChoice{Language: attack},
		}), 0)
		if err != nil {
			t.Fatalf("%s: %v", tp.ID, err)
		}
		if n := strings.Count(p.HTML, "<script"); n != 1 {
			t.Errorf("%s: %d scripts in the page", tp.ID, n)
		}
		for _, bad := range []string{"<img src=x", "<style>*{background", "evil.example/a)}--><", "ZgotmplZ"} {
			if strings.Contains(p.HTML, bad) {
				t.Errorf("%s: %q is in the page", tp.ID, bad)
			}
		}
		if !strings.Contains(p.HTML, "&lt;script&gt;alert(1)&lt;/script&gt;{{.Text}}") {
			t.Errorf("%s does not show the text unchanged", tp.ID)
		}
		if n := strings.Count(p.HTML, "</style>"); n != 1 {
			t.Errorf("%s: %d style elements end in the page, want 1", tp.ID, n)
		}
	}
}

func TestSlideWithAnUnknownTemplateShowsItsTexts(t *testing.T) {
	t.Parallel()
	p, warnings := page(t, library(t), lectern.Slide{Template: "holo-deck", Props: map[string]any{
		"heading": "Forward", "blurb": "Nobody thought of this name.", "whatever": []any{"alpha point",
			"beta point"}, "voiceoverText": "not for the eye", "color": "#ffffff",
	}})
	if len(warnings) != 2 || warnings[1].Param != "slides[0].props.color" || warnings[0].Code != "unknown_template" ||
		warnings[0].Slide != 1 || !strings.Contains(warnings[0].Message, "holo-deck") {
		t.Errorf("warnings: %v", warnings)
	}
	for _, want := range []string{"t-content", "Forward", "Nobody thought of this name.", "alpha point", "beta point"} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(p.HTML, "not for the eye") {
		t.Error("the narration is on the slide")
	}
}

func TestPropsAreReadInOtherSpellings(t *testing.T) {
	t.Parallel()
	l := library(t)
	for name, c := range map[string]struct {
		template string
		props    string
		want     []string
	}{
		"strings": {"bullet-points", `{"heading":"H1 here","bullet_points":["one point","two point"]}`,
			[]string{"H1 here", "one point", "two point"}},
		"lines": {"bullet-points", `{"title":"T","content":"- one point\n- two point"}`,
			[]string{">one point<", ">two point<"}},
		"steps": {"avatar-steps", `{"title":"T","steps":[{"name":"First thing","description":"Do it"},"Second thing"]}`,
			[]string{"First thing", "Do it", "Second thing"}},
		"numbered": {"process-steps",
			`{"title":"T","step1Title":"First thing","step1Text":"Do it","step2Title":"Second thing"}`,
			[]string{"First thing", "Do it", "Second thing"}},
		"flat": {"bullet-points", `{"title":"T","bullet1":"one point","bullet2":"two point","bullet10":"last point"}`,
			[]string{"one point", "last point"}},
		"checklist": {"avatar-checklist",
			`{"items":[{"text":"yes please","isPositive":true},{"text":"no thanks","is_positive":false}]}`,
			[]string{`class="yes"`, `class="no"`, "no thanks"}},
		"numbers": {"big-numbers",
			`{"numbers":[{"number":42,"label":"answers given"},{"stat":"7.5%","title":"other label"}]}`,
			[]string{">42<", "answers given", "7.5%", "other label"}},
		"comparison": {"comparison-slide",
			`{"left_title":"Old way","left_items":["slow thing"],"rightTitle":"New way","rightItems":"fast thing\nsure thing"}`,
			[]string{"Old way", "slow thing", "New way", "sure thing"}},
		"columns": {"two-column", `{"column1":["left one","left two"],"column2":"right text"}`,
			[]string{"left one", "right text"}},
		"map": {"four-box-grid", `{"items":{"Alpha box":"text a","Beta box":{"text":"text b"}}}`,
			[]string{"Alpha box", "text a", "Beta box", "text b"}},
		"table": {"table-dark", `{"headers":["City","People"],"rows":[{"people":5,"city":"Lviv"},["Kyiv",9]]}`,
			[]string{"City", ">Lviv<", ">5<", "Kyiv"}},
		"pairs": {"challenges-solutions", `{"challenges":["hard one"],"solutions":["easy one"]}`,
			[]string{"hard one", "easy one"}},
		"pair items": {"challenges-solutions", `{"items":[{"challenge":"hard one","solution":"easy one"}]}`,
			[]string{"hard one", "easy one"}},
		"quote": {"quote-center", `{"text":"A wise sentence.","name":"Someone","company":"Some firm"}`,
			[]string{"A wise sentence.", "Someone", "Some firm"}},
		"text object": {"content",
			`{"title":{"text":"Deep title","style":{"x":1}},"content":[{"text":"para one"},"para two"]}`,
			[]string{"Deep title", "para one", "para two"}},
		"number": {"content", `{"title":2026,"content":1234567.5}`, []string{">2026<", "1234567.5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var props map[string]any
			if err := json.Unmarshal([]byte(c.props), &props); err != nil {
				t.Fatal(err)
			}
			p, _ := page(t, l, lectern.Slide{Template: c.template, Props: props})
			for _, want := range c.want {
				if !strings.Contains(p.HTML, want) {
					t.Errorf("%q is missing", want)
				}
			}
		})
	}
}

func TestUnknownThemeNamesTheKnownOnes(t *testing.T) {
	t.Parallel()
	_, _, err := library(t).Page(deck("neon", "", lectern.Slide{Template: "title"}), 0)
	f := lectern.AsFailure(err)
	if f.Code != lectern.CodeUnknownTheme || f.Param != "theme" || !strings.Contains(f.Message, "corporate-blue") {
		t.Errorf("got %+v", f)
	}
	_, _, err = library(t).Page(deck("", ""), 3)
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeInvalidDeck}) {
		t.Errorf("a slide that is not there: %v", err)
	}
}

// Body text has a contrast of 7 to 1, large text of 4.5 to 1, on every background that it can have.
func TestContrastOfThemes(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, id := range l.themeOrder {
		th := l.themes[id]
		for name, p := range map[string]palette{"base": th.Base, "hero": th.Hero, "light": th.Light,
			"night": th.Night} {
			for _, ground := range []string{p.Ground, p.Ground2, p.Surface, p.Surface2} {
				for what, c := range map[string]string{"ink": p.Ink, "muted": p.Muted} {
					if r := contrast(c, ground); r < 7 {
						t.Errorf("%s %s: %s %s on %s is %.2f, below 7", id, name, what, c, ground, r)
					}
				}
				for what, c := range map[string]string{"bright": p.Bright, "warm": p.Warm} {
					if r := contrast(c, ground); r < 4.5 {
						t.Errorf("%s %s: %s %s on %s is %.2f, below 4.5", id, name, what, c, ground, r)
					}
				}
			}
			if r := contrast(p.OnAccent, p.Accent); r < 4.5 {
				t.Errorf("%s %s: %s on the accent %s is %.2f, below 4.5", id, name, p.OnAccent, p.Accent, r)
			}
			if r := contrast(p.Ink, p.Halo); r < 7 {
				t.Errorf("%s %s: ink on the halo is %.2f, below 7", id, name, r)
			}
		}
		for _, mark := range []string{th.Good, th.Bad} {
			if r := contrast(mark, th.Base.Surface); r < 3 {
				t.Errorf("%s: the mark %s on surface is %.2f, below 3", id, mark, r)
			}
		}
	}
	if r := contrast("#000000", "#ffffff"); math.Abs(r-21) > 0.001 {
		t.Errorf("black on white is %v, not 21", r)
	}
}

func TestPagesAreDeterministic(t *testing.T) {
	t.Parallel()
	a, b := library(t), library(t)
	if a.Fingerprint() != b.Fingerprint() || len(a.Fingerprint()) != 64 {
		t.Fatalf("fingerprints %q and %q", a.Fingerprint(), b.Fingerprint())
	}
	for _, tp := range a.Templates() {
		s := lectern.Slide{Template: tp.ID, Props: tp.Sample}
		first, _ := page(t, a, s)
		for range 3 {
			if next, _ := page(t, b, s); next.HTML != first.HTML {
				t.Fatalf("%s differs from run to run", tp.ID)
			}
		}
	}
}

func TestDocumentStacksAllSlides(t *testing.T) {
	t.Parallel()
	l := library(t)
	d := deck("light-modern", lectern.LayoutSideBySide)
	for _, tp := range l.Templates() {
		d.Slides = append(d.Slides, lectern.Slide{Template: tp.ID, Props: tp.Sample})
	}
	html, err := l.Document(d)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(html, "<section "); n != len(d.Slides) {
		t.Errorf("%d sections for %d slides", n, len(d.Slides))
	}
	if strings.Count(html, "<script") != 1 || !strings.Contains(html, `id="s30"`) {
		t.Error("the script or the last slide's id is missing")
	}
}

func TestPositionsPlaceElements(t *testing.T) {
	t.Parallel()
	p, warnings := page(t, library(t), lectern.Slide{
		Template: "content", Props: map[string]any{"title": "Here", "content": "There"},
		Positions: map[string]lectern.Point{"title": {X: 300, Y: 410.6}, "content": {X: -5, Y: 1e12},
			"ghost": {X: 1, Y: 1}, "image": {X: math.NaN()}},
	})
	for _, want := range []string{`#s1 [data-el="title"]{position:absolute;left:300px;top:410px;`,
		`#s1 [data-el="content"]{position:absolute;left:0px;top:1000px;`} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("%q is missing", want)
		}
	}
	codes := []string{}
	for _, w := range warnings {
		codes = append(codes, w.Code)
	}
	if !slices.Equal(codes, []string{"unknown_element", "unknown_element"}) {
		t.Errorf("warnings %v", warnings)
	}
}

// jsonValue generates any JSON value.
func jsonValue(depth int) *rapid.Generator[any] {
	word := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "Hello", attack, "42%",
		"https://example.com/a.png", "data:image/png;base64,AAAA", "javascript:alert(1)", "- a\n- " +
			"b", "שלום", "漢字", "+12%", "true", strings.Repeat("x", 9000)}))
	leaf := rapid.OneOf(rapid.Map(word, func(s string) any { return s }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil))
	if depth == 0 {
		return leaf
	}
	key := rapid.SampledFrom([]string{"title", "text", "items", "value", "icon", "image", "label",
		"isPositive", "step1", "rows", "columns", "url", "0", "1", "left", "points", "", "ünïcode"})
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return jsonValue(depth - 1) }), 0, 5),
			func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(key, rapid.Deferred(func() *rapid.Generator[any] { return jsonValue(depth - 1) }), 0, 5),
			func(m map[string]any) any { return m }))
}

// ownScript matches a script. The page's policy has a hash for each of its own.
var ownScript = regexp.MustCompile(`(?s)<script>.*?</script>`)

// sound returns what is wrong with the result for props of any shape. The result must be a page with its own scripts,
// or a failure that names a prop.
func sound(p lectern.Page, err error) error {
	if err != nil {
		f := lectern.AsFailure(err)
		if f.Code != lectern.CodeAssetRefused || f.Slide != 1 || !strings.HasPrefix(f.Param, "slides[0].props.") {
			return fmt.Errorf("an unclear failure: %+v", f)
		}
		return nil
	}
	rest := ownScript.ReplaceAllString(p.HTML, "")
	if n := strings.Count(rest, "sha256-"); strings.Contains(rest, "<script") || strings.Count(rest, "</style>") != 1 ||
		n < 1 || n != len(ownScript.FindAllString(p.HTML, -1)) || strings.Contains(rest, "ZgotmplZ") {
		return errors.New("the page has markup from its props")
	}
	if strings.Contains(p.HTML, `src="javascript:`) {
		return errors.New("the page has a script address")
	}
	return nil
}

func TestPropsOfAnyShapeGiveAPageOrAClearFailure(t *testing.T) {
	t.Parallel()
	l := library(t)
	ids := append(slices.Clone(l.order), "no-such-template")
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom(ids).Draw(t, "template")
		names := []string{"title", "subtitle", "content", "items", "steps", "image", "left", "right", "rows", "columns",
			"quote", "author", "leftTitle", "bullet1", "step2Title", "contact", "challenges"}
		props := rapid.MapOfN(rapid.OneOf(rapid.SampledFrom(names), rapid.String()), jsonValue(3), 0, 6).
			Draw(t, "props")
		d := deck("", rapid.SampledFrom(lectern.Layouts()).Draw(t, "layout"), lectern.Slide{Template: id, Props: props})
		d.Size = lectern.Size{Width: rapid.IntRange(2, 4000).Draw(t, "width"),
			Height: rapid.IntRange(2, 4000).Draw(t, "height")}
		if rapid.Bool().Draw(t, "boxed") {
			n := rapid.IntRange(-5000, 5000)
			d.Slides[0].AvatarBox = &lectern.Rect{X: n.Draw(t, "x"), Y: n.Draw(t, "y"), Width: n.Draw(t, "w"),
				Height: n.Draw(t, "h")}
		}
		p, _, err := l.Page(d, 0)
		if err := sound(p, err); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzPage(f *testing.F) {
	l := library(f)
	for _, tp := range l.Templates() {
		b, err := json.Marshal(tp.Sample)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(tp.ID, string(b))
	}
	f.Add("comparison", `{"left":{"1":[[["x"]]]},"right":5,"items":{"a":null}}`)
	f.Fuzz(func(t *testing.T, id, doc string) {
		var props map[string]any
		if json.Unmarshal([]byte(doc), &props) != nil {
			return
		}
		p, _, err := l.Page(deck("", lectern.LayoutPictureInPicture, lectern.Slide{Template: id, Props: props}), 0)
		if err := sound(p, err); err != nil {
			t.Fatal(err)
		}
	})
}
