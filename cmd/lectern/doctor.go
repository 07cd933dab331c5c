package main

import (
	"context"
	"encoding/json"
	"fmt"
	stdio "io"
	"net/http"
	"os"
	"strings"

	"lectern"
	"lectern/client"
	"lectern/internal/app"
)

// doctorCmd tries what Lectern needs of this machine.
type doctorCmd struct {
	JSON  bool   `help:"As JSON."`
	Ready string `help:"Only ask the server at this address whether it is ready; for health checks." placeholder:"URL"`
}

// Help is what --help says beyond the flags.
func (doctorCmd) Help() string {
	return `It tries what it looks for: the browser draws a picture, a file is written to the data folder, the database answers.
--ready http://127.0.0.1:8000 prints what a running server lacks, and ends with 0 if it lacks nothing.`
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
	found := app.Examine(ctx, cfg)
	var packages []string
	broken := false
	for _, f := range found {
		if f.State == app.Missing {
			packages = append(packages, f.Packages...)
		}
		broken = broken || f.Needed && (f.State == app.Missing || f.State == app.Broken)
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

func (c *doctorCmd) print(io streams, found []app.Finding, install string) {
	var rows [][]string
	broken := false
	for _, f := range found {
		about := f.Version
		if f.Tried != "" {
			about = strings.TrimPrefix(about+"; "+f.Tried, "; ")
		}
		state := io.green("found  ")
		switch {
		case f.State == app.Broken || f.State == app.Missing && f.Needed:
			state = io.red(pad(string(f.State), 7))
		case f.State != app.Found:
			state = io.yellow(pad(string(f.State), 7))
		}
		if f.State != app.Found {
			about = f.Problem
		}
		broken = broken || f.State == app.Broken
		rows = append(rows, []string{f.Name, f.For, state + "  " + shorten(about, 100)})
	}
	io.table([]string{"WHAT", "WHAT FOR", "STATE"}, rows)
	for _, f := range found {
		switch {
		case f.Note != "":
			fmt.Fprintf(io.out, "\n%s %s\n", io.yellow(f.Name+":"), f.Note)
		case f.State == app.Broken:
			fmt.Fprintf(io.out, "\n%s %s\n", io.red(f.Name+":"), f.Problem)
		}
	}
	switch {
	case install != "":
		fmt.Fprintf(io.out, "\nTo install what is missing:\n  %s\n", io.bold(install))
	case !broken:
		fmt.Fprintln(io.out, "\nNothing is missing.")
	}
}

// installCommand returns the command that installs packages on Debian or Ubuntu.
func installCommand(packages []string) string {
	sudo := "sudo "
	if os.Geteuid() == 0 {
		sudo = ""
	}
	return sudo + "apt-get install -y --no-install-recommends " + strings.Join(packages, " ")
}

// askReady asks a running server whether it is ready.
func (c *doctorCmd) askReady(ctx context.Context, io streams) error {
	ctx, cancel := context.WithTimeout(ctx, 2*app.ReadyBound)
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
	var report struct {
		Ready    bool              `json:"ready"`
		Stopping bool              `json:"stopping,omitempty"`
		Missing  []lectern.Failure `json:"missing"`
	}
	if err := json.NewDecoder(stdio.LimitReader(res.Body, 1<<20)).Decode(&report); err != nil {
		return unreachable(fmt.Errorf("it answers %s, which is not what a Lectern server says: %w", res.Status, err))
	}
	if c.JSON {
		if err := printJSON(io, report); err != nil {
			return err
		}
	}
	switch {
	case report.Ready:
		if !c.JSON {
			fmt.Fprintln(io.out, "ready")
		}
		return nil
	case report.Stopping:
		return lectern.Fail(lectern.CodeOverloaded, "The server is stopping. Ask again when it has started again.")
	case len(report.Missing) == 0:
		return lectern.Fail(lectern.CodeOverloaded, "The server is not ready, and does not report why. "+
			"Its log may say more.")
	}
	f := report.Missing[0]
	f.Causes = report.Missing[1:]
	return &f
}
