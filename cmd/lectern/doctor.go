package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	stdio "io"
	"net/http"
	"os"
	"strings"
	"time"

	"lectern"
	"lectern/client"
	"lectern/internal/blob"
	"lectern/internal/chrome"
	"lectern/internal/config"
	"lectern/internal/encode"
	"lectern/internal/ffmpeg"
	"lectern/internal/proc"
	"lectern/internal/store/postgres"
	"lectern/internal/store/sqlite"
)

// doctorCmd looks at the machine.
type doctorCmd struct {
	JSON  bool   `help:"As JSON."`
	Ready string `help:"Ask the server at this address whether it is ready, and look at nothing else; for health checks." placeholder:"URL"`
}

// Help is what --help says beyond the flags.
func (doctorCmd) Help() string {
	return `It tries what it looks for: the browser draws a picture, a file is written to the data folder, the database answers.
--ready http://127.0.0.1:8000 prints what a running server misses, and ends with 0 where it misses nothing.`
}

// finding is what doctor says of one thing that Lectern works with.
type finding struct {
	Name     string   `json:"name"`
	State    string   `json:"state"` // "found", "missing", "broken" or "unknown"
	Needed   bool     `json:"needed"`
	Version  string   `json:"version,omitempty"`
	For      string   `json:"for"`
	Tried    string   `json:"tried,omitempty"` // what was done to find out
	Problem  string   `json:"problem,omitempty"`
	Note     string   `json:"note,omitempty"`     // what could be better although it works
	Packages []string `json:"packages,omitempty"` // of Debian and Ubuntu, that bring it
}

// Run implements the command.
func (c *doctorCmd) Run(ctx context.Context, io streams, s *settings) error {
	if c.Ready != "" {
		return c.askReady(ctx, io)
	}
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	found := examine(ctx, cfg)
	var packages []string
	broken := false
	for _, f := range found {
		if f.State == "missing" {
			packages = append(packages, f.Packages...)
		}
		broken = broken || f.Needed && (f.State == "missing" || f.State == "broken")
	}
	install := ""
	if len(packages) > 0 {
		install = installCommand(packages)
	}
	if c.JSON {
		if err := printJSON(io, map[string]any{"ok": !broken, "found": found, "install": install}); err != nil {
			return err
		}
	} else {
		c.print(io, found, install)
	}
	if broken {
		return shown(lectern.Fail(lectern.CodeMissingTool, "Something that is needed is missing or does not work."))
	}
	return nil
}

func (c *doctorCmd) print(io streams, found []finding, install string) {
	var rows [][]string
	broken := false
	for _, f := range found {
		about := f.Version
		if f.Tried != "" {
			about = strings.TrimPrefix(about+"; "+f.Tried, "; ")
		}
		state := io.green("found  ")
		switch {
		case f.State == "broken" || f.State == "missing" && f.Needed:
			state = io.red(pad(f.State, 7))
		case f.State != "found":
			state = io.yellow(pad(f.State, 7))
		}
		if f.State != "found" {
			about = f.Problem
		}
		broken = broken || f.State == "broken"
		rows = append(rows, []string{f.Name, f.For, state + "  " + shorten(about, 100)})
	}
	io.table([]string{"WHAT", "WHAT FOR", "STATE"}, rows)
	for _, f := range found {
		switch {
		case f.Note != "":
			fmt.Fprintf(io.out, "\n%s %s\n", io.yellow(f.Name+":"), f.Note)
		case f.State == "broken":
			fmt.Fprintf(io.out, "\n%s %s\n", io.red(f.Name+":"), f.Problem)
		}
	}
	switch {
	case install != "":
		fmt.Fprintf(io.out, "\nTo install what is missing:\n  %s\n", io.bold(install))
	case !broken:
		fmt.Fprintln(io.out, "\nAll is here.")
	}
}

// installCommand is what a user of Debian or Ubuntu types.
func installCommand(packages []string) string {
	sudo := "sudo "
	if os.Geteuid() == 0 {
		sudo = ""
	}
	return sudo + "apt-get install -y --no-install-recommends " + strings.Join(packages, " ")
}

// examine looks for everything, in the order in which a render needs it.
func examine(ctx context.Context, cfg config.Config) []finding {
	out := []finding{examineFFmpeg(cfg), examineHardware(ctx, cfg), examineBrowser(ctx, cfg)}
	out = append(out, examineVoices(ctx, cfg)...)
	out = append(out, examineFonts(ctx)...)
	out = append(out, examineElai(ctx, cfg)...)
	out = append(out, examineFolder(cfg), examineDatabase(ctx, cfg))
	if cfg.Role == config.RoleAPI { // it renders nothing
		for i := range out {
			out[i].Needed = out[i].Needed && (out[i].Name == "data folder" || out[i].Name == "database")
		}
	}
	return out
}

func examineFFmpeg(cfg config.Config) finding {
	f := finding{Name: "ffmpeg", Needed: true, For: "encoding", Packages: []string{"ffmpeg"}}
	t, err := ffmpeg.Find(cfg.Tools.FFmpeg)
	if err != nil {
		return f.missing(err)
	}
	return f.found(t.Version())
}

// examineHardware tries the encoders in hardware. None is no fault: libx264 does all of it.
func examineHardware(ctx context.Context, cfg config.Config) finding {
	f := finding{Name: "encoder", For: "pictures encoded whole"}
	found := newHardware(cfg, &lateFFmpeg{path: cfg.Tools.FFmpeg, log: quietLog()}, quietLog()).encoder(ctx)
	switch {
	case found != encode.Software:
		return f.found(found.String() + ", in hardware")
	case cfg.Encoder == "auto":
		return f.found("libx264 (no encoder in hardware works here)")
	case cfg.Encoder == "software":
		return f.found("libx264, as it is set")
	}
	f.State, f.Problem = "unknown", fmt.Sprintf("%s is set and does not work here; libx264 is used instead", cfg.Encoder)
	return f
}

// examineBrowser has Chromium draw a picture.
func examineBrowser(ctx context.Context, cfg config.Config) finding {
	f := finding{Name: "Chromium", Needed: true, For: "drawing slides", Packages: []string{chrome.Package}}
	path, err := chrome.Find(cfg.Tools.Chromium)
	if err != nil {
		return f.missing(err)
	}
	b := newBrowser(cfg, quietLog())
	defer b.Close()
	began := time.Now()
	if err := b.Prove(ctx); err != nil {
		return f.broken(err)
	}
	f.Tried = fmt.Sprintf("drew a picture in %.1f s", time.Since(began).Seconds())
	version, err := b.Version(ctx)
	if err != nil {
		return f.broken(err)
	}
	switch contained, why := b.Contained(); {
	case contained:
		f.Tried += ", in its sandbox"
	default:
		f.Tried += ", without its own sandbox"
		f.Note = "it runs without its own sandbox: " + why + "."
		if cfg.Chromium.Sandbox != config.SandboxOff && os.Geteuid() != 0 {
			f.Note += " " + chrome.AllowSandbox + "."
		}
	}
	if !chrome.HeadlessShell(path) {
		version += ", " + chrome.Package + " is quicker"
	}
	return f.found(version)
}

func examineVoices(ctx context.Context, cfg config.Config) []finding {
	engines := newVoiceEngines(cfg)
	espeak := finding{Name: "espeak-ng", Needed: true, For: "voices, 100+ languages", Packages: []string{"espeak-ng", "libespeak-ng1"}}
	flite := finding{Name: "flite", For: "voices, English", Packages: []string{"flite"}}
	byName := map[string]*finding{"espeak": &espeak, "espeak-ng": &espeak, "flite": &flite}
	for _, e := range engines {
		f := byName[e.Name()]
		if f == nil {
			continue
		}
		voices, err := e.Voices(ctx)
		if err != nil {
			*f = f.missing(err)
			continue
		}
		*f = f.found(fmt.Sprintf("%d voices", len(voices)))
	}
	for _, e := range engines {
		if c, ok := e.(interface{ Close() error }); ok {
			_ = c.Close() // a child that does not end is killed with this process
		}
	}
	return []finding{espeak, flite}
}

// examineFonts asks fontconfig which families there are.
func examineFonts(ctx context.Context) []finding {
	fonts := []struct{ family, what, pkg string }{
		{"Inter", "Latin, Cyrillic, Greek", "fonts-inter"},
		{"Noto Sans", "other scripts", "fonts-noto-core"},
		{"Noto Sans CJK", "Chinese, Japanese, Korean", "fonts-noto-cjk"},
		{"Noto Color Emoji", "emoji", "fonts-noto-color-emoji"},
	}
	families, err := proc.Output(ctx, proc.Command{Path: "fc-list", Args: []string{":", "family"}})
	var out []finding
	for _, f := range fonts {
		one := finding{Name: "font " + f.family, For: f.what, Packages: []string{f.pkg}}
		switch {
		case err != nil:
			one.State, one.Problem = "unknown", "fc-list, which lists fonts, cannot be asked"
		case bytes.Contains(families, []byte(f.family)):
			one = one.found("")
		default:
			one = one.missing(errors.New("slides fall back to another font"))
		}
		out = append(out, one)
	}
	return out
}

// examineFolder tries to write where serve would.
func examineFolder(cfg config.Config) finding {
	f := finding{Name: "data folder", Needed: true, For: "jobs and videos"}
	dir := cfg.DataDir
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		dir = "." // serve makes it below here
	}
	if err := blob.Writable(dir); err != nil {
		return f.broken(err)
	}
	f.Tried = "wrote a file"
	return f.found(cfg.DataDir)
}

// databasePatience is how long doctor waits for a database.
const databasePatience = 10 * time.Second

// examineDatabase asks the database something, and changes nothing.
func examineDatabase(ctx context.Context, cfg config.Config) finding {
	f := finding{Name: "database", Needed: true, For: "jobs"}
	ctx, cancel := context.WithTimeout(ctx, databasePatience)
	defer cancel()
	if cfg.DB != "" {
		version, err := postgres.Probe(ctx, cfg.DB)
		if err == nil {
			err = addressFault(postgres.Examine(ctx, cfg.DB, cfg.DBSession))
		}
		if err != nil {
			return f.broken(err)
		}
		f.Tried = "it answers"
		return f.found("Postgres " + version)
	}
	there, err := sqlite.Probe(ctx, cfg.DataDir)
	switch {
	case err != nil:
		return f.broken(err)
	case there:
		f.Tried = "it answers"
	default:
		f.Tried = "serve makes it"
	}
	return f.found("SQLite")
}

// askReady asks a running server whether it is ready.
func (c *doctorCmd) askReady(ctx context.Context, io streams) error {
	ctx, cancel := context.WithTimeout(ctx, 2*readyBound)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Ready, "/")+"/readyz", nil)
	if err != nil {
		return &usageError{fmt.Errorf("--ready: %w", err)}
	}
	unreachable := func(err error) error {
		return lectern.Fail(client.CodeUnreachable, "No Lectern server answers at %s.", c.Ready).Because(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer res.Body.Close()
	var said struct {
		Ready    bool              `json:"ready"`
		Stopping bool              `json:"stopping,omitempty"`
		Missing  []lectern.Failure `json:"missing"`
	}
	if err := json.NewDecoder(stdio.LimitReader(res.Body, 1<<20)).Decode(&said); err != nil {
		return unreachable(fmt.Errorf("it answers %s, which is not what a Lectern server says: %w", res.Status, err))
	}
	if c.JSON {
		if err := printJSON(io, said); err != nil {
			return err
		}
	}
	switch {
	case said.Ready:
		if !c.JSON {
			fmt.Fprintln(io.out, "ready")
		}
		return nil
	case said.Stopping:
		return lectern.Fail(lectern.CodeOverloaded, "The server is stopping.")
	case len(said.Missing) == 0:
		return lectern.Fail(lectern.CodeOverloaded, "The server is not ready, and does not say why.")
	}
	f := said.Missing[0]
	f.Causes = said.Missing[1:]
	return &f
}

func (f finding) found(version string) finding {
	f.State, f.Version = "found", version
	return f
}

func (f finding) missing(err error) finding {
	f.State, f.Problem = "missing", err.Error()
	if x, ok := errors.AsType[*lectern.Failure](err); ok {
		f.Problem = x.Message
	}
	return f
}

// broken is a finding of something that is there and does not work.
func (f finding) broken(err error) finding {
	f = f.missing(err)
	f.State = "broken"
	return f
}
