// Command lectern turns decks into presenter-led videos.
//
// It is the whole product in one binary: `lectern render` makes a video without a server, `lectern serve` makes videos
// as jobs over HTTP, and the other commands check decks, control a server or look at this machine. internal/app
// composes what the commands run on. Most commands have a file of their own here, and exit.go has the exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"lectern/internal/app"
	"lectern/internal/config"
)

// version is set by the linker; see the Makefile.
var version = ""

// grammar is the command line.
type grammar struct {
	Config string `help:"Settings file; without it, lectern.yaml in this folder, if there is one." placeholder:"FILE" env:"LECTERN_CONFIG"`

	Render    renderCmd    `cmd:"" help:"Render a deck to a video, without a server."`
	Watch     watchCmd     `cmd:"" help:"Render a deck again whenever it is saved."`
	Check     checkCmd     `cmd:"" help:"Say what would fail or look wrong in a deck, and how long its video will be."`
	Import    importCmd    `cmd:"" help:"Write a deck of any kind as one in YAML, with its files, to edit it as text."`
	Serve     serveCmd     `cmd:"" help:"Serve the HTTP interface and the studio."`
	Job       jobCmd       `cmd:"" help:"List and control the presentations of a server."`
	Webhook   webhookCmd   `cmd:"" help:"List and control the webhooks of a server: the addresses that it notifies."`
	Asset     assetCmd     `cmd:"" help:"Upload, list and delete the files that a server keeps for decks."`
	Key       keyCmd       `cmd:"" help:"Make, list and remove the API keys of a server."`
	Cache     cacheCmd     `cmd:"" help:"Show and prune the caches of finished steps."`
	Voices    voicesCmd    `cmd:"" help:"List the voices."`
	Avatars   avatarsCmd   `cmd:"" help:"List the avatars."`
	Templates templatesCmd `cmd:"" help:"List the slide templates and themes."`
	Schema    schemaCmd    `cmd:"" help:"Print the JSON Schema of decks, with which editors complete them."`
	Doctor    doctorCmd    `cmd:"" help:"Say what is missing on this machine, and the command that installs it."`
	Version   versionCmd   `cmd:"" help:"Say which version this is."`
}

func main() {
	if code, child := app.ChildMain(os.Args[1:]); child {
		os.Exit(code)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	boundMemory(os.DirFS("/"))
	os.Exit(run(os.Args[1:], standardStreams()))
}

// collectAt is how much garbage there may be, in per cent of the memory in use. Most memory is pictures and sound,
// which the collector need not scan: collecting twice as often as Go's default costs a hundredth of the time and
// saves a sixth to a third of the memory.
const collectAt = 50

// run is the program: it reads the command line, runs one command and returns the exit code.
func run(args []string, io streams) int {
	ctx, stop := untilSignal(context.Background(), io)
	defer stop()
	var g grammar
	g.Serve.Settings = settingFlags()
	exited := -1
	parser, err := kong.New(&g,
		kong.Name("lectern"),
		kong.Description("A deck goes in, a presenter-led video comes out."),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Help(helpWithExitCodes),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(io, &g),
	)
	if err != nil {
		return complain(io, fmt.Errorf("build the command line: %w", err))
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	switch {
	case exited >= 0: // --help
		return exited
	case err != nil:
		return complain(io, &usageError{err})
	}
	return complain(io, parsed.Run(&settings{file: g.Config, environ: os.Environ()}))
}

// settings loads the configuration when a command needs it, so that `version` works with a broken file.
type settings struct {
	file    string
	environ []string
}

// load reads the settings; flags are those of the command, by key.
func (s *settings) load(io streams, flags map[string]string) (config.Config, error) {
	cfg, warnings, err := config.Load(config.Source{Flags: flags, Environ: s.environ, File: s.file})
	if err != nil {
		return config.Config{}, err
	}
	for _, w := range warnings {
		fmt.Fprintln(io.err, w)
	}
	return cfg, nil
}

// helpWithExitCodes prints kong's help. The help of the program itself ends with the exit codes.
func helpWithExitCodes(o kong.HelpOptions, c *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, c); err != nil {
		return err
	}
	if c.Selected() != nil {
		return nil
	}
	fmt.Fprint(c.Stdout, "\nExit codes:\n")
	for _, e := range exitCodes() {
		fmt.Fprintf(c.Stdout, "  %3d  %s\n", e.Code, e.Meaning)
	}
	fmt.Fprint(c.Stdout, "\nSettings: flags win over LECTERN_* variables, and these over lectern.yaml; "+
		"lectern.example.yaml describes them all.\n")
	return nil
}

// usageError is a command line that cannot be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// errQuiet ends a command with a failure that it has already shown.
type errQuiet struct{ err error }

func (e *errQuiet) Error() string { return e.err.Error() }
func (e *errQuiet) Unwrap() error { return e.err }

// shown marks err as shown to the user.
func shown(err error) error {
	if err == nil || errors.As(err, new(*errQuiet)) {
		return err
	}
	return &errQuiet{err}
}
