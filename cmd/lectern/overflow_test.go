package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/chrome"
	"lectern/internal/config"
	"lectern/internal/slides"
	"lectern/internal/soak"
)

// kinds are templates with different content: text, lists of texts and of cards, numbers, tables and code.
var kinds = []string{"content", "bullet-points", "process-steps", "kpi-update", "table-light", "code",
	"avatar-checklist"}

// tooMuch returns more than any slide can show, as a value for a prop of any type except image.
func tooMuch(p lectern.TemplateProp) any {
	switch p.Type {
	case "list":
		return many(60)
	case "table":
		rows := make([]any, 60)
		for i := range rows {
			rows[i] = []any{fmt.Sprintf("row %d", i+1), i}
		}
		return rows
	case "code":
		return strings.Repeat("line := of(code)\n", 120)
	}
	return strings.Repeat("A sentence that goes on for a while. ", 150)
}

func many(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = map[string]any{"title": fmt.Sprintf("item %d", i+1), "text": "and what it means"}
	}
	return list
}

// V3: checking a slide with too much in one of its props gives a warning with that slide and that prop. The check draws
// slides as a render does. The slides in between show the samples of templates and get no such warning.
func TestV3EveryTemplateSaysWhatDoesNotFit(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cfg := config.Default()
	k, err := app.NewTools(cfg, quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	d := lectern.Deck{Layout: lectern.LayoutSlideOnly, Size: lectern.Size{Width: 640, Height: 360}}
	want := map[int]string{}
	runs := soak.Cases(t, kinds...)
	for i, tp := range k.Slides.Templates() {
		if !runs(tp.ID) {
			continue
		}
		if i%8 == 0 || !soak.All() {
			d.Slides = append(d.Slides, lectern.Slide{Template: tp.ID, Props: tp.Sample})
		}
		last := tp.Props[0]
		for _, p := range tp.Props {
			if p.Required && p.Type != "image" {
				last = p // what the template is about
			}
		}
		if last.Type == "image" {
			continue // it shows a picture alone
		}
		props := maps.Clone(tp.Sample)
		props[last.Name] = tooMuch(last)
		d.Slides = append(d.Slides, lectern.Slide{Template: tp.ID, Props: props})
		want[len(d.Slides)] = fmt.Sprintf("slides[%d].props.%s", len(d.Slides)-1, last.Name)
	}
	none := func(err error) error { return err }
	checked, warnings, measured, err := k.Check(t.Context(), d, nil, none, func(int) {})
	if err != nil || measured != len(checked.Slides) {
		t.Fatalf("%d of %d slides measured: %v", measured, len(d.Slides), err)
	}
	amount := regexp.MustCompile(`^Of "\w+", \d+ of \d+ (items|rows|characters|lines) do not fit`)
	got := map[int][]string{}
	for _, w := range warnings {
		if w.Code == "text_overflow" {
			got[w.Slide] = append(got[w.Slide], w.Param)
			if !amount.MatchString(w.Message) {
				t.Errorf("slide %d does not say how much: %s", w.Slide, w.Message)
			}
		}
	}
	for i, s := range d.Slides {
		switch param, long := want[i+1]; {
		case long && !slices.Contains(got[i+1], param):
			t.Errorf("%s with too much in %s: %v", s.Template, param, got[i+1])
		case !long && len(got[i+1]) > 0:
			t.Errorf("the sample of %s: %v", s.Template, got[i+1])
		}
	}
}

// probe is a script that finds the texts of a finished page which are not fully visible. It asks the browser, and
// does not rely on the page's own script.
const probe = `<script>{
  const page = window.__lectern;
  const said = {ready: null, overflow: []};
  const whole = (t) => {
    const range = document.createRange();
    range.selectNodeContents(t);
    const rects = [...range.getClientRects()].filter((r) => r.width > 0.5);
    return rects.length > 0 && rects.every((r) => {
      const at = document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2);
      return at && (t.contains(at) || at.contains(t));
    });
  };
  said.ready = (async () => {
    while (!page.ready) await new Promise((next) => setTimeout(next, 5));
    for (const o of page.overflow) said.overflow.push(o);
    for (const t of document.querySelectorAll("[data-t]")) {
      const owner = t.closest("[data-el]"), item = t.closest("[data-item]");
      const n = owner && item ? [...owner.querySelectorAll("[data-item]")].indexOf(item) : -1;
      if (t.textContent.trim() && !whole(t)) said.overflow.push({element: "?" + (owner ? owner.dataset.el : "text"), hidden: n + 1});
    }
    return true;
  })();
  window.__lectern = said;
}</script></body>`

var pagePolicy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)

// V3, as a property: whatever number of items a list has, each is fully visible or counted as one that does not fit.
// What is visible is found by probe, text by text and line by line.
func TestV3NothingIsLeftOutInSilence(t *testing.T) {
	t.Parallel()
	l, err := slides.New()
	if err != nil {
		t.Fatal(err)
	}
	b := chrome.New(chrome.Options{})
	t.Cleanup(func() { _ = b.Close() })
	r := rand.New(rand.NewPCG(13, 3))
	runs := soak.Cases(t, kinds...)
	for _, tp := range l.Templates() {
		if !runs(tp.ID) {
			continue
		}
		for _, p := range tp.Props {
			if !p.Required || p.Type != "list" && p.Type != "table" && p.Type != "code" {
				continue
			}
			layout := lectern.Layouts()[r.IntN(len(lectern.Layouts()))]
			// a small number now and then, a large one always
			for _, n := range []int{1 + r.IntN(6), 7 + r.IntN(30)}[r.IntN(2):] {
				props := maps.Clone(tp.Sample)
				switch p.Type {
				case "list":
					props[p.Name] = many(n)
				case "table":
					props[p.Name] = tooMuch(p).([]any)[:n]
				default:
					props[p.Name] = strings.Repeat("line := of(code)\n", n)
				}
				name := fmt.Sprintf("%s with %d of %s in %s", tp.ID, n, p.Name, layout)
				t.Run(name, func(t *testing.T) {
					lookAt(t.Context(), t, l, b, lectern.Deck{Layout: layout, Size: lectern.Size{Width: 960, Height: 540},
						Slides: []lectern.Slide{{Template: tp.ID, Props: props}}})
				})
			}
		}
	}
}

// lookAt compares what a page reports as not fitting with what is not visible.
func lookAt(ctx context.Context, t *testing.T, l *slides.Library, b *chrome.Browser, d lectern.Deck) {
	t.Helper()
	p, warnings, err := l.Page(d, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) > 0 && d.Slides[0].Template != "big-numbers" {
		for _, w := range warnings {
			if w.Code != "text_unplaced" && w.Code != "avatar_covers_slide" {
				t.Errorf("%+v", w)
			}
		}
	}
	p.HTML = strings.Replace(pagePolicy.ReplaceAllString(p.HTML, ""), "</body>", probe, 1)
	c, err := b.Capture(ctx, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	said, unseen := map[string]lectern.Overflow{}, map[string]map[int]bool{}
	for _, o := range c.Overflow {
		if el, ok := strings.CutPrefix(o.Element, "?"); ok {
			if unseen[el] == nil {
				unseen[el] = map[int]bool{}
			}
			unseen[el][o.Hidden] = true
		} else {
			said[o.Element] = o
		}
	}
	for el, list := range unseen {
		o, ok := said[el]
		switch {
		case !ok:
			t.Errorf("%d texts of %q are not visible, and the page reports only %v", len(list), el, said)
		case (o.Unit == "items" || o.Unit == "rows" || o.Unit == "lines") && o.Hidden != len(list):
			t.Errorf("%d %s of %q are not fully visible, and the page reports %d", len(list), o.Unit, el, o.Hidden)
		}
	}
	for el, o := range said {
		if len(unseen[el]) == 0 && o.Unit != "broken lines" {
			t.Errorf("the page reports %+v, but all of it is visible", o)
		}
	}
}
