package pptx

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// advance is the time after which a slide gives way to the next one. A time of 0, which many files have, means nothing.
func advance(root *node) time.Duration {
	for _, k := range root.kids {
		if k.name == "p:transition" {
			return milliseconds(k.attr("advTm"))
		}
	}
	return 0
}

// milliseconds reads a time; 0: it is none. Times of more than a day are none.
func milliseconds(s string) time.Duration {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > float64(24*time.Hour/time.Millisecond) {
		return 0
	}
	return time.Duration(math.Round(f * float64(time.Millisecond)))
}

// playback is what the timing of a slide does with one sound or video.
type playback struct {
	narration bool
	auto      bool // starts with the slide
	music     bool
	muted     bool
	length    time.Duration
}

// timing collects what is played, by the id of a shape. A sound without a shape is listed by its relation, with a "#"
// in front.
type timing struct{ plays map[string]*playback }

func (t timing) of(target *node) *playback {
	id := target.child("p:spTgt").attr("spid")
	if snd := target.child("p:sndTgt"); snd.name != "" {
		id = "#" + snd.attr("r:embed")
	}
	if id == "" {
		return &playback{}
	}
	if t.plays[id] == nil {
		t.plays[id] = &playback{}
	}
	return t.plays[id]
}

// walk visits a part of the timing. auto reports whether what is in it happens with the slide, without a click.
func (t timing) walk(n *node, auto bool) {
	for _, k := range n.kids {
		switch k.name {
		case "p:audio", "p:video":
			t.media(k, auto)
		case "p:cmd":
			if b := k.child("p:cBhvr"); strings.HasPrefix(k.attr("cmd"), "play") {
				p := t.of(b.child("p:tgtEl"))
				p.auto = p.auto || auto
				if d := milliseconds(b.child("p:cTn").attr("dur")); d > time.Millisecond {
					p.length = d
				}
			}
		case "p:seq":
			if kind := k.child("p:cTn").attr("nodeType"); kind == "mainSeq" {
				for _, step := range k.child("p:cTn", "p:childTnLst").kids {
					t.walk(&node{kids: []*node{step}}, auto && unclicked(step))
				}
			} else {
				t.walk(k, auto && kind != "interactiveSeq")
			}
		case "p:par", "p:excl":
			t.walk(k, auto && k.child("p:cTn").attr("nodeType") != "clickEffect")
		default:
			t.walk(k, auto)
		}
	}
}

// media reads a node for a sound or a video.
func (t timing) media(k *node, auto bool) {
	m := k.child("p:cMediaNode")
	p := t.of(m.child("p:tgtEl"))
	mark := k.find("p14:isNarration")
	p.narration = p.narration || k.has("isNarration") || mark != nil && (mark.has("val") || mark.attr("val") == "")
	p.muted = m.has("mute")
	c := m.child("p:cTn")
	p.music = number(m.attr("numSld")) > 1 || c.attr("repeatCount") == "indefinite"
	for _, cond := range c.child("p:stCondLst").kids {
		if d := cond.attr("delay"); auto && cond.attr("evt") == "" && d != "" && d != "indefinite" {
			p.auto = true
		}
	}
}

// unclicked reports whether a step of the main sequence begins with the slide instead of a click.
func unclicked(step *node) bool {
	for _, cond := range step.child("p:cTn", "p:stCondLst").kids {
		if cond.attr("evt") == "onBegin" || cond.attr("evt") == "" && cond.attr("delay") != "indefinite" {
			return true
		}
	}
	return false
}

// sounds finds the sounds and videos of a slide, and its narration among them: what was recorded as narration or,
// without that, the only sound that starts with the slide. A sound that waits for a click is not narration.
func (o *office) sounds(s *Slide, root, shapes *node, rels map[string]relation) {
	t := timing{map[string]*playback{}}
	t.walk(root.child("p:timing", "p:tnLst"), true)
	var clips []Clip
	var plays []playback
	add := func(c Clip, p *playback) {
		if p == nil {
			p = &playback{}
		}
		c.Auto, c.Music, c.Length = p.auto, p.music, p.length
		clips, plays = append(clips, c), append(plays, *p)
	}
	shapes.all(func(shape *node) bool {
		prop := properties(shape)
		for _, k := range shape.kids {
			if !strings.HasPrefix(k.name, "p:nv") {
				continue
			}
			if c, ok := o.clip(k.child("p:nvPr"), rels); ok {
				c.Name = oneLine(prop.attr("name"))
				add(c, t.plays[prop.attr("id")])
			}
		}
		return true
	}, shapeNames...)
	for _, id := range slices.Sorted(maps.Keys(t.plays)) {
		if rel, ok := strings.CutPrefix(id, "#"); ok && rels[rel].Found {
			add(Clip{Member: rels[rel].Target}, t.plays[id])
		}
	}
	o.choose(s, clips, plays)
}

// choose splits the clips of a slide into its narration, other sounds and videos.
func (o *office) choose(s *Slide, clips []Clip, plays []playback) {
	best, why, starting := -1, "", 0
	for i, c := range clips {
		if c.Auto && !c.Video && !c.Music {
			starting++
		}
		if plays[i].narration && !plays[i].muted && (best < 0 || clips[best].Member == "" && c.Member != "") {
			best, why = i, "it was recorded as narration"
		}
	}
	for i, c := range clips {
		if best < 0 && starting == 1 && c.Auto && !c.Video && !c.Music && !plays[i].muted {
			best, why = i, "it is the only sound that starts with the slide"
		}
	}
	for i, c := range clips {
		switch {
		case i == best && o.talk.NoNarration && plays[i].narration:
			s.Unusual = append(s.Unusual, "The slide show of the file plays no narration, so the recorded one is not used.")
		case i == best && c.Member == "":
			s.Unusual = append(s.Unusual, "The recorded narration is not in the file, so it is not used.")
		case i == best:
			s.Narration = &Recording{Clip: c, Why: why}
			continue
		}
		if c.Video {
			s.Videos = append(s.Videos, c)
		} else {
			s.Sounds = append(s.Sounds, c)
		}
	}
}

// clip reads the sound or the video of a shape. The file embedded since 2010 comes before the link beside it, which may
// lead to nothing.
func (o *office) clip(nv *node, rels map[string]relation) (Clip, bool) {
	var c Clip
	var kind, file string // the names of the relation and of the element
	for _, k := range nv.kids {
		switch k.name {
		case "a:audioFile", "a:videoFile", "a:quickTimeFile", "a:wavAudioFile":
			r := rels[cmp.Or(k.attr("r:link"), k.attr("r:embed"))]
			file, kind = k.name, r.Type
			if r.Found && !r.External {
				c.Member = r.Target
			}
		}
	}
	m := nv.find("p14:media")
	if m == nil && file == "" {
		return c, false
	}
	if m != nil {
		if r := rels[m.attr("r:embed")]; r.Found && !r.External {
			c.Member = r.Target
		}
		trim := m.child("p14:trim")
		c.TrimStart, c.TrimEnd = milliseconds(trim.attr("st")), milliseconds(trim.attr("end"))
	}
	c.Video = video(o.types.of(c.Member), kind, file)
	return c, true
}

// video decides between sound and video. Some programs write an a:videoFile for sounds too, so that the media type
// counts first, then the type of the relation.
func video(mediaType, kind, file string) bool {
	switch {
	case strings.HasPrefix(mediaType, "audio/"):
		return false
	case strings.HasPrefix(mediaType, "video/"):
		return true
	case kind == "audio" || kind == "video":
		return kind == "video"
	}
	return file == "a:videoFile" || file == "a:quickTimeFile"
}

// steps reads the main sequence: what happens on each click. It reports whether the slide has any effect.
func steps(t *node) (list []Step, animated bool) {
	t.all(func(seq *node) bool {
		if seq.child("p:cTn").attr("nodeType") != "mainSeq" {
			return true
		}
		for _, k := range seq.child("p:cTn", "p:childTnLst").kids {
			step := Step{Auto: unclicked(k)}
			k.all(func(c *node) bool {
				if class := c.attr("presetClass"); class != "" && class != "mediacall" {
					step.Effects = append(step.Effects, effect(c, class))
				}
				return true
			}, "p:cTn")
			if len(step.Effects) > 0 {
				list = append(list, step)
			}
		}
		return false
	}, "p:seq")
	t.all(func(c *node) bool {
		class := c.attr("presetClass")
		animated = animated || class != "" && class != "mediacall" && class != "verb"
		return !animated
	}, "p:cTn")
	return list, animated
}

// effect reads an effect by the first target inside it.
func effect(c *node, class string) Effect {
	e := Effect{Class: class, First: -1, Last: -1, Trigger: c.attr("nodeType")}
	if target := c.find("p:spTgt"); target != nil {
		e.Shape = target.attr("spid")
		if rng := target.child("p:txEl", "p:pRg"); rng.name != "" {
			e.First, e.Last = int(number(rng.attr("st"))), int(number(rng.attr("end")))
		}
	}
	return e
}
