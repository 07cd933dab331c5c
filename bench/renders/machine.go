package renders

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"lectern/internal/proc"
)

// Machine describes this machine and its load in one line, for a report.
func Machine() string {
	cpu := "an unnamed processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(b); m != nil {
			cpu = string(m[1])
		}
	}
	busy := ""
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		if f := bytes.Fields(b); len(f) > 0 {
			busy = fmt.Sprintf(", load average at the start %s", f[0])
		}
	}
	return fmt.Sprintf("%s, %d processors, %s/%s%s", cpu, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, busy)
}

// programs returns the name and version of each program that the figures depend on. Programs without a path are left
// out.
func programs(ctx context.Context, t Tools) ([]string, error) {
	var all []string
	for _, p := range []struct {
		path string
		args []string
	}{
		{t.Self, []string{"version"}},
		{t.FFmpeg, []string{"-version"}},
		{t.Python, []string{"-c", "import sys,numpy,PIL; print('Python', sys.version.split()[0], 'NumPy', " +
			"numpy.__version__, 'Pillow', PIL.__version__)"}},
		{t.MoviePy, []string{"-c", "import moviepy; print('MoviePy', moviepy.__version__)"}},
	} {
		if p.path == "" {
			continue
		}
		out, err := proc.Output(ctx, proc.Command{Path: p.path, Args: p.args})
		if err != nil {
			return nil, fmt.Errorf("read the version of %s: %w", p.path, err)
		}
		line, _, _ := strings.Cut(string(out), "\n")
		line, _, _ = strings.Cut(line, " Copyright")
		all = append(all, strings.TrimSpace(line))
	}
	if t.Remotion != "" {
		all = append(all, RemotionPackages()[0])
	}
	return all, nil
}

// Pythons lists the candidates for Python. The system's comes first, because the system's packages install into it.
func Pythons() []string { return []string{"/usr/bin/python3", "python3"} }

// Importing returns the path of the first of [Pythons] that can import all modules, or "".
func Importing(ctx context.Context, modules ...string) string {
	for _, name := range Pythons() {
		path, err := proc.Find(name)
		if err != nil {
			continue
		}
		if proc.Run(ctx, proc.Command{Path: path,
			Args: []string{"-c", "import " + strings.Join(modules, ", ")}}) == nil {
			return path
		}
	}
	return ""
}

// Install installs Remotion into a folder with npm, which gets only the variables of environ that configure npm or the
// network.
func Install(ctx context.Context, dir string, environ []string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	args := append([]string{"install", "--prefix", dir, "--no-audit", "--no-fund", "--save-exact"},
		RemotionPackages()...)
	if err := proc.Run(ctx, proc.Command{Path: "npm", Args: args, Dir: dir, Env: networked(environ)}); err != nil {
		return fmt.Errorf("install Remotion with npm: %w", err)
	}
	return nil
}

// networked returns the variables of environ that configure npm or the network.
func networked(environ []string) []string {
	var out []string
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		switch name = strings.ToLower(name); {
		case strings.HasPrefix(name, "npm_config_"),
			slices.Contains([]string{"http_proxy", "https_proxy", "no_proxy", "node_extra_ca_certs"}, name):
			out = append(out, v)
		}
	}
	return out
}
