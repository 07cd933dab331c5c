package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lectern"
	"lectern/internal/capture"
	"lectern/internal/capture/capturetest"
	"lectern/internal/check"
	"lectern/internal/ffmpeg"
	"lectern/internal/picturefile"
)

// tool is the real ffmpeg as the port.
type tool struct{ t *ffmpeg.Tool }

func (f tool) Version() string { return f.t.Version() }

func (f tool) Run(ctx context.Context, c Command) error {
	return f.t.Run(ctx, ffmpeg.Run{Args: c.Args, Stdin: c.Stdin, Stdout: c.Stdout, OnFrame: c.OnFrame, OnTime: c.OnTime,
		What: c.What})
}

var findFFmpeg = sync.OnceValues(func() (*ffmpeg.Tool, error) { return ffmpeg.Find("") })

// hook is called at the beginning of a fake's call. If it returns an error, the call fails with that error.
type hook func(ctx context.Context, what string) error

func (h hook) call(ctx context.Context, format string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if h == nil {
		return nil
	}
	return h(ctx, fmt.Sprintf(format, args...))
}

type fakeBrowser struct {
	hook     hook
	overflow []lectern.Overflow
	mu       sync.Mutex
	version  string
	calls    int
}

func (b *fakeBrowser) Version(ctx context.Context) (string, error) {
	if err := b.hook.call(ctx, "version"); err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.version == "" {
		return "Fake/1", nil
	}
	return b.version, nil
}

// Capture draws a gradient in a colour that depends on the page and on what it loads. Of a page with a background, the
// left quarter is transparent and the next quarter half transparent.
func (b *fakeBrowser) Capture(ctx context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error) {
	b.mu.Lock()
	b.calls++
	b.mu.Unlock()
	if err := b.hook.call(ctx, "capture %s", p.HTML); err != nil {
		return lectern.Capture{}, err
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, p.HTML)
	for _, a := range assets {
		_, _ = h.Write(a.Body)
	}
	c := h.Sum32()
	w, ht := int(math.Round(float64(p.Width)*p.Scale)), int(math.Round(float64(p.Height)*p.Scale))
	img := image.NewNRGBA(image.Rect(0, 0, w, ht))
	for y := range ht {
		for x := range w {
			alpha := byte(255)
			if p.Background != nil && x < w/2 {
				alpha = byte(x / max(w/4, 1) * 127)
			}
			img.SetNRGBA(x, y, color.NRGBA{byte(int(c) + x*60/w), byte(int(c>>8) + y*60/ht), byte(c >> 16), alpha})
		}
	}
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
	return lectern.Capture{PNG: out.Bytes(), Overflow: b.overflow}, err
}

type fakeFetcher struct {
	hook  hook
	drawn string // what pictures show besides their names
}

func (f *fakeFetcher) Allowed(url string) error {
	if strings.Contains(url, "private") {
		return lectern.Fail(lectern.CodeAssetRefused, "The address %s is refused.", url)
	}
	return nil
}

func (f *fakeFetcher) Fetch(ctx context.Context, url string) (lectern.Picture, error) {
	if err := f.hook.call(ctx, "fetch %s", url); err != nil {
		return lectern.Picture{}, err
	}
	return lectern.Picture{URL: url, ContentType: "image/png", Body: capturetest.Tiny(url + f.drawn), Pixels: 1}, nil
}

type fakeLibrary struct {
	fingerprint string
	backdrop    lectern.Backdrop
	background  string // the colour at the end of the gradient; "": pages have backgrounds of their own
	props       map[string]string
}

// otherTheme has other colours than the default one.
const otherTheme = "other"

func (l *fakeLibrary) Fingerprint() string { return l.fingerprint }

func (l *fakeLibrary) Themes() []lectern.Theme {
	return []lectern.Theme{{ID: lectern.DefaultTheme}, {ID: otherTheme}}
}

func (l *fakeLibrary) Templates() []lectern.Template { return nil }

func (l *fakeLibrary) Theme(id string) (lectern.Theme, bool) {
	if id == otherTheme {
		return lectern.Theme{ID: id, Ring: "#00ccff", Backdrop: l.backdrop}, true
	}
	return lectern.Theme{ID: id, Ring: "#ffcc00", Backdrop: l.backdrop}, id == lectern.DefaultTheme
}

func (l *fakeLibrary) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	size := d.SlideSize()
	p := lectern.Page{HTML: fmt.Sprint(d.Slides[i].Props["title"]), Width: size.Width, Height: size.Height,
		Scale: d.Scale(), Props: l.props}
	if d.Theme == otherTheme {
		p.HTML += " in other colours"
	}
	if l.background != "" {
		p.Background = &lectern.Background{From: "#203040", To: l.background, Angle: 160}
	}
	if url, ok := d.Slides[i].Props["image"].(string); ok {
		p.Assets = []string{url}
	}
	if d.Slides[i].Template == "unknown" {
		return p, []lectern.Warning{{Code: "unknown_template", Message: "The template is not known."}}, nil
	}
	return p, nil, nil
}

type fakeVoices struct {
	hook        hook
	fingerprint string
	silent      bool
	mu          sync.Mutex
	calls       int
}

func (v *fakeVoices) Resolve(_ context.Context, c lectern.VoiceChoice, script lectern.Script) (lectern.Reading,
	[]lectern.Warning, error) {
	if c.ID == "nobody" {
		return lectern.Reading{}, nil, lectern.Fail(lectern.CodeUnknownVoice, "The voice nobody is not known.")
	}
	if c.Engine == "elsewhere" {
		return lectern.Reading{Script: script, Voice: lectern.Voice{Engine: "fake", ID: "tone", Name: "Tone",
				Language: "en-GB", Speed: c.Speed}},
			[]lectern.Warning{{Code: "voice_replaced", Message: "The voice is not here."}}, nil
	}
	voice := lectern.Voice{Engine: "fake", ID: "tone", Name: "Tone", Language: "en-GB", Gender: c.Gender, Speed: c.Speed}
	if c.ID == "high" {
		voice.ID, voice.Name = "high", "High"
	}
	return lectern.Reading{Script: script, Voice: voice}, nil, nil
}

func (v *fakeVoices) Fingerprint(lectern.Reading) string { return v.fingerprint }

// Speak says each word as a tone of 200 ms.
func (v *fakeVoices) Speak(ctx context.Context, r lectern.Reading) (lectern.Narration, error) {
	voice := r.Voice
	v.mu.Lock()
	v.calls++
	v.mu.Unlock()
	if err := v.hook.call(ctx, "speak %s", r.Script.Text); err != nil {
		return lectern.Narration{}, err
	}
	n, pitch := lectern.Narration{Voice: voice}, 300.0
	if voice.ID == "high" {
		pitch = 600
	}
	if v.silent {
		return n, nil
	}
	for k, w := range strings.Fields(r.Script.Text) {
		start := int64(len(n.Samples))
		for i := range 9600 + 7 {
			n.Samples = append(n.Samples, int16(4000*math.Sin(2*math.Pi*(pitch+float64(40*(k%5)))*float64(i)/48000)))
		}
		n.Words = append(n.Words, lectern.Span{Text: strings.Trim(w, ".,!"), Start: start, End: int64(len(n.Samples))})
	}
	return n, nil
}

type fakeAvatars struct {
	hook        hook
	fingerprint string
	short       int  // frames that clips lack
	calm        bool // what moves stays away from the borders
	mu          sync.Mutex
	open        int
	calls       int
}

func (a *fakeAvatars) Resolve(_ context.Context, code string) (string, string, error) {
	_, code, _ = strings.Cut(":"+code, ":")
	code = strings.TrimPrefix(code, "fake:")
	switch code {
	case "", "ann", "ann.casual":
		return "fake", "ann.casual", nil
	case "ann.formal", "eve.casual":
		return "fake", code, nil
	}
	return "", "", lectern.Fail(lectern.CodeUnknownAvatar, "The avatar %q is not known; there is ann.", code)
}

func (a *fakeAvatars) Gender(context.Context, string) string { return "female" }

func (a *fakeAvatars) Fingerprint(string) string { return a.fingerprint }

func (a *fakeAvatars) Performs(context.Context, string) bool { return false }

func (a *fakeAvatars) Parts(context.Context, string, string) ([]string, error) {
	return nil, errors.New("this avatar does not speak itself")
}

func (a *fakeAvatars) Perform(context.Context, string, lectern.TakeRequest, string) error {
	return errors.New("this avatar does not speak itself")
}

func (a *fakeAvatars) Animate(ctx context.Context, code string, r lectern.ClipRequest) (lectern.Clip, error) {
	a.mu.Lock()
	a.calls++
	a.open++
	a.mu.Unlock()
	return &fakeClip{a: a, ctx: ctx, r: r, dark: code != "fake:ann.casual"}, nil
}

// fakeClip shows a bar that moves a pixel or two each frame on an opaque background.
type fakeClip struct {
	a      *fakeAvatars
	ctx    context.Context
	r      lectern.ClipRequest
	n      int
	closed bool
	dark   bool // for every avatar but ann in her usual clothes
}

func (c *fakeClip) Next(dst *image.RGBA) error {
	if c.n == c.r.Frames-c.a.short {
		return io.EOF
	}
	if err := c.a.hook.call(c.ctx, "frame %d", c.n); err != nil {
		return err
	}
	draw.Draw(dst, dst.Rect, image.NewUniform(color.RGBA{40, 60, 90, 255}), image.Point{}, draw.Src)
	if c.dark {
		draw.Draw(dst, dst.Rect, image.Black, image.Point{}, draw.Src)
	}
	x := c.n * 2 % (c.r.Size.Width - 10)
	bar := image.Rect(x, 0, x+10, c.r.Size.Height)
	if w, h := c.r.Size.Width, c.r.Size.Height; c.a.calm {
		bar = image.Rect(w/3+c.n%(w/3), h/3, w/3+c.n%(w/3)+10, 2*h/3)
	}
	draw.Draw(dst, bar, image.White, image.Point{}, draw.Src)
	c.n++
	return nil
}

func (c *fakeClip) Close() error {
	if !c.closed {
		c.closed = true
		c.a.mu.Lock()
		c.a.open--
		c.a.mu.Unlock()
	}
	return nil
}

// folderCache is a cache without eviction.
type folderCache struct {
	dir  string
	hook hook // before something is made
	mu   sync.Mutex
	at   map[string]*sync.Mutex
}

func (c *folderCache) Get(key string) (string, bool) {
	path := filepath.Join(c.dir, key)
	_, err := os.Stat(path)
	return path, err == nil
}

func (c *folderCache) Drop(key string) error { return os.Remove(filepath.Join(c.dir, key)) }

func (c *folderCache) Make(ctx context.Context, key string, write func(string) error) (string, error) {
	c.mu.Lock()
	m := c.at[key]
	if m == nil {
		m = &sync.Mutex{}
		c.at[key] = m
	}
	c.mu.Unlock()
	m.Lock()
	defer m.Unlock()
	if path, ok := c.Get(key); ok {
		return path, nil
	}
	if err := c.hook.call(ctx, "make %s", key); err != nil {
		return "", err
	}
	tmp := filepath.Join(c.dir, "tmp-"+key)
	defer os.Remove(tmp)
	if err := write(tmp); err != nil {
		return "", err
	}
	path := filepath.Join(c.dir, key)
	return path, os.Rename(tmp, path)
}

type folderArtifacts struct {
	dir  string
	hook hook
}

func (a *folderArtifacts) Put(ctx context.Context, key, path, _ string) error {
	if err := a.hook.call(ctx, "put %s", key); err != nil {
		return err
	}
	to := filepath.Join(a.dir, key)
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o666)
}

// recorder is a reporter that remembers.
type recorder struct {
	hook    hook
	mu      sync.Mutex
	reports []lectern.Reported
	usage   lectern.Consumption // the newest that was reported
	steps   []lectern.Step
}

func (r *recorder) Report(n lectern.Reported) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n.Usage != nil { // such a report has nothing else
		r.usage = r.usage.Max(*n.Usage)
		return
	}
	r.reports = append(r.reports, n)
}

func (r *recorder) StepDone(ctx context.Context, s lectern.Step) error {
	if err := r.hook.call(ctx, "step %s", s.Kind); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps = append(r.steps, s)
	return nil
}

// used returns the usage that was reported.
func (r *recorder) used() lectern.Consumption {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.usage
}

// messages returns the sentences that were reported, in order.
func (r *recorder) messages() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, n := range r.reports {
		if n.Message != "" {
			all = append(all, n.Message)
		}
	}
	return all
}

// rig is a pipeline on fakes with the real ffmpeg.
type rig struct {
	*Pipeline
	// Pages and Fetcher are what slides are drawn from; a test may replace them.
	Pages     capture.Library
	Fetcher   capture.Fetcher
	judge     *picturefile.Judge
	browser   *fakeBrowser
	fetcher   *fakeFetcher
	library   *fakeLibrary
	voices    *fakeVoices
	avatars   *fakeAvatars
	artifacts *folderArtifacts
	ffmpeg    *hookedFFmpeg
	cache     *folderCache
}

// replaced asks the ports that the rig has now.
type replaced struct{ g *rig }

func (r replaced) Fetch(ctx context.Context, url string) (lectern.Picture, error) {
	return r.g.Fetcher.Fetch(ctx, url)
}

func (r replaced) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	return r.g.Pages.Page(d, i)
}

func (r replaced) Fingerprint() string { return r.g.Pages.Fingerprint() }

// hookedFFmpeg is the real one, with a hook before each run.
type hookedFFmpeg struct {
	FFmpeg
	hook  hook
	after func(c Command) // once a run has succeeded
}

func (f *hookedFFmpeg) Run(ctx context.Context, c Command) error {
	if err := f.hook.call(ctx, "%s", strings.Join(c.Args, " ")); err != nil {
		return err
	}
	err := f.FFmpeg.Run(ctx, c)
	if err == nil && f.after != nil {
		f.after(c)
	}
	return err
}

func newRig(t testing.TB) *rig {
	t.Helper()
	found, err := findFFmpeg()
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{browser: &fakeBrowser{}, fetcher: &fakeFetcher{},
		library: &fakeLibrary{fingerprint: "library 1", backdrop: lectern.Backdrop{Top: "#203040", Bottom: "#102030"},
			background: "#405060"},
		voices: &fakeVoices{fingerprint: "voices 1"}, avatars: &fakeAvatars{fingerprint: "avatars 1"},
		artifacts: &folderArtifacts{dir: t.TempDir()}, ffmpeg: &hookedFFmpeg{FFmpeg: tool{found}},
		cache: &folderCache{dir: t.TempDir(), at: map[string]*sync.Mutex{}}}
	g.Pages, g.Fetcher, g.judge = g.library, g.fetcher, picturefile.NewJudge()
	resources := NewResources(Slots{Encoders: 2, Tabs: 2, Voices: 2})
	g.Pipeline = New(Options{FFmpeg: g.ffmpeg, Browser: g.browser, Library: g.library, Voices: g.voices,
		Capture: capture.New(capture.Options{Browser: g.browser, Fetcher: replaced{g}, Library: replaced{g},
			Tabs:  resources.Tabs(),
			Judge: g.judge}),
		Avatars: g.avatars, Artifacts: g.artifacts, Cache: func() (Cache, func()) { return g.cache, func() {} },
		Resources: resources,
		Check: func(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
			return check.New(check.Options{Voices: g.Voices, Avatars: g.Avatars.(check.Avatars), Library: g.library,
				Fetcher: g.fetcher,
				Judge:   g.judge, AnyTemplate: true}).Check(ctx, d)
		}})
	return g
}

// run renders a deck with a fresh scratch folder.
func (g *rig) run(ctx context.Context, t testing.TB, d lectern.Deck, attempt int) ([]lectern.Artifact, *recorder,
	error) {
	t.Helper()
	r := &recorder{}
	list, err := g.Run(ctx, lectern.Job{ID: "p1", Attempt: attempt, Deck: d, Scratch: t.TempDir()}, r)
	return list, r, err
}

// path returns the path of an artifact's file.
func (g *rig) path(t testing.TB, list []lectern.Artifact, kind lectern.ArtifactKind) string {
	t.Helper()
	for _, a := range list {
		if a.Kind == kind {
			return filepath.Join(g.artifacts.dir, a.Key)
		}
	}
	t.Fatalf("there is no %s among %v", kind, list)
	return ""
}

// talk is a small deck: three slides, the middle one silent, a fade and a cut.
func talk() lectern.Deck {
	return lectern.Deck{
		Title: "A talk; with = odd # signs", Size: lectern.Size{Width: 640, Height: 360}, FrameRate: 30,
		Quality: lectern.QualityLow,
		Layout:  lectern.LayoutPictureInPicture, Hold: 1500e6,
		Transitions: []lectern.Transition{{Type: "fade", Duration: 400e6}},
		Slides: []lectern.Slide{
			{Template: "content", Props: map[string]any{"title": "One"}, Narration: "Hello, and welcome to this talk."},
			{Template: "content", Props: map[string]any{"title": "Two"}},
			{Template: "content", Props: map[string]any{"title": "Three"}, Narration: "That is all. Thank you!"},
		},
	}
}
