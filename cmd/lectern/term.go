package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// streams are where a command reads and writes. Results go to out, messages and progress to err.
type streams struct {
	out, err io.Writer
	in       io.Reader
	live     bool // err is a terminal: a bar may move on it
	color    bool // err and out may be painted

	lost <-chan struct{} // closed when the reader of out goes away; nil: out is not watched
}

// pipe writes to standard output, and closes lost when nobody reads it any more.
type pipe struct {
	to   io.Writer
	lost chan struct{}
	once sync.Once
}

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		p.once.Do(func() { close(p.lost) })
	}
	return n, err
}

// quietLog drops what is logged, for commands that only look something up.
func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func standardStreams() streams {
	out := &pipe{to: os.Stdout, lost: make(chan struct{})}
	live := term.IsTerminal(int(os.Stderr.Fd()))
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return streams{
		out: out, lost: out.lost, err: os.Stderr, in: os.Stdin, live: live && os.Getenv("TERM") != "dumb",
		color: live && term.IsTerminal(int(os.Stdout.Fd())) && !plain,
	}
}

func (s streams) paint(code, text string) string {
	if !s.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s streams) red(t string) string    { return s.paint("31", t) }
func (s streams) green(t string) string  { return s.paint("32", t) }
func (s streams) yellow(t string) string { return s.paint("33", t) }
func (s streams) bold(t string) string   { return s.paint("1", t) }
func (s streams) dim(t string) string    { return s.paint("2", t) }

// table prints rows in aligned columns under a dimmed heading. The last column is not padded.
func (s streams) table(heading []string, rows [][]string) {
	widths := make([]int, len(heading))
	for _, r := range append([][]string{heading}, rows...) {
		for i, cell := range r[:len(r)-1] {
			widths[i] = max(widths[i], width(cell))
		}
	}
	line := func(cells []string, paint func(string) string) {
		var b strings.Builder
		for i, c := range cells {
			if i < len(cells)-1 {
				c = pad(c, widths[i]+2)
			}
			b.WriteString(c)
		}
		fmt.Fprintln(s.out, paint(strings.TrimRight(b.String(), " ")))
	}
	line(heading, s.dim)
	for _, r := range rows {
		line(r, func(t string) string { return t })
	}
}

// width is the number of terminal cells that text takes.
func width(text string) int { return uniseg.StringWidth(text) }

// pad fills text with spaces to a width in terminal cells.
func pad(text string, cells int) string {
	return text + strings.Repeat(" ", max(0, cells-width(text)))
}

// shorten cuts text to a width in terminal cells.
func shorten(text string, cells int) string {
	text = strings.Join(strings.Fields(text), " ")
	if width(text) <= cells {
		return text
	}
	var b strings.Builder
	used := 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if used+g.Width() > cells-1 {
			break
		}
		used += g.Width()
		b.WriteString(g.Str())
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// clock writes a length as people read it on a player: 0:07, 12:34, 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// about writes a time that is left, without false exactness: "8 s", "1 min 20 s", "12 min".
func about(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 300:
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", s/60, s%60/10*10), " 0 s")
	}
	return fmt.Sprintf("%d min", (s+30)/60)
}

// megabytes writes a file's size.
func megabytes(n int64) string {
	switch {
	case n < 1e6:
		return fmt.Sprintf("%d KB", (n+999)/1000)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

// span writes a wait, which may be one of hours: "5 s", "about 24 h".
func span(d time.Duration) string {
	if d < 3*time.Hour {
		return about(d)
	}
	return fmt.Sprintf("about %d h", int(d.Round(time.Hour)/time.Hour))
}

// ago writes how long ago something was; its date where that is two days or more.
func ago(now, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	switch d := now.Sub(t); {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return t.Local().Format("2006-01-02")
}
