package office

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/internal/proc"
)

// Packages are the packages of Debian and Ubuntu with LibreOffice. Its recommended packages are not needed.
var Packages = []string{"libreoffice-impress-nogui"}

// Install is the command that installs LibreOffice on Debian and Ubuntu.
const Install = "apt-get install -y --no-install-recommends libreoffice-impress-nogui"

// usual are the paths at which LibreOffice may be if it is not on PATH.
var usual = []string{"/usr/lib/libreoffice/program/soffice", "/usr/lib64/libreoffice/program/soffice",
	"/opt/libreoffice*/program/soffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice"}

// program is an installed LibreOffice.
type program struct {
	path    string // of what is started
	folder  string // of the installation; empty: not known, because path is a script
	version string
}

// find looks for LibreOffice. What it finds is remembered. Its failures have CodeMissingTool.
func (c *Converter) find(ctx context.Context) (*program, error) {
	c.finding.Lock()
	defer c.finding.Unlock()
	if c.found != nil {
		return c.found, nil
	}
	path, err := proc.Find(cmp.Or(c.o.Program, "soffice"))
	if err != nil && (c.o.Program == "" || c.o.Program == "soffice") {
		names := []string{"libreoffice"}
		for _, pattern := range usual {
			paths, _ := filepath.Glob(pattern)
			names = append(names, paths...)
		}
		if path, err = proc.Find(names...); err != nil {
			return nil, missing("LibreOffice is not installed, and PowerPoint and OpenDocument decks need it. Install it: %s. "+
				"Or export the deck as a PDF.", Install).Because(err)
		}
	}
	if err != nil {
		return nil, missing("There is no LibreOffice at %s. Correct office.program (LECTERN_OFFICE_PROGRAM), or "+
			"install LibreOffice: %s", c.o.Program, Install).Because(err)
	}
	p := behind(path)
	if p.version, err = c.version(ctx, p); err != nil {
		return nil, err
	}
	c.found = &p
	c.o.Log.Debug("LibreOffice found", "path", p.path, "version", p.version)
	return c.found, nil
}

// behind returns the program that the script soffice starts. Started directly it is one process instead of three, and
// needs a third less processor time.
func behind(path string) program {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return program{path: path}
	}
	folder := filepath.Dir(real)
	binary := filepath.Join(folder, "soffice.bin")
	if info, err := os.Stat(binary); err == nil && info.Mode().IsRegular() {
		return program{path: binary, folder: filepath.Dir(folder)}
	}
	return program{path: path}
}

// versionTimeout bounds the time in which LibreOffice prints its version.
const versionTimeout = 30 * time.Second

// versionLine matches what LibreOffice prints: LibreOffice 7.4.7.2 40(Build:2).
var versionLine = regexp.MustCompile(`LibreOffice\S* (\d+(?:\.\d+)+)`)

// version asks the program for its version.
func (c *Converter) version(ctx context.Context, p program) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	w, err := c.newWork()
	if err != nil {
		return "", err
	}
	defer w.remove()
	var out strings.Builder
	command := c.command(p, w, []string{"--version"}, versionTimeout, Containment{Filter: true})
	command.Stdout, command.MaxStdout = &out, 1<<10
	if err := proc.Run(ctx, command); uncontained(err) {
		return "", notContained(err)
	} else if err != nil {
		return "", missing("LibreOffice at %s does not start. Install it again: %s", p.path, Install).Because(err)
	}
	m := versionLine.FindStringSubmatch(out.String())
	if m == nil {
		return "", missing("The program at %s is not LibreOffice: it does not print LibreOffice's version. Correct "+
			"office.program (LECTERN_OFFICE_PROGRAM).", p.path)
	}
	return m[1], nil
}

func missing(format string, args ...any) *lectern.Failure {
	return lectern.Fail(lectern.CodeMissingTool, format, args...)
}

// revision changes whenever the same LibreOffice may draw the same file differently, because its settings or arguments
// have changed.
const revision = "2"

// Version identifies what converts: LibreOffice's version, the revision of its settings, and the fonts of this machine,
// as they were when it was first asked for. It belongs in the content key of every conversion: a deck without its fonts
// is drawn with others. It is empty if LibreOffice is missing.
func (c *Converter) Version() string {
	p, err := c.find(c.ctx)
	if err != nil {
		return ""
	}
	c.listing.Do(func() { c.fonts = fonts(c.ctx) })
	return p.version + "/" + revision + "/" + c.fonts
}

// fonts is a hash of the fonts that fontconfig lists, or "none" if it lists none.
func fonts(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	list, err := proc.Output(ctx, proc.Command{Path: "fc-list",
		Args: []string{"--format", "%{file} %{index} %{fontversion}\n"}})
	if err != nil || len(list) == 0 {
		return "none"
	}
	lines := strings.Split(string(list), "\n")
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:8])
}

// Find returns LibreOffice's version, or why it cannot be used (CodeMissingTool).
func (c *Converter) Find(ctx context.Context) (version string, err error) {
	p, err := c.find(ctx)
	if err != nil {
		return "", err
	}
	return p.version, nil
}
