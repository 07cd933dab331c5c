package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"lectern"
	"lectern/internal/blob"
	"lectern/internal/chrome"
	"lectern/internal/config"
	"lectern/internal/encode"
	"lectern/internal/ffmpeg"
	"lectern/internal/proc"
	"lectern/internal/store/postgres"
	"lectern/internal/store/sqlite"
)

// State is the result of an examination.
type State string

// The results of an examination.
const (
	Found   State = "found"
	Missing State = "missing"
	Broken  State = "broken" // present, but it does not work
	Unknown State = "unknown"
)

// Finding is the result for one program, font, service or folder that Lectern uses.
type Finding struct {
	Name     string   `json:"name"`
	State    State    `json:"state"`
	Needed   bool     `json:"needed"` // without it nothing can be rendered
	Version  string   `json:"version,omitempty"`
	For      string   `json:"for"`             // what Lectern uses it for
	Tried    string   `json:"tried,omitempty"` // how it was tested
	Problem  string   `json:"problem,omitempty"`
	Note     string   `json:"note,omitempty"`     // what could be improved although it works
	Packages []string `json:"packages,omitempty"` // the packages of Debian and Ubuntu that install it
}

// Examine looks for everything that Lectern uses, in the order in which a render needs it, and tests what it finds.
func Examine(ctx context.Context, cfg config.Config) []Finding {
	out := []Finding{examineFFmpeg(cfg), examineEncoder(ctx, cfg), examineBrowser(ctx, cfg)}
	secrets, err := cfg.ReadSecrets(os.Environ())
	voices, avatars := examineProviders(ctx, cfg, secrets)
	out = append(out, voices...)
	out = append(out, examineFonts(ctx)...)
	out = append(out, examineOffice(ctx, cfg))
	out = append(out, avatars...)
	out = append(out, examineFolder(cfg), examineDatabase(ctx, cfg))
	if err != nil { // secrets that can be read are not reported
		out = append(out, Finding{Name: secretsName, Needed: true, For: "tokens and keys"}.broken(err))
	}
	if cfg.Role == config.RoleAPI { // it renders nothing
		for i := range out {
			out[i].Needed = out[i].Needed && slices.Contains([]string{dataFolder, database, secretsName}, out[i].Name)
		}
	}
	return out
}

// Names of findings that every role needs.
const (
	dataFolder  = "data folder"
	database    = "database"
	secretsName = "secrets"
)

// Absent lists the missing programs without which nothing can be rendered. It is quick, because it starts none of them.
func Absent(cfg config.Config) []Finding {
	var out []Finding
	if _, err := proc.Find(cmp.Or(cfg.Tools.FFmpeg, "ffmpeg")); err != nil {
		if f := examineFFmpeg(cfg); f.State == Missing {
			out = append(out, f)
		}
	}
	if _, err := chrome.Find(cfg.Tools.Chromium); err != nil {
		out = append(out, Finding{Name: "Chromium", Needed: true, Packages: []string{chrome.Package}}.missing(err))
	}
	return out
}

// examineProviders examines all providers. Of the voices, the needed ones come first.
func examineProviders(ctx context.Context, cfg config.Config, secrets config.Secrets) (voices, avatars []Finding) {
	for _, p := range providers(cfg, secrets, newFFmpeg(cfg, slog.New(slog.DiscardHandler))) {
		if p.doctor != nil {
			if f := p.doctor(ctx); p.voices != nil {
				voices = append(voices, f)
			} else {
				avatars = append(avatars, f)
			}
		}
		if p.close != nil {
			_ = p.close() // a child that does not end is killed when this process ends
		}
	}
	slices.SortStableFunc(voices, func(a, b Finding) int {
		switch {
		case a.Needed == b.Needed:
			return 0
		case a.Needed:
			return -1
		}
		return 1
	})
	return voices, avatars
}

func examineFFmpeg(cfg config.Config) Finding {
	f := Finding{Name: "ffmpeg", Needed: true, For: "encoding", Packages: []string{"ffmpeg"}}
	t, err := ffmpeg.Find(cfg.Tools.FFmpeg)
	if err != nil {
		return f.missing(err)
	}
	return f.found(t.Version())
}

// examineEncoder tests the hardware encoders. Without one everything works too, with libx264.
func examineEncoder(ctx context.Context, cfg config.Config) Finding {
	f := Finding{Name: "encoder", For: "pictures encoded whole"}
	quiet := slog.New(slog.DiscardHandler)
	found := newEncoder(cfg, newFFmpeg(cfg, quiet), quiet).works(ctx)
	switch {
	case found != encode.Software:
		return f.found(found.String() + ", in hardware")
	case cfg.Encoder == "auto":
		return f.found("libx264 (no hardware encoder works here)")
	case cfg.Encoder == "software":
		return f.found("libx264, by the setting encoder")
	}
	f.State, f.Problem = Unknown, fmt.Sprintf("the setting encoder is %s, which does not work here; libx264 is used "+
		"instead", cfg.Encoder)
	return f
}

// examineBrowser makes Chromium draw a picture.
func examineBrowser(ctx context.Context, cfg config.Config) Finding {
	f := Finding{Name: "Chromium", Needed: true, For: "drawing slides", Packages: []string{chrome.Package}}
	path, err := chrome.Find(cfg.Tools.Chromium)
	if err != nil {
		return f.missing(err)
	}
	b := newBrowser(cfg, slog.New(slog.DiscardHandler))
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

// examineFonts lists the installed font families with fontconfig.
func examineFonts(ctx context.Context) []Finding {
	const (
		other  = "slides use another font instead"
		widths = "office decks that use %s get a font with other widths, so their lines break elsewhere and may not fit"
	)
	fonts := []struct{ family, what, pkg, lost string }{
		{"Inter", "Latin, Cyrillic, Greek", "fonts-inter", other},
		{"Noto Sans", "other scripts", "fonts-noto-core", other},
		{"Noto Sans CJK", "Chinese, Japanese, Korean", "fonts-noto-cjk", other},
		{"Noto Color Emoji", "emoji", "fonts-noto-color-emoji", other},
		{"Carlito", "Calibri in office decks", "fonts-crosextra-carlito", fmt.Sprintf(widths, "Calibri")},
		{"Caladea", "Cambria in office decks", "fonts-crosextra-caladea", fmt.Sprintf(widths, "Cambria")},
		{"Liberation Sans", "Arial in office decks", "fonts-liberation",
			fmt.Sprintf(widths, "Arial, Times New Roman or Courier New")},
	}
	families, err := proc.Output(ctx, proc.Command{Path: "fc-list", Args: []string{":", "family"}})
	var out []Finding
	for _, f := range fonts {
		one := Finding{Name: "font " + f.family, For: f.what, Packages: []string{f.pkg}}
		switch {
		case err != nil:
			one.State, one.Problem = Unknown, "fc-list, which lists fonts, does not work"
		case bytes.Contains(families, []byte(f.family)):
			one = one.found("")
		default:
			one = one.missing(errors.New(f.lost))
		}
		out = append(out, one)
	}
	return out
}

// examineFolder writes a file to the data folder, or to the working directory if serve has yet to create the data
// folder.
func examineFolder(cfg config.Config) Finding {
	f := Finding{Name: dataFolder, Needed: true, For: "jobs and videos"}
	dir := cfg.DataDir
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		dir = "." // serve creates it
	}
	if err := blob.Writable(dir); err != nil {
		return f.broken(err)
	}
	f.Tried = "wrote a file"
	return f.found(cfg.DataDir)
}

// databasePatience is how long Examine waits for a database.
const databasePatience = 10 * time.Second

// examineDatabase queries the database, and changes nothing.
func examineDatabase(ctx context.Context, cfg config.Config) Finding {
	f := Finding{Name: database, Needed: true, For: "jobs"}
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

func (f Finding) found(version string) Finding {
	f.State, f.Version = Found, version
	return f
}

func (f Finding) missing(err error) Finding {
	f.State, f.Problem = Missing, err.Error()
	if x, ok := errors.AsType[*lectern.Failure](err); ok {
		f.Problem = x.Message
	}
	return f
}

// broken is a finding of something that is present but does not work.
func (f Finding) broken(err error) Finding {
	f = f.missing(err)
	f.State = Broken
	return f
}
