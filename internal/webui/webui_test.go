package webui_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"lectern/internal/webui"
)

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	webui.Handler().ServeHTTP(w, r)
	return w
}

// The page is complete: all its files are served with the right type, and none comes from another server.
func TestPageIsComplete(t *testing.T) {
	t.Parallel()
	page := get(t, "/")
	if page.Code != 200 || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", page.Code, page.Header())
	}
	types := map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	refs := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1)
	parts := 0
	for _, ref := range refs {
		if strings.Contains(ref[1], "//") {
			t.Errorf("the page loads %s from elsewhere", ref[1])
		}
		if strings.HasPrefix(ref[1], "/") {
			t.Errorf("%s begins with /, which ignores the path of a proxy", ref[1])
		}
		if !strings.HasPrefix(ref[1], "ui/") {
			continue
		}
		parts++
		w := get(t, "/"+ref[1])
		want := types[ref[1][strings.LastIndexByte(ref[1], '.'):]]
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), want) || w.Body.Len() == 0 {
			t.Errorf("%s: %d %s", ref[1], w.Code, w.Header().Get("Content-Type"))
		}
	}
	if parts < 3 {
		t.Errorf("the page has only %d parts", parts)
	}
	if p := page.Header().Get("Content-Security-Policy"); !strings.Contains(p, "script-src 'self'") ||
		strings.Contains(p, "unsafe") {
		t.Errorf("policy %q", p)
	}
	if regexp.MustCompile(`(?i)<script>|\son[a-z]+=|\sstyle=`).MatchString(page.Body.String()) {
		t.Error("the page has inline code, which its policy forbids")
	}
	if js := get(t, "/ui/app.js").Body.String(); regexp.MustCompile("fetch\\([\"`]|(?:src|href): [\"`]/").
		MatchString(js) {
		t.Error("the script uses an address that does not come from at()")
	} else if strings.Contains(js, "innerHTML") || strings.Contains(js, "insertAdjacentHTML") {
		t.Error("the script inserts markup; what users wrote must be inserted as text")
	}
}

func TestCachingAndUnknownPaths(t *testing.T) {
	t.Parallel()
	tag := get(t, "/ui/app.js").Header().Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	if w := get(t, "/ui/app.js", "If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("unchanged: %d", w.Code)
	}
	for _, path := range []string{"/ui/", "/ui/../webui.go", "/ui/nothing.js", "/static/app.js"} {
		if w := get(t, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// Every element that the script looks up by its id is on the page.
func TestScriptFindsItsElements(t *testing.T) {
	t.Parallel()
	page, js := get(t, "/").Body.String(), get(t, "/ui/app.js").Body.String()
	for _, m := range regexp.MustCompile(`\$\("([a-z0-9-]+)"\)`).FindAllStringSubmatch(js, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("the page has no element %q", m[1])
		}
	}
}
