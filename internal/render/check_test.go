package render

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
)

func TestCheckSettlesADeck(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	d := talk()
	d.Avatar = "ann"
	d.Theme, d.Quality, d.FrameRate, d.Size, d.Hold = "", "", 0, lectern.Size{}, 0
	d.Voice = lectern.VoiceChoice{Engine: "elsewhere", Speed: 1.2}
	d.Slides[1].Template = "unknown"
	d.Slides[1].Narration = " \n"
	d.Slides[0].AvatarBox = &lectern.Rect{X: -20, Y: 880, Width: 400, Height: 400}
	d.Transitions = []lectern.Transition{{Type: "Wipe Left", Duration: time.Second}, {Type: "fade", Duration: 0}, {Type: "fade", Duration: 1}}
	got, warnings, err := g.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, w := range warnings {
		codes = append(codes, w.Code)
	}
	if strings.Join(codes, " ") != "unused_transitions avatar_cut voice_replaced unknown_template voice_replaced" {
		t.Errorf("warnings %v", warnings)
	}
	if got.Avatar != "fake:ann.casual" || got.Theme != lectern.DefaultTheme || got.FrameRate != 30 || got.Quality != lectern.QualityHigh ||
		got.Size != (lectern.Size{Width: 1920, Height: 1080}) || got.Hold != lectern.DefaultHold || got.Slides[1].Narration != "" {
		t.Errorf("%+v", got)
	}
	if got.Slides[0].Voice != (lectern.VoiceChoice{Engine: "fake", ID: "tone", Language: "en-GB", Speed: 1.2}) {
		t.Errorf("voice %+v", got.Slides[0].Voice)
	}
	if got.Voice.Gender != "female" {
		t.Errorf("nobody chose a voice, and the avatar is female: %+v", got.Voice)
	}
	if *got.Slides[0].AvatarBox != (lectern.Rect{X: 0, Y: 880, Width: 380, Height: 200}) {
		t.Errorf("the avatar's place %+v", got.Slides[0].AvatarBox)
	}
	if want := []lectern.Transition{{Type: "wipeleft", Duration: time.Second}}; !reflect.DeepEqual(got.Transitions, want) {
		t.Errorf("transitions %+v", got.Transitions)
	}
	if d.Slides[0].Voice != (lectern.VoiceChoice{}) {
		t.Error("Check changes the caller's deck")
	}
	again, warnings, err := g.Check(t.Context(), got)
	if err != nil || !reflect.DeepEqual(again, got) || len(warnings) != 1 {
		t.Errorf("checked again: %+v, %v, %v", again, warnings, err)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		set   func(d *lectern.Deck)
		code  lectern.Code
		slide int
		says  string
	}{
		{"no slides", func(d *lectern.Deck) { d.Slides = nil }, lectern.CodeInvalidDeck, 0, "no slides"},
		{"too many slides", func(d *lectern.Deck) { d.Slides = make([]lectern.Slide, 501) }, lectern.CodeInvalidDeck, 0, "more than 500"},
		{"H3: too long", func(d *lectern.Deck) {
			d.Hold, d.Slides, d.Transitions = 10*time.Minute, make([]lectern.Slide, 13), nil
		}, lectern.CodeTooLarge, 0,
			"about 2h10m0s long, as its text is estimated; the limit is 2h0m0s (limits.duration)"},
		{"H3: too long a narration", func(d *lectern.Deck) { d.Slides[0].Narration = strings.Repeat("word ", 30_000) }, lectern.CodeTooLarge, 0, "limits.duration"},
		{"unknown avatar", func(d *lectern.Deck) { d.Avatar = "bob" }, lectern.CodeUnknownAvatar, 0, "there is ann"},
		{"unknown theme", func(d *lectern.Deck) { d.Theme = "neon" }, lectern.CodeUnknownTheme, 0, lectern.DefaultTheme},
		{"unknown layout", func(d *lectern.Deck) { d.Layout = "upside_down" }, lectern.CodeUnknownLayout, 0, "split_screen"},
		{"unknown quality", func(d *lectern.Deck) { d.Quality = "best" }, lectern.CodeInvalidDeck, 0, "medium"},
		{"odd size", func(d *lectern.Deck) { d.Size.Width = 641 }, lectern.CodeInvalidDeck, 0, "even"},
		{"huge size", func(d *lectern.Deck) { d.Size.Width = 20_000 }, lectern.CodeInvalidDeck, 0, "3840"},
		{"frame rate", func(d *lectern.Deck) { d.FrameRate = 1000 }, lectern.CodeInvalidDeck, 0, "60"},
		{"hold", func(d *lectern.Deck) { d.Hold = time.Hour }, lectern.CodeInvalidDeck, 0, "600"},
		{"unknown voice", func(d *lectern.Deck) { d.Slides[2].Voice.ID = "nobody" }, lectern.CodeUnknownVoice, 3, "nobody"},
		{"a megabyte of words", func(d *lectern.Deck) { d.Slides[2].Narration = strings.Repeat("word ", 200_000) }, lectern.CodeInvalidDeck, 3, "200000"},
		{"a private picture", func(d *lectern.Deck) { d.Slides[1].Props["image"] = "http://private/x.png" }, lectern.CodeAssetRefused, 2, "private"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g, d := newRig(t), talk()
			c.set(&d)
			_, _, err := g.Check(t.Context(), d)
			if f := lectern.AsFailure(err); f == nil || f.Code != c.code || f.Slide != c.slide || !strings.Contains(f.Message, c.says) {
				t.Errorf("%+v", f)
			}
		})
	}
	g, d := newRig(t), talk()
	d.Slides[0].Voice.ID, d.Slides[1].Props["image"] = "nobody", "http://private/x.png"
	_, _, err := g.Check(t.Context(), d)
	if f := lectern.AsFailure(err); f.Slide != 1 || len(f.Causes) != 1 || f.Causes[0].Slide != 2 {
		t.Errorf("two faults are told as %+v", f)
	}
}

func TestADeckWithoutAnAvatarNeedsNone(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Layout, d.Avatar = lectern.LayoutSlideOnly, "bob"
	got, _, err := g.Check(t.Context(), d)
	if err != nil || got.Avatar != "" {
		t.Errorf("%+v, %v", got.Avatar, err)
	}
}

func TestOverflowIsAWarning(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Size, d.Layout = lectern.Size{Width: 320, Height: 240}, lectern.LayoutSlideOnly
	g.browser.overflow = []lectern.Overflow{{Element: "title", Hidden: 3, Total: 9, Unit: "characters"}}
	for attempt := range 2 { // also from the cache
		list, rec, err := g.run(t.Context(), t, d, attempt+1)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range rec.reports {
			for _, w := range r.Warnings {
				if w.Code == "text_overflow" && strings.Contains(w.Message, "title") {
					n++
				}
			}
		}
		if n != 3 || len(manifestOf(t, g, list).Warnings) != 3 {
			t.Errorf("attempt %d: %d warnings", attempt+1, n)
		}
	}
}

func TestOneSlideReportsEveryStage(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Slides, d.Transitions = d.Slides[:1], nil
	_, rec, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	checkReports(t, rec, 1)
}

// J3: whatever order tasks move and change weight in, what is reported never falls, and the time left is sane.
func TestProgressNeverFalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := &recorder{}
		k := newTracker(rec, time.Now)
		r := rand.New(rand.NewPCG(1, 2))
		names := []string{"a", "b", "c", "d"}
		for i := range 2000 {
			name := names[r.IntN(len(names))]
			switch r.IntN(3) {
			case 0:
				k.plan(name, r.Float64()*100)
			case 1:
				k.move(name, r.Float64())
			default:
				k.say([]string{lectern.StageEncoding, lectern.StageCapturing, lectern.StageJoining}[r.IntN(3)], name)
			}
			if i%10 == 0 {
				time.Sleep(100 * time.Millisecond)
			}
		}
		k.close()
		last := lectern.Reported{}
		for _, n := range rec.reports {
			if n.Progress < last.Progress || stageRank[n.Stage] < stageRank[last.Stage] || n.ETA < 0 || n.Progress > lectern.AlmostDone {
				t.Fatalf("%+v after %+v", n, last)
			}
			last = n
		}
		if last.Progress == 0 {
			t.Error("nothing was reported")
		}
	})
}

func TestTimeLeftFollowsTheSpeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec := &recorder{}
		k := newTracker(rec, time.Now)
		k.plan("work", 100)
		k.say(lectern.StageEncoding, "Encoding.")
		for i := range 50 {
			time.Sleep(time.Second)
			k.move("work", float64(i+1)/100)
		}
		k.close()
		if eta := rec.reports[len(rec.reports)-1].ETA; eta < 48*time.Second || eta > 52*time.Second {
			t.Errorf("at half of 100 s the time left is %s", eta)
		}
	})
}
