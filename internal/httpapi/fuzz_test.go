package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"runtime/metrics"
	"strings"
	"testing"

	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
)

// recipe turns the fuzzer's bytes into requests: each choice uses up one byte. When none are left, every choice is 0.
type recipe []byte

func (r *recipe) pick(n int) int {
	if len(*r) == 0 || n < 1 {
		return 0
	}
	b := (*r)[0]
	*r = (*r)[1:]
	return int(b) % n
}

// value returns a JSON value of about size bytes, valid or not, as a hostile or careless client may send it.
func (r *recipe) value(size int) string {
	times := func(s string) string { return strings.Repeat(s, max(size/len(s), 1)) }
	switch r.pick(16) {
	case 0:
		return "[" + times("0,") + "0]"
	case 1:
		return "[" + times(`{"a":0},`) + "0]"
	case 2:
		depth := min(size/6, 20+r.pick(80))
		return strings.Repeat(`{"a":[`, depth) + r.value(size/8) + strings.Repeat("]}", depth)
	case 3:
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, `"n%d":%d,`, i, i)
		}
		return "{" + b.String() + `"last":null}`
	case 4:
		return times("9")
	case 5:
		return "-1e" + times("9")
	case 6:
		return `"` + times("\xff\xfe\xc3") + `"`
	case 7:
		return `"` + times(`\ud83d`) + `"`
	case 8:
		return `"` + times("ö") + `"`
	case 9:
		return "{" + times(`"same":1,`) + `"same":2}`
	case 10:
		return "[" + times("[],") + "{}]"
	case 11:
		return `"data:image/png;base64,` + times("iVBO") + `"`
	case 12:
		return "{" + times(`"\u0061\u0000":{},`) + `"":[]}`
	case 13:
		return "[" + r.value(size/2) + "," + r.value(size/2) + "]"
	case 14:
		return times(" ")
	}
	return []string{"null", "true", "1e308", `""`, "{}", "[]", "nope", "0x1"}[r.pick(8)]
}

// deck returns a deck with odd values at up to four places, complete or cut off.
func (r *recipe) deck() string {
	sizes := []int{8, 100, 2_000, 30_000, 200_000}
	places := []string{"title", "junk", "slides", "metadata", "voice", "transitions", "voiceoverTexts", "resolution",
		"theme", "callbackUrl", "slideUrl", "settings"}
	inside := []string{"title", "items", "props", "metadata", "avatarPosition", "positions", "narration", "image", "voice",
		"id"}
	top, slide := []string{}, []string{}
	for range 1 + r.pick(4) {
		size := sizes[r.pick(len(sizes))]
		if r.pick(2) == 0 {
			top = append(top, fmt.Sprintf("%q:%s", places[r.pick(len(places))], r.value(size)))
		} else {
			slide = append(slide, fmt.Sprintf("%q:%s", inside[r.pick(len(inside))], r.value(size)))
		}
	}
	slides := strings.Repeat(`{"title":"x"},`, []int{0, 1, 40, 600}[r.pick(4)]) + "{" + strings.Join(slide, ",") + "}"
	text := "{" + strings.Join(append(top, `"slides":[`+slides+"]"), ",") + "}"
	switch r.pick(6) {
	case 0:
		return text[:r.pick(256)*len(text)/256]
	case 1:
		return "\ufeff" + text
	case 2:
		return text + text
	}
	return text
}

// body returns a body that contains the deck, as JSON or in a more or less valid form, with its Content-Type.
func (r *recipe) body(deck string) (body, kind string) {
	if r.pick(3) > 0 {
		return deck, []string{"application/json", "", "text/plain", "application/x-www-form-urlencoded", "image/png",
			"application/json; charset=utf-16"}[r.pick(6)]
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for range r.pick(12) {
		h := textproto.MIMEHeader{"Content-Disposition": {[]string{
			`form-data; name="deck"; filename="../../x.json"`, `form-data; name="settings"`, `form-data; name="callback_url"`,
			`form-data; name="` + strings.Repeat("n", r.pick(256)*40) + `"`, `attachment`, `form-data; name=`,
		}[r.pick(6)]}}
		if r.pick(3) == 0 {
			h.Set("Content-Type", []string{"text/markdown", "application/json", strings.Repeat("x/y;", 500)}[r.pick(3)])
		}
		p, err := w.CreatePart(h)
		if err != nil {
			continue
		}
		_, _ = io.WriteString(p, []string{deck, `{"preset":"draft"}`, "https://example.com/hook", r.value(5_000), "%PDF-",
			""}[r.pick(6)])
	}
	if r.pick(4) > 0 {
		_ = w.Close()
	}
	return b.String(), []string{w.FormDataContentType(), "multipart/form-data",
		"multipart/form-data; boundary=" + strings.Repeat("b", 100), "multipart/mixed; boundary=x"}[r.pick(4)*r.pick(2)]
}

// FuzzBody sends requests for a presentation. For every body, the answer is a success, or a 4xx status with a sentence.
// A refused request creates nothing. The memory that an answer allocates is bounded by the body's size and
// limits.json_tokens.
func FuzzBody(f *testing.F) {
	const tokens = 2000
	jobs := newJobs()
	o := httpapi.Options{Jobs: jobs, Decks: all.Parsers(), Check: checker{}, Slides: slides{}, Browser: browser{},
		Pictures: pictures{}, Callbacks: callbacks{}, Voices: voices{}, Avatars: avatars{}, Open: openBlob}
	o.Limits.BodyBytes, o.Limits.JSONTokens = 1<<20, tokens
	handler := httpapi.New(o)
	for i := range 256 { // many combinations of values and places
		seed := bytes.Repeat([]byte{byte(i), byte(i / 3), byte(i / 7), byte(i * 5)}, 24)
		f.Add(seed, []byte(nil))
	}
	for _, raw := range []string{"", "{", one + "}", "\x1f\x8b\x08", "\xff\xfe{\x00", "--b\r\n\r\n",
		`{"slides":[{}],"slides":[{}]}`} {
		f.Add([]byte{0, 1, 2}, []byte(raw))
	}
	paths := []string{"/v1/presentations", "/v1/presentations?dry_run=true", "/api/custom/presentations",
		"/api/custom/presentations?dry_run=1", "/api/custom/slide-html/preview"}
	f.Fuzz(func(t *testing.T, plan, raw []byte) {
		r := recipe(plan)
		path := paths[r.pick(len(paths))]
		deck := string(raw)
		if len(raw) == 0 {
			deck = r.deck()
		}
		body, kind := r.body(deck)
		req := httptest.NewRequest("POST", path, strings.NewReader(body))
		if r.pick(3) == 0 {
			req.ContentLength = -1
		}
		if kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		if r.pick(16) == 1 {
			req.Header.Set("Content-Encoding", "gzip")
		}
		jobs.all = nil
		w := httptest.NewRecorder()
		before := allocated()
		handler.ServeHTTP(w, req)
		used := allocated() - before
		if bound := uint64(2<<20 + 1500*tokens + 16*len(body)); used > bound {
			t.Fatalf("%s: %d bytes were allocated for a body of %d; the bound is %d", path, used, len(body), bound)
		}
		var said struct{ Detail, Error, Code string }
		fine := w.Code == http.StatusOK || w.Code == http.StatusAccepted
		if !fine && (w.Code < 400 || w.Code > 499) {
			t.Fatalf("%s: %d %.500s", path, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &said); !fine &&
			(err != nil || said.Code == "" || said.Detail+said.Error == "") {
			t.Fatalf("%s: %d %v %.500s", path, w.Code, err, w.Body)
		}
		if n := len(jobs.all); n > 0 && (!fine || strings.Contains(path, "dry_run") || strings.Contains(path, "preview")) {
			t.Fatalf("%s: %d and %d presentations", path, w.Code, n)
		}
	})
}

// allocated returns how many bytes the process has allocated so far. A fuzz test runs alone, so no other test changes
// the number.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
