package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// looks is a script that measures faults in how a page looks.
//
//go:embed testdata/looks.js
var looks string

// webPage is the server's page in a browser.
type webPage struct {
	t   *testing.T
	ctx context.Context
	s   *server
}

func openPage(t *testing.T, s *server) *webPage {
	t.Helper()
	p := &webPage{t, openChromium(t), s}
	p.do("opening the page", chromedp.Navigate(s.url("/")))
	return p
}

func (p *webPage) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v\n%s", what, err, tail(p.s.out.String(), 2000))
	}
}

// until waits until a condition holds on the page. The condition is a JavaScript expression.
func (p *webPage) until(condition string) {
	p.t.Helper()
	p.do(condition, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Poll[bool]("!!("+condition+")", chromedp.WithPollingTimeout(0))(ctx, t)
		return chromedp.Void{}, err
	})
}

// signIn types a key and sends it.
func (p *webPage) signIn(key string) {
	p.t.Helper()
	p.do("signing in", chromedp.SendKeys("#key", key), chromedp.Click("#enter"))
}

// view waits until the page shows a view: "sign-in" or "main".
func (p *webPage) view(name string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`document.body?.dataset.view === %q`, name))
}

// status is what the page's own script gets for a path.
func (p *webPage) status(path string) int {
	p.t.Helper()
	return promised[int](p.ctx, p.t, fmt.Sprintf(`fetch(%q).then(r => r.status)`, path))
}

// look measures the page at the sizes of a phone and of a desktop, in the light and the dark theme.
// LECTERN_E2E_PICTURES names a folder for pictures.
func (p *webPage) look(name string) {
	p.t.Helper()
	for _, width := range []int64{320, 1440} {
		for _, scheme := range []string{"light", "dark"} {
			what := fmt.Sprintf("%s-%d-%s", name, width, scheme)
			p.do(what, chromedp.EmulateViewport(width, 900), preferring(scheme))
			for _, fault := range promised[[]string](p.ctx, p.t, looks) {
				p.t.Errorf("%s: %s", what, fault)
			}
			if dir := os.Getenv("LECTERN_E2E_PICTURES"); dir != "" {
				b, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
				if err != nil {
					p.t.Fatal(err)
				}
				_ = os.WriteFile(filepath.Join(dir, what+".png"), b, 0o600)
			}
		}
	}
}

// preferring makes the page believe that the user prefers a colour scheme, "light" or "dark".
func preferring(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// session returns the session's cookie in the browser; nil if there is none.
func (p *webPage) session() *network.Cookie {
	p.t.Helper()
	all, err := chromedp.Run(p.ctx, func(ctx context.Context, t *chromedp.Target) ([]*network.Cookie, error) {
		r, err := cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{})
		if err != nil {
			return nil, err
		}
		return r.Cookies, nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range all {
		if c.Name == "lectern_session" {
			return c
		}
	}
	return nil
}

const (
	operatorKey = "0123456789abcdef-of-the-operator-0123456789abcdef"
	shortDeck   = `{"title":"Signed in","size":{"width":426,"height":240},"slides":[{"template":"title","props":{"title":"Hello"},"narration":"Hello, and welcome to everybody."}]}`
)

// newKey makes a key and returns its id and its text.
func (s *server) newKey(scope string) (id, text string) {
	s.t.Helper()
	a := s.must("POST", "/v1/keys", `{"name":"e2e","scope":"`+scope+`"}`, "Authorization", "Bearer "+operatorKey)
	var k struct{ ID, Key string }
	if err := json.Unmarshal(a.body, &k); err != nil || k.Key == "" {
		s.t.Fatalf("%d %s", a.status, a.body)
	}
	return k.ID, k.Key
}

// TestC2SignIn is a person with a key in a real browser: the page asks for the key, reports a wrong one, and with the
// right one keeps a cookie that its scripts cannot read. The cookie alone suffices to make, follow and play a
// presentation. The session outlives a restart of the server, and ends at the sign-out and with its key.
func TestC2SignIn(t *testing.T) {
	t.Parallel()
	env := "LECTERN_API_KEY=" + operatorKey
	s := serve(t, plain, env)
	id, key := s.newKey("write")
	p := openPage(t, s)
	p.view("sign-in")
	if status := p.status("/v1/presentations"); status != 401 {
		t.Errorf("before the sign-in the list answers %d", status)
	}
	p.look("sign-in")
	p.signIn("lk_wrong")
	p.until(`document.querySelector("#key-problem").textContent !== ""`)
	problem := promised[string](p.ctx, t, `Promise.resolve(document.querySelector("#key-problem").textContent)`)
	if !strings.Contains(problem, "does not exist on this server") {
		t.Errorf("to a wrong key the page says %q", problem)
	}
	if c := p.session(); c != nil {
		t.Errorf("a wrong key was given %+v", c)
	}
	p.look("sign-in-wrong")

	p.do("clearing", chromedp.Clear("#key"))
	p.signIn(key)
	p.view("main")
	c := p.session()
	if c == nil || !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || strings.Contains(c.Value, key) {
		t.Fatalf("the session is %+v", c)
	}
	if kept := promised[string](p.ctx, t,
		`Promise.resolve(document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.querySelector("#key").value)`); kept != "{}{}" {
		t.Errorf("scripts of the page can read %q", kept)
	}
	p.until(`!document.querySelector("#empty").hidden`)
	p.look("signed-in-empty")
	p.makesAVideo()

	s.stop()
	p.until(`document.querySelector("#link").dataset.state === "down"`)
	p.look("server-gone")
	s.start(plain, env)
	p.do("coming back", chromedp.Navigate(s.url("/")))
	p.view("main")
	p.until(`document.querySelector(".job.completed")`)
	p.do("signing out", chromedp.Click("#sign-out"))
	p.view("sign-in")
	if c := p.session(); c != nil {
		t.Errorf("after the sign-out there is %+v", c)
	}
	if status := p.status("/v1/presentations"); status != 401 {
		t.Errorf("after the sign-out the list answers %d", status)
	}

	p.signIn(key)
	p.view("main")
	if a := s.must("DELETE", "/v1/keys/"+id, "", "Authorization", "Bearer "+operatorKey); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	p.view("sign-in") // by the page itself, which asks for its list all the time
	if status := p.status("/v1/presentations"); status != 401 {
		t.Errorf("after its key was removed the list answers %d", status)
	}
	if strings.Contains(s.log(), key) || strings.Contains(s.log(), operatorKey) {
		t.Error("a key is in the log")
	}
}

// makesAVideo starts a presentation on the page, follows its events to the end, and plays it.
func (p *webPage) makesAVideo() {
	p.t.Helper()
	p.do("starting a presentation", chromedp.SendKeys("#deck", shortDeck), chromedp.Click("#start"))
	p.until(`document.querySelector(".job")`)
	events := promised[[]view](p.ctx, p.t, `(async () => {
		const [made] = (await (await fetch("/v1/presentations")).json()).presentations;
		return new Promise((done, fail) => {
			const all = [], source = new EventSource(made.links.events);
			source.onerror = () => source.readyState === EventSource.CLOSED && fail(new Error("the stream was refused"));
			source.addEventListener("presentation", (e) => {
				const p = JSON.parse(e.data);
				all.push({status: p.status, progress: p.progress, version: p.version, attempt: p.attempt});
				if (["completed", "failed", "canceled"].includes(p.status)) {
					source.close();
					done(all);
				}
			});
		});
	})()`)
	if n := len(events); n < 3 || events[n-1].Status != "completed" || events[n-1].Progress != 100 {
		p.t.Fatalf("the stream of events gave %+v", events)
	}
	p.until(`document.querySelector(".job.completed")`)
	p.until(`document.querySelector(".job .face img")?.naturalWidth > 0 && document.querySelector("#message").textContent`)
	p.look("signed-in")
	p.do("playing", chromedp.Click(".job button.face"))
	p.until(`document.querySelector("#video").currentTime > 0.3`)
	v := promised[playback](p.ctx, p.t, `(async v => {
		v.pause();
		return {Width: v.videoWidth, Height: v.videoHeight, Duration: v.duration, After: v.currentTime, Fault: v.error?.message || ""};
	})(document.querySelector("#video"))`)
	if v.Fault != "" || v.Width != 426 || v.Height != 240 || v.Duration < 1 {
		p.t.Errorf("it plays as %+v", v)
	}
	p.look("playing")
	p.do("closing", chromedp.Click("#player-close"))
}

// TestC2KeysWhileNodesRun: on Postgres "lectern key" works on the database while nodes run, without asking any of them:
// the first key closes an open node, a removed key stops working there, and a session of one node is valid on another.
func TestC2KeysWhileNodesRun(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	s := c.node("api")
	key := func(args ...string) string {
		return string(run(t, plain, append([]string{"key", "--db", c.url, "--data", c.data}, args...)...))
	}
	list := func(on *server, text string) int {
		return on.must("GET", "/v1/presentations", "", "Authorization", "Bearer "+text).status
	}
	becomes := func(what string, want int, got func() int) {
		t.Helper()
		ctx, last := patient(t), 0
		poll(ctx, 50*time.Millisecond, func() bool { last = got(); return last == want })
		if last != want {
			t.Errorf("%s: %d, never %d", what, last, want)
		}
	}
	open := func() int { return s.must("GET", "/v1/presentations", "").status }
	if status := open(); status != 200 {
		t.Fatalf("without a key: %d", status)
	}
	var made [2]struct{ ID, Key string }
	for i, scope := range []string{"admin", "read"} {
		if err := json.Unmarshal([]byte(key("add", "stored", "--scope", scope, "--json")), &made[i]); err != nil {
			t.Fatal(err)
		}
	}
	becomes("a request without a key", 401, open)
	becomes("the read key", 200, func() int { return list(s, made[1].Key) })
	if text := key("list"); !strings.Contains(text, made[0].ID) || !strings.Contains(text, made[1].ID) ||
		strings.Contains(text, made[0].Key) {
		t.Errorf("the list is\n%s", text)
	}
	in := s.must("POST", "/ui/session", `{"key":"`+made[1].Key+`"}`)
	cookie, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	other := c.node("api")
	session := func() int { return other.must("GET", "/v1/presentations", "", "Cookie", cookie).status }
	if status := session(); status != 200 {
		t.Errorf("the session on another node: %d", status)
	}
	key("rm", made[1].ID)
	for _, node := range []*server{s, other} {
		becomes("the removed key", 401, func() int { return list(node, made[1].Key) })
		if status := list(node, made[0].Key); status != 200 {
			t.Errorf("the key that is left: %d", status)
		}
	}
	becomes("its session", 401, session)
}
