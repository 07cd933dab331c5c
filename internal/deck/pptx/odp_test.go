package pptx_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern/internal/deck/pptx"
)

const odfSpaces = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" ` +
	`xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
	`xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" ` +
	`xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" ` +
	`xmlns:anim="urn:oasis:names:tc:opendocument:xmlns:animation:1.0" xmlns:smil="urn:oasis:names:tc:opendocument:xmlns:smil-compatible:1.0" ` +
	`xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"`

// presentation is an ODP with these pages.
func presentation(pages ...string) parts {
	drawing := func(name, attrs string) string {
		return `<style:style style:name="` + name + `" style:family="drawing-page"><style:drawing-page-properties ` + attrs +
			`/></style:style>`
	}
	return parts{
		"mimetype": "application/vnd.oasis.opendocument.presentation",
		"content.xml": `<office:document-content ` + odfSpaces + `><office:automatic-styles>` + drawing("dp1", "") +
			drawing("hidden", `presentation:visibility="hidden"`) +
			drawing("timed", `presentation:transition-type="automatic" presentation:duration="PT00H00M05.50S"`) +
			drawing("waits", `presentation:transition-type="manual" presentation:duration="PT5S"`) +
			`<style:style style:name="T1" style:family="text"><style:text-properties fo:font-family="'Fira Sans'" fo:language="de" ` +
			`fo:country="DE"/></style:style></office:automatic-styles><office:body><office:presentation>` +
			strings.Join(pages, "") + `</office:presentation></office:body></office:document-content>`,
		"styles.xml": `<office:document-styles ` + odfSpaces + `><office:automatic-styles><style:page-layout style:name="PM1">` +
			`<style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout></office:automatic-styles>` +
			`<office:master-styles><style:master-page style:name="Default" style:page-layout-name="PM1"/></office:master-styles>` +
			`</office:document-styles>`,
		"meta.xml": `<office:document-meta ` + odfSpaces + `><office:meta><dc:title>A talk</dc:title></office:meta></office:document-meta>`,
	}
}

func page(style, contents, notes string) string {
	return `<draw:page draw:name="page" draw:master-page-name="Default" draw:style-name="` + style + `">` + contents +
		`<presentation:notes><draw:frame presentation:class="page-number"><draw:text-box><text:p>7</text:p></draw:text-box></draw:frame>` +
		`<draw:frame presentation:class="notes"><draw:text-box>` + notes + `</draw:text-box></draw:frame></presentation:notes></draw:page>`
}

func TestODP(t *testing.T) {
	t.Parallel()
	contents := `<draw:frame presentation:class="title"><draw:text-box><text:p>A<text:line-break/>title</text:p></draw:text-box></draw:frame>` +
		`<draw:frame presentation:class="footer"><draw:text-box><text:p>Footer</text:p></draw:text-box></draw:frame>` +
		`<draw:custom-shape><text:p><text:span text:style-name="T1">Two  words</text:span><text:s text:c="3"/>more</text:p></draw:custom-shape>` +
		`<draw:frame draw:name="Fjord"><draw:image xlink:href="Pictures/a.png"/><svg:desc>A fjord</svg:desc></draw:frame>` +
		`<draw:frame draw:name="Far"><draw:image xlink:href="http://example.com/a.png"/></draw:frame>` +
		`<draw:frame draw:name="Near"><draw:image xlink:href="../a.png"/></draw:frame>`
	p := presentation(page("dp1", contents, `<text:p>Hello.</text:p><text:list><text:list-item><text:p><text:span text:style-name="T1">`+
		`Guten Tag.</text:span></text:p></text:list-item></text:list>`), page("hidden", "", ""), page("timed", "", "<text:p/>"),
		page("waits", "", ""))
	p["Pictures/a.png"] = "x"
	k := talk(t, p)
	s := k.Slides[0]
	if k.Format != pptx.ODP || k.Title != "A talk" || k.Width != 28*360000 || k.Height != 21*360000 || len(k.Slides) != 4 {
		t.Errorf("%+v", k)
	}
	if s.Title != "A title" || !slices.Equal(s.Text, []string{"A\ntitle", "Two words more"}) ||
		!reflect.DeepEqual(s.Notes, []pptx.Paragraph{{Text: "Hello."}, {Text: "Guten Tag.", Language: "de-DE"}}) {
		t.Errorf("%+v", s)
	}
	if len(s.Images) != 3 || s.Images[0].Alt != "A fjord" || len(s.Unlabelled()) != 2 || len(s.Links) != 2 ||
		!slices.Equal(s.Fonts, []string{"Fira Sans"}) {
		t.Errorf("%+v %v %q", s.Images, s.Links, s.Fonts)
	}
	if h := k.Slides[1]; !h.Hidden || h.Page != 0 || h.Key == s.Key {
		t.Errorf("%+v", h)
	}
	if k.Slides[2].Page != 2 || k.Slides[2].Advance != 5500*time.Millisecond || k.Slides[3].Advance != 0 ||
		k.Slides[2].Notes != nil {
		t.Errorf("%+v", k.Slides[2:])
	}
}

func TestODPSounds(t *testing.T) {
	t.Parallel()
	frame := func(id, file string) string {
		return `<draw:frame draw:id="` + id + `"><draw:plugin xlink:href="Media/` + file + `"/></draw:frame>`
	}
	play := func(kind, id string) string {
		return `<anim:par presentation:node-type="timing-root"><anim:seq><anim:par><anim:par presentation:node-type="` + kind +
			`"><anim:command anim:command="play" smil:targetElement="` + id + `"/></anim:par></anim:par></anim:seq></anim:par>`
	}
	for name, c := range map[string]struct {
		contents string
		member   string
	}{
		"starts":   {frame("a", "a.mp3") + play("after-previous", "a"), "Media/a.mp3"},
		"on click": {frame("a", "a.mp3") + play("on-click", "a"), ""},
		"a video":  {frame("a", "b.mp4") + play("with-previous", "a"), ""},
		"lies":     {frame("a", "a.mp3"), ""},
	} {
		p := presentation(page("dp1", c.contents, ""))
		p["Media/a.mp3"], p["Media/b.mp4"] = "a", "b"
		s := talk(t, p).Slides[0]
		if s.Narration == nil != (c.member == "") || s.Narration != nil && s.Narration.Member != c.member {
			t.Errorf("%s: %+v", name, s.Narration)
		}
		if (name == "a video") != (len(s.Videos) == 1) {
			t.Errorf("%s: %+v", name, s.Videos)
		}
	}
}

func TestODPRefusals(t *testing.T) {
	t.Parallel()
	manifest := `<!DOCTYPE manifest:manifest PUBLIC "x" "Manifest.dtd"><manifest:manifest ` +
		`xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="content.xml">%` +
		`</manifest:file-entry></manifest:manifest>`
	encrypted := strings.Replace(manifest, "%", "<manifest:encryption-data/>", 1)
	for says, change := range map[string]parts{
		"protected by a password":       {"META-INF/manifest.xml": encrypted},
		"another kind of OpenDocument":  {"content.xml": `<office:document-content ` + odfSpaces + `><office:body/></office:document-content>`},
		"content.xml of the deck is":    {"content.xml": `<office:document-content`},
		"Object 1/content.xml of the":   {"Object 1/content.xml": `<broken`},
		"":                              {"META-INF/manifest.xml": strings.Replace(manifest, "%", "", 1)},
		"it has a document type, which": {"META-INF/manifest.xml": `<!DOCTYPE m [<!ENTITY a "b">]>` + `<m/>`},
	} {
		p := presentation(page("dp1", "", ""))
		for name, text := range change {
			p[name] = text
		}
		_, err := read(t, pack(t, p), pptx.Limits{})
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "cases", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
