package httpapi_test

import (
	"mime"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/httpapi"
)

// A download is named after the title: in UTF-8, and in ASCII for programs that do not read that.
func TestV6NamesOfDownloads(t *testing.T) {
	t.Parallel()
	const id = "00000000-0000-4000-8000-000000000001"
	for title, want := range map[string]string{
		"Hello world": `inline; filename="Hello-world.mp4"; filename*=UTF-8''Hello%20world.mp4`,
		"Hello":       `inline; filename="Hello.mp4"`,
		"Größe":       `inline; filename="Groesse.mp4"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.mp4`,
		"Größe & q*x": `inline; filename="Groesse-q-x.mp4"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20&%20q-x.mp4`,
		"日本語のタイトル": `inline; filename="presentation_` + id +
			`.mp4"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E%E3%81%AE%E3%82%BF%E3%82%A4%E3%83%88%E3%83%AB.mp4`,
		"Übung: Ärger":         `inline; filename="Uebung-Aerger.mp4"; filename*=UTF-8''%C3%9Cbung-%20%C3%84rger.mp4`,
		"Борщ":                 `inline; filename="Borshch.mp4"; filename*=UTF-8''%D0%91%D0%BE%D1%80%D1%89.mp4`,
		"Façade naïve":         `inline; filename="Facade-naive.mp4"; filename*=UTF-8''Fa%C3%A7ade%20na%C3%AFve.mp4`,
		"../../etc/passwd":     `inline; filename="etc-passwd.mp4"`,
		"a\r\nSet-Cookie: x=y": `inline; filename="a-Set-Cookie-x-y.mp4"; filename*=UTF-8''aSet-Cookie-%20x%3Dy.mp4`,
		"x\u202e4pm.exe":       `inline; filename="x-4pm-exe.mp4"; filename*=UTF-8''x4pm.exe.mp4`,
		"":                     `inline; filename="presentation_` + id + `.mp4"`,
		"?!":                   `inline; filename="presentation_` + id + `.mp4"; filename*=UTF-8''!.mp4`,
	} {
		if got := httpapi.Disposition("inline", lectern.Presentation{ID: id, Title: title}, ".mp4"); got != want {
			t.Errorf("%q:\n%s, not\n%s", title, got, want)
		}
	}
	german := lectern.Presentation{ID: id, Title: "Größe", Language: "de-AT"}
	if got := httpapi.Disposition("inline", german,
		".srt"); got != `inline; filename="Groesse.de-AT.srt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.de-AT.srt` {
		t.Errorf("a deck in a language: %s", got)
	}
}

// For every title, the header is one line of ASCII that the standard library parses, and the name is at most 220 bytes
// and safe for file systems.
func TestNamesOfDownloadsAreSafe(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.String().Draw(t, "title")
		d := httpapi.Disposition("attachment", lectern.Presentation{ID: "id", Title: title}, "-chapters.vtt")
		if strings.ContainsFunc(d, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Fatalf("%q", d)
		}
		_, params, err := mime.ParseMediaType(d)
		if err != nil {
			t.Fatalf("%q: %v", d, err)
		}
		name := params["filename"]
		if len(name) > 220 || !strings.HasSuffix(name, "-chapters.vtt") || strings.ContainsAny(name, `/\:*?"<>|`) ||
			strings.ContainsFunc(name, unicode.IsControl) {
			t.Fatalf("%q becomes %q", title, name)
		}
	})
}
