package pptx_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/pptx"
)

// click is what one click of a slide does: effects such as "entr 3" and "entr 4 0", a shape or a paragraph of it.
type click []string

// animated writes the timing of a slide. A click whose first effect is "auto" happens with the slide.
func animated(clicks ...click) string {
	var b strings.Builder
	for _, c := range clicks {
		start := `<p:cond delay="indefinite"/>`
		if c[0] == "auto" {
			start, c = `<p:cond evt="onBegin" delay="0"/>`, c[1:]
		}
		b.WriteString(`<p:par><p:cTn><p:stCondLst>` + start + `</p:stCondLst><p:childTnLst>`)
		for _, e := range c {
			f := strings.Fields(e)
			target := fmt.Sprintf(`<p:spTgt spid="%s"/>`, f[1])
			if len(f) > 2 {
				target = fmt.Sprintf(`<p:spTgt spid="%s"><p:txEl><p:pRg st="%s" end="%[2]s"/></p:txEl></p:spTgt>`, f[1], f[2])
			}
			fmt.Fprintf(&b, `<p:par><p:cTn presetClass="%s" nodeType="clickEffect"><p:childTnLst><p:set><p:cBhvr><p:tgtEl>%s`+
				`</p:tgtEl></p:cBhvr></p:set></p:childTnLst></p:cTn></p:par>`, f[0], target)
		}
		b.WriteString(`</p:childTnLst></p:cTn></p:par>`)
	}
	return `<p:timing><p:tnLst><p:par><p:cTn nodeType="tmRoot"><p:childTnLst><p:seq><p:cTn nodeType="mainSeq">` +
		`<p:childTnLst>` + b.String() + `</p:childTnLst></p:cTn></p:seq></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>`
}

const number = `<a:fld type="slidenum" id="{1}"><a:rPr sz="900"/><a:t>‹#›</a:t></a:fld>`

// builtSlide has a title, a list with the id 3, and a picture with the id 4.
func builtSlide(clicks ...click) string {
	return slide("", shape("2", `<p:ph type="title"/>`, run("Title"), number)+
		shape("3", `<p:ph type="body"/>`, run("One"), `<a:pPr><a:buAutoNum type="x"/></a:pPr><a:r><a:rPr u="sng" b="1">`+
			`<a:solidFill><a:srgbClr val="112233"/></a:solidFill><a:hlinkClick r:id=""/></a:rPr><a:t>Two</a:t></a:r>`,
			run("Three"))+
		shape("4", "", run("Box")), animated(clicks...))
}

func TestBuildsAreTheClicksThatMakeSomethingAppear(t *testing.T) {
	t.Parallel()
	many := make([]click, 25)
	for i := range many {
		many[i] = click{fmt.Sprintf("entr 3 %d", i)}
	}
	for name, c := range map[string]struct {
		clicks []click
		want   string
		flat   int
	}{
		"none": {nil, "[]", 0},
		"a paragraph and a shape": {[]click{{"entr 3 0"}, {"entr 3 1", "entr 4"}},
			"[{1 [{3 0}]} {2 [{3 1} {4 -1}]}]", 0},
		"with the slide":                   {[]click{{"auto", "entr 4"}, {"entr 3 0"}}, "[{1 [{3 0}]}]", 0},
		"emphasis takes a click":           {[]click{{"emph 4"}, {"entr 4"}}, "[{2 [{4 -1}]}]", 0},
		"what is there appears no more":    {[]click{{"entr 4"}, {"exit 4"}, {"entr 4"}}, "[{1 [{4 -1}]}]", 0},
		"a shape that the slide lacks":     {[]click{{"entr 99"}}, "[]", 0},
		"more than the limit are together": {many, "", 5},
	} {
		s := one(t, builtSlide(c.clicks...), nil)
		if got := fmt.Sprint(s.Builds); c.want != "" && got != c.want || s.Flat != c.flat {
			t.Errorf("%s: %s and %d more, want %s", name, got, s.Flat, c.want)
		}
		if n := len(s.Builds); c.flat > 0 && (n != lectern.MaxSteps || len(s.Builds[n-1].Targets) != 1+c.flat) {
			t.Errorf("%s: %d builds, the last of which is %+v", name, n, s.Builds[n-1])
		}
	}
}

// toStates is what StripToStates writes.
func toStates(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := pptx.StripToStates(t.Context(), &out, bytes.NewReader(b), int64(len(b)), pptx.Limits{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Before a slide come its states, in order. A hidden shape is gone from them. A hidden paragraph keeps its text,
// without links and lines, in ink that is not seen, and the mark of a list keeps its place. All of them have the
// number of the slide. Hidden slides have no states.
func TestStatesOfSlides(t *testing.T) {
	t.Parallel()
	b := pack(t, office([]string{
		builtSlide(click{"entr 4"}, click{"entr 3 1"}),
		strings.Replace(builtSlide(click{"entr 4"}), "<p:sld ", `<p:sld show="0" `, 1),
		builtSlide(click{"entr 4"})}, nil))
	out := toStates(t, b)
	k, err := read(t, out, pptx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range k.Slides {
		if s.Hidden {
			got = append(got, "hidden")
			continue
		}
		got = append(got, strings.Join(s.Text, " "))
	}
	box, all := "Title 1 One Two Three", "Title 1 One Two Three Box"
	want := []string{box, all, all, "hidden", strings.Replace(box, "1", "3", 1), strings.Replace(all, "1", "3", 1)}
	if !slices.Equal(got, want) {
		t.Errorf("the states are %q, want %q", got, want)
	}
	first := members(t, out)[k.Slides[0].Part]
	for _, ink := range []string{
		`<a:pPr><a:buChar char="` + "\u00a0" + `"></a:buChar><a:buChar char="` + "\u00a0" + `"></a:buChar></a:pPr>`,
		`<a:rPr b="1"><a:solidFill><a:srgbClr val="FFFFFF"><a:alpha val="0"></a:alpha></a:srgbClr></a:solidFill></a:rPr>` +
			`<a:t>Two`,
		`<a:r><a:t>One</a:t></a:r>`, `<a:r><a:rPr sz="900"/><a:t>1</a:t></a:r>`} {
		if !strings.Contains(first, ink) {
			t.Errorf("the first state has no %s:\n%s", ink, first)
		}
	}
	last := members(t, out)[k.Slides[2].Part]
	if strings.Contains(last, "alpha") || !strings.Contains(last, "hlinkClick") {
		t.Errorf("the slide itself is %s", last)
	}
	if again := toStates(t, b); !bytes.Equal(out, again) {
		t.Error("the same deck gives other bytes")
	}
}

// The steps of a deck are the states of its slides. Without the setting there are none, and the report says that
// animations are dropped; with it, the report says what is dropped still.
func TestStepsOfAnOfficeFile(t *testing.T) {
	t.Parallel()
	b := pack(t, office([]string{builtSlide(click{"emph 4"}, click{"entr 3 0"}, click{"entr 4", "exit 3"})}, nil))
	parse := func(settings string) deck.Request {
		q, err := parser.Parse(t.Context(), deck.Source{Name: "a.pptx",
			At: bytes.NewReader(b), Size: int64(len(b))}, []byte(settings), lectern.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	q := parse("")
	if q.Deck.Slides[0].Steps != nil ||
		!strings.Contains(fmt.Sprint(q.Report), "The animations of the slide are dropped") {
		t.Errorf("without steps: %+v %+v", q.Deck.Slides[0].Steps, q.Report)
	}
	q = parse(`{"steps":true}`)
	want := []lectern.SlideStep{{Ahead: 2, Until: 2}, {Ahead: 1}}
	if got := q.Deck.Slides[0].Steps; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the steps are %+v, want %+v", got, want)
	}
	if text := fmt.Sprint(q.Report); strings.Contains(text, "The animations of the slide are dropped") ||
		!strings.Contains(text, "only those by which something appears") {
		t.Errorf("the report is %s", text)
	}
	if faults := q.Deck.Validate(lectern.Limits{}); len(faults) > 0 {
		t.Error(faults)
	}
}

// A deck with states is a deck, with a slide more for each build.
func FuzzStripToStates(f *testing.F) {
	f.Add(pack(f, office([]string{builtSlide(click{"entr 4"}, click{"entr 3 1", "entr 3 0"}), builtSlide()}, nil)))
	f.Add(testdata(f, "click-builds-pptx/deck.pptx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		lim := pptx.Limits{Part: 1 << 20, XML: 4 << 20, Elements: 20_000, Unpacked: 16 << 20}
		k, err := read(t, b, lim)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := pptx.StripToStates(t.Context(), &out, bytes.NewReader(b), int64(len(b)), lim); err != nil {
			if _, ok := errors.AsType[*lectern.Failure](err); !ok {
				t.Fatalf("not a failure: %v", err)
			}
			return
		}
		want := len(k.Slides)
		for _, s := range k.Slides {
			if !s.Hidden {
				want += len(s.Builds)
			}
		}
		again, err := read(t, out.Bytes(), pptx.Limits{})
		if err != nil || len(again.Slides) != want {
			t.Fatalf("%d slides with their states became %+v: %v", len(k.Slides), again, err)
		}
	})
}
