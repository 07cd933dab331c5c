package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"lectern"
	"lectern/internal/chrome"
	"lectern/internal/compose"
	"lectern/internal/config"
	"lectern/internal/ffmpeg"
	"lectern/internal/proc"
)

// doctorCmd looks at the machine.
type doctorCmd struct {
	JSON bool `help:"As JSON."`
}

// finding is what doctor says of one thing that Lectern works with.
type finding struct {
	Name     string   `json:"name"`
	State    string   `json:"state"` // "found", "missing" or "unknown"
	Needed   bool     `json:"needed"`
	Version  string   `json:"version,omitempty"`
	For      string   `json:"for"`
	Problem  string   `json:"problem,omitempty"`
	Packages []string `json:"packages,omitempty"` // of Debian and Ubuntu, that bring it
}

// Run implements the command.
func (c *doctorCmd) Run(ctx context.Context, io streams, s *settings) error {
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
			broken = broken || f.Needed
		}
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
		return shown(lectern.Fail(lectern.CodeMissingTool, "Something that is needed is missing."))
	}
	return nil
}

func (c *doctorCmd) print(io streams, found []finding, install string) {
	var rows [][]string
	for _, f := range found {
		about := f.Version
		if f.State != "found" {
			about = f.Problem
		}
		state := io.green("found  ")
		switch {
		case f.State == "missing" && f.Needed:
			state = io.red("missing")
		case f.State == "missing":
			state = io.yellow("missing")
		case f.State == "unknown":
			state = io.yellow("unknown")
		}
		rows = append(rows, []string{f.Name, f.For, state + "  " + shorten(about, 100)})
	}
	io.table([]string{"WHAT", "WHAT FOR", "STATE"}, rows)
	if install == "" {
		fmt.Fprintln(io.out, "\nAll is here.")
		return
	}
	fmt.Fprintf(io.out, "\nTo install what is missing:\n  %s\n", io.bold(install))
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
	return append(out, examineFolder(cfg))
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
	case found != compose.Software:
		return f.found(found.String() + ", in hardware")
	case cfg.Encoder == "auto":
		return f.found("libx264 (no encoder in hardware works here)")
	case cfg.Encoder == "software":
		return f.found("libx264, as it is set")
	}
	f.State, f.Problem = "unknown", fmt.Sprintf("%s is set and does not work here; libx264 is used instead", cfg.Encoder)
	return f
}

func examineBrowser(ctx context.Context, cfg config.Config) finding {
	f := finding{Name: "Chromium", Needed: true, For: "drawing slides", Packages: []string{chrome.Package}}
	path, err := chrome.Find(cfg.Tools.Chromium)
	if err != nil {
		return f.missing(err)
	}
	version, err := proc.Output(ctx, proc.Command{Path: path, Args: []string{"--version"}})
	if err != nil {
		return f.missing(fmt.Errorf("%s does not run: %w", path, err))
	}
	about := string(bytes.TrimSpace(version))
	if !chrome.HeadlessShell(path) {
		return f.found(about + "; " + chrome.Package + " is quicker")
	}
	return f.found(about + ", headless shell")
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
	t, err := os.CreateTemp(dir, ".lectern-*")
	if err != nil {
		return f.missing(fmt.Errorf("%s cannot be written: %w", dir, bare(err)))
	}
	if err := errors.Join(t.Close(), os.Remove(t.Name())); err != nil {
		return f.missing(err)
	}
	return f.found(cfg.DataDir)
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
