package render

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
)

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
			if n.Progress < last.Progress || stageRank[n.Stage] < stageRank[last.Stage] || n.ETA < 0 ||
				n.Progress > lectern.AlmostDone {
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
