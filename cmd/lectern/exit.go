package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"lectern"
	"lectern/client"
	"lectern/internal/app"
	"lectern/internal/config"
)

// The exit codes. They are stable: scripts may compare them.
const (
	exitDone        = 0
	exitInternal    = 1
	exitUsage       = 2
	exitDeck        = 3
	exitMissingTool = 4
	exitFailed      = 5
	exitNotFound    = 6
	exitUnreachable = 7
	exitInUse       = 8
	exitState       = 9
	exitRefused     = 10
	exitInterrupted = 130
)

type exitMeaning struct {
	Code    int
	Meaning string
}

// exitCodes is the table of the help text and of docs/CLI.md.
func exitCodes() []exitMeaning {
	return []exitMeaning{
		{exitDone, "done"},
		{exitInternal, "something inside Lectern went wrong"},
		{exitUsage, "the command line or a setting is wrong"},
		{exitDeck, "the deck is wrong, cannot be read, or asks for more than is allowed"},
		{exitMissingTool, "a program that is needed is not installed"},
		{exitFailed, "the presentation failed or was canceled"},
		{exitNotFound, "there is no such presentation, or nothing of that kind"},
		{exitUnreachable, "the server or the database cannot be reached"},
		{exitInUse, "the address or the data folder is in use, or the data is damaged"},
		{exitState, "the presentation's state does not allow this"},
		{exitRefused, "the server needs a key or one of a wider scope, or asks to try again later"},
		{exitInterrupted, "interrupted by Ctrl-C, SIGTERM or SIGHUP, or nobody reads the output any more"},
	}
}

// exitCode returns the exit code of the process for the error of a command.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case is[*usageError](err), is[*config.Error](err):
		return exitUsage
	case is[*interrupted](err):
		return exitInterrupted
	}
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok {
		if errors.Is(err, context.Canceled) {
			return exitInterrupted
		}
		return exitInternal
	}
	switch f.Code {
	case lectern.CodeInvalidRequest:
		return exitUsage
	case lectern.CodeInvalidJSON, lectern.CodeInvalidYAML, lectern.CodeInvalidDeck, lectern.CodeUnknownAvatar,
		lectern.CodeUnknownVoice,
		lectern.CodeUnknownTheme, lectern.CodeUnknownLayout, lectern.CodeUnknownTemplate, lectern.CodeTooLarge,
		lectern.CodeAssetRefused,
		lectern.CodeCallbackRefused, lectern.CodeUnknownLanguage, lectern.CodeUntranslated, lectern.CodeUndefinedVariable,
		lectern.CodeUnknownAsset, lectern.CodeUnsupported:
		return exitDeck
	case lectern.CodeMissingTool:
		return exitMissingTool
	case client.CodeUnreachable, app.CodeNoDatabase:
		return exitUnreachable
	case lectern.CodeInUse, lectern.CodeDamaged:
		return exitInUse
	case lectern.CodeNotFound:
		return exitNotFound
	case lectern.CodeConflict, lectern.CodeNotReady, lectern.CodeStale:
		return exitState
	case lectern.CodeUnauthorized, lectern.CodeForbidden, lectern.CodeRateLimited:
		return exitRefused
	case lectern.CodeInternal:
		return exitInternal
	}
	return exitFailed
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// advice returns what to do after a failure with this code, where its message may not say so.
func advice(c lectern.Code) string {
	switch c {
	case lectern.CodeUnknownAvatar:
		return "`lectern avatars` lists the avatars."
	case lectern.CodeUnknownVoice:
		return "`lectern voices` lists the voices."
	case lectern.CodeUnknownTheme:
		return "`lectern templates` lists the themes."
	case lectern.CodeUnknownTemplate:
		return "`lectern templates` lists the templates."
	case lectern.CodeInvalidDeck, lectern.CodeUnknownLayout:
		return "Correct the deck; `lectern check` checks it without rendering."
	case lectern.CodeTooLarge:
		return "Split the deck, or raise the limit that the message names: lectern.example.yaml describes it."
	case lectern.CodeMissingTool:
		return "`lectern doctor` says what is missing and how to install it."
	case client.CodeUnreachable:
		return "`lectern serve` starts a server; --server or LECTERN_SERVER names another."
	case lectern.CodeUnauthorized:
		return "Give a key with LECTERN_KEY or --key; `lectern key add NAME` makes one where the server runs."
	case lectern.CodeForbidden:
		return "Use a key of a wider scope; `lectern key list` lists the keys."
	case lectern.CodeDiskFull:
		return "Free some space, or move the data folder with --data or LECTERN_DATA."
	case lectern.CodeInternal:
		return "Please report it, with the detail above."
	}
	return ""
}

// complain shows the user the error of a command, and returns the exit code.
func complain(io streams, err error) int {
	code := exitCode(err)
	if err == nil || is[*errQuiet](err) {
		return code
	}
	if is[*interrupted](err) || code == exitInterrupted {
		fmt.Fprintln(io.err, "lectern: interrupted")
		return code
	}
	// a setting's error has a place and says what is allowed
	if f, ok := errors.AsType[*lectern.Failure](err); ok && !is[*config.Error](err) {
		var after time.Duration
		if e, ok := errors.AsType[*client.Error](err); ok {
			after = e.RetryAfter
		}
		explain(io, f, after)
		return code
	}
	text := err.Error()
	if is[*config.Error](err) {
		text = strings.ReplaceAll(text, "\n", "\n  ")
	}
	fmt.Fprintf(io.err, "%s %s\n", io.red("lectern:"), text)
	if is[*usageError](err) {
		fmt.Fprintln(io.err, "  `lectern --help` has the commands, `lectern COMMAND --help` the flags of one.")
	}
	return code
}

// explain shows a failure: what happened, where, the causes and what to do. after is when to try again, if the server
// says so; else 0.
func explain(io streams, f *lectern.Failure, after time.Duration) {
	fmt.Fprintf(io.err, "%s %s\n", io.red("lectern:"), f.Error())
	row := func(name, text string) {
		for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(io.err, "  %s  %s\n", io.dim(pad(name, 6)), line)
		}
	}
	if at := place(*f); at != "" {
		row("where", at)
	}
	if f.Detail != "" && f.Detail != f.Message {
		row("detail", clip(f.Detail, 2000))
	}
	for i, c := range f.Causes {
		if i == 10 {
			row("also", fmt.Sprintf("%d more", len(f.Causes)-i))
			break
		}
		text := c.Error()
		if at := place(c); at != "" {
			text += " (" + at + ")"
		}
		row("also", text)
	}
	// A missing file or password cannot be corrected in the deck.
	if do := advice(f.Code); do != "" && !errors.Is(f, fs.ErrNotExist) && f.Param != "password" {
		row("do", do)
	} else if after > 0 {
		row("do", "Try again in "+span(after)+".")
	} else if f.Retryable {
		row("do", "It may work when tried again.")
	}
}

// place returns where a failure is: the field, and its line if there is one.
func place(f lectern.Failure) string {
	if f.Line == 0 || f.Param == "" { // a message about the text itself names the line already
		return f.Param
	}
	return fmt.Sprintf("%s, line %d, column %d", f.Param, f.Line, f.Column)
}

// clip returns the end of a long text, at most n bytes, since programs write last why they ended.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "… " + strings.ToValidUTF8(s[len(s)-n:], "")
}
