package pptx_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lectern/internal/deck/pptx"
)

// sound writes the picture of a sound with an id, its timing node with attributes, and the command that plays it.
type sound struct {
	id, file, node, media string
	start                 string // "auto", "click", "delay" or "": never
}

// soundSlide writes a slide with sounds.
func soundSlide(transition string, list ...sound) string {
	var shapes, nodes, steps strings.Builder
	for _, s := range list {
		if s.file == "" {
			s.file = `<a:audioFile r:link="rId1"/>`
		}
		fmt.Fprintf(&shapes, `<p:pic><p:nvPicPr><p:cNvPr id="%s" name="Sound %s"/><p:nvPr>%s%s</p:nvPr></p:nvPicPr></p:pic>`,
			s.id, s.id, s.file, s.media)
		delay := "indefinite"
		if s.start == "delay" {
			delay = "0"
		}
		fmt.Fprintf(&nodes, `<p:audio %s><p:cMediaNode %s><p:cTn><p:stCondLst><p:cond delay="%s"/></p:stCondLst></p:cTn>`+
			`<p:tgtEl><p:spTgt spid="%s"/></p:tgtEl></p:cMediaNode></p:audio>`,
			strings.TrimSuffix(s.node, "numSld"), map[bool]string{true: `numSld="999"`}[strings.HasSuffix(s.node, "numSld")], delay, s.id)
		if s.start == "auto" || s.start == "click" {
			begin := map[string]string{"auto": `<p:cond evt="onBegin" delay="0"><p:tn val="2"/></p:cond>`}[s.start]
			fmt.Fprintf(&steps, `<p:par><p:cTn><p:stCondLst><p:cond delay="indefinite"/>%s</p:stCondLst><p:childTnLst><p:par><p:cTn `+
				`presetClass="mediacall" nodeType="%s"><p:childTnLst><p:cmd type="call" cmd="playFrom(0.0)"><p:cBhvr><p:cTn dur="200"/>`+
				`<p:tgtEl><p:spTgt spid="%s"/></p:tgtEl></p:cBhvr></p:cmd></p:childTnLst></p:cTn></p:par></p:childTnLst></p:cTn></p:par>`,
				begin, map[string]string{"auto": "afterEffect", "click": "clickEffect"}[s.start], s.id)
		}
	}
	return slide("", shapes.String(), transition+`<p:timing><p:tnLst><p:par><p:cTn nodeType="tmRoot"><p:childTnLst><p:seq>`+
		`<p:cTn nodeType="mainSeq"><p:childTnLst>`+steps.String()+`</p:childTnLst></p:cTn></p:seq>`+nodes.String()+
		`</p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>`)
}

func media() parts {
	return parts{"ppt/media/a.mp3": "a", "ppt/media/b.mp3": "b", "ppt/media/c.mp4": "c",
		"ppt/slides/_rels/slide1.xml.rels": rels("rId1", "audio", "../media/a.mp3", "rId2", "audio", "../media/b.mp3",
			"rId3", "audio", "!NULL", "rId4", "media", "../media/b.mp3", "rId5", "video", "../media/c.mp4",
			"rId6", "video", "../media/a.mp3")}
}

const trimmed = `<p:extLst><p:ext uri="x"><p14:media r:embed="rId4"><p14:trim st="500" end="113.45"/></p14:media></p:ext></p:extLst>`

func TestNarrationIsWhatWasRecordedOrTheOnlySoundThatStartsWithTheSlide(t *testing.T) {
	t.Parallel()
	second := sound{id: "5", file: `<a:audioFile r:link="rId2"/>`}
	with := func(s sound, start string) sound { s.start = start; return s }
	for name, c := range map[string]struct {
		slide  string
		member string // of the narration; "": none
		why    string
		props  string
	}{
		"marked":                 {soundSlide("", sound{id: "4", node: `isNarration="1"`}), "ppt/media/a.mp3", "recorded", ""},
		"marked, beside another": {soundSlide("", with(second, "auto"), sound{id: "4", node: `isNarration="true"`}), "ppt/media/a.mp3", "recorded", ""},
		"starts by command":      {soundSlide("", sound{id: "4", start: "auto"}), "ppt/media/a.mp3", "only sound", ""},
		"starts by delay":        {soundSlide("", sound{id: "4", start: "delay"}), "ppt/media/a.mp3", "only sound", ""},
		"starts, another on click": {soundSlide("", sound{id: "4", start: "auto"}, with(second, "click")),
			"ppt/media/a.mp3", "only sound", ""},
		"on click":  {soundSlide("", sound{id: "4", start: "click"}), "", "", ""},
		"never":     {soundSlide("", sound{id: "4"}), "", "", ""},
		"two start": {soundSlide("", sound{id: "4", start: "auto"}, with(second, "auto")), "", "", ""},
		"music":     {soundSlide("", sound{id: "4", start: "auto", node: "numSld"}), "", "", ""},
		"embedded beside a link to nothing": {soundSlide("", sound{id: "4", start: "auto", media: trimmed, file: `<a:audioFile r:link="rId3"/>`}),
			"ppt/media/b.mp3", "only sound", ""},
		"a sound called a video":   {soundSlide("", sound{id: "4", start: "auto", file: `<a:videoFile r:link="rId6"/>`}), "ppt/media/a.mp3", "only sound", ""},
		"a video that starts":      {soundSlide("", sound{id: "4", start: "auto", file: `<a:videoFile r:link="rId5"/>`}), "", "", ""},
		"a recorded video":         {soundSlide("", sound{id: "4", node: `isNarration="1"`, file: `<a:videoFile r:link="rId5"/>`}), "ppt/media/c.mp4", "recorded", ""},
		"recorded, but linked":     {soundSlide("", sound{id: "4", node: `isNarration="1"`, file: `<a:audioFile r:link="rId7"/>`}), "", "", ""},
		"switched off":             {soundSlide("", sound{id: "4", node: `isNarration="1"`}), "", "", `showNarration="0"`},
		"switched on":              {soundSlide("", sound{id: "4", node: `isNarration="1"`}), "ppt/media/a.mp3", "recorded", `showNarration="1"`},
		"no word about narrations": {soundSlide("", sound{id: "4", node: `isNarration="1"`}), "ppt/media/a.mp3", "recorded", `loop="1"`},
	} {
		more := media()
		if strings.Contains(c.slide, "rId7") {
			more["ppt/slides/_rels/slide1.xml.rels"] = rels("rId7", "audio", "!file:///C:/talk.wav")
		}
		if c.props != "" {
			more["ppt/presProps.xml"] = `<p:presentationPr ` + transitional + `><p:showPr ` + c.props + `/></p:presentationPr>`
		}
		s := one(t, c.slide, more)
		n := s.Narration
		if n == nil {
			n = &pptx.Recording{}
		}
		if n.Member != c.member || !strings.Contains(n.Why, c.why) {
			t.Errorf("%s: %+v", name, n)
		}
		if strings.Contains(name, "linked") && (len(s.Unusual) != 1 || len(s.Links) != 1) {
			t.Errorf("%s: %q %v", name, s.Unusual, s.Links)
		}
		if strings.Contains(name, "link to nothing") && (n.TrimStart != 500*time.Millisecond ||
			n.TrimEnd != 113450*time.Microsecond || n.Length != 200*time.Millisecond || len(s.Links) != 0) {
			t.Errorf("%s: %+v %v", name, n, s.Links)
		}
	}
}

func TestNarrationWithoutAShapeIsFound(t *testing.T) {
	t.Parallel()
	s := one(t, slide("", "", `<p:timing><p:tnLst><p:audio isNarration="1"><p:cMediaNode><p:cTn/><p:tgtEl>`+
		`<p:sndTgt r:embed="rId2"/></p:tgtEl></p:cMediaNode></p:audio></p:tnLst></p:timing>`), media())
	if s.Narration == nil || s.Narration.Member != "ppt/media/b.mp3" {
		t.Errorf("%+v", s)
	}
}

func TestAdvanceTimes(t *testing.T) {
	t.Parallel()
	both := `<mc:AlternateContent><mc:Choice Requires="p14"><p:transition p14:dur="2000" advTm="4200"/></mc:Choice><mc:Fallback>` +
		`<p:transition advTm="9999"/></mc:Fallback></mc:AlternateContent>`
	for transition, want := range map[string]time.Duration{
		`<p:transition advTm="0"/>`: 0, `<p:transition/>`: 0, ``: 0, `<p:transition advTm="-5"/>`: 0, `<p:transition advTm="x"/>`: 0,
		`<p:transition advClick="0" advTm="2500"/>`: 2500 * time.Millisecond, both: 4200 * time.Millisecond,
		`<p:transition advTm="1e300"/>`: 0,
	} {
		if s := one(t, slide("", "", transition), nil); s.Advance != want {
			t.Errorf("%s: %v", transition, s.Advance)
		}
		off := one(t, slide("", "", transition), parts{"ppt/presProps.xml": `<p:presentationPr ` + transitional +
			`><p:showPr useTimings="0"/></p:presentationPr>`})
		if off.Advance != 0 {
			t.Errorf("%s with timings switched off: %v", transition, off.Advance)
		}
	}
}
