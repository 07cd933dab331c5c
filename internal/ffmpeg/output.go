package ffmpeg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lectern"
)

// output is the destination of a run, as far as it can be checked afterwards.
type output struct {
	to    io.Writer // receives ffmpeg's standard output
	path  string    // of the first output file; "": there is none
	file  *os.File  // standard output, if it is a file
	from  int64     // its position before the run
	count *counter  // standard output, if it is not a file
}

// output returns the destination of j: the first "file:" argument that is not an input, or else Stdout.
func (j Run) output() output {
	o := output{to: j.Stdout}
	for i, arg := range j.Args {
		path, ok := strings.CutPrefix(arg, "file:")
		if !ok || i > 0 && j.Args[i-1] == "-i" {
			continue
		}
		if o.path = path; !filepath.IsAbs(path) {
			o.path = filepath.Join(j.Dir, path)
		}
		return o
	}
	switch to := j.Stdout.(type) {
	case nil:
	case *os.File:
		if at, err := to.Seek(0, io.SeekCurrent); err == nil {
			o.file, o.from = to, at
		}
	default:
		o.count = &counter{to: to}
		o.to = o.count
	}
	return o
}

// check compares the output with ffmpeg's last report. An ffmpeg that exits with 0 but wrote less, or whose output was
// truncated afterwards, fails here and not in a viewer's player.
func (o output) check(what string, last report) error {
	have := last.size // for outputs that cannot be checked
	var err error
	switch {
	case !last.end:
		err = fmt.Errorf("ffmpeg ended without reporting its end")
	case o.path != "":
		var info os.FileInfo
		if info, err = os.Stat(o.path); err == nil {
			have = info.Size()
		}
	case o.file != nil:
		var at int64
		if at, err = o.file.Seek(0, io.SeekCurrent); err == nil {
			have = at - o.from
		}
	case o.count != nil:
		have = o.count.n
	}
	if err == nil && have < last.size {
		err = fmt.Errorf("the output has %d bytes, but ffmpeg wrote %d", have, last.size)
	}
	if err == nil {
		return nil
	}
	f := lectern.Fail(lectern.CodeEncodeFailed,
		"%s: ffmpeg's output is incomplete. Try again; if that does not help, check the disk and install ffmpeg again: %s",
		what, Install).Because(err)
	f.Retryable = true
	return f
}

// counter counts what is written.
type counter struct {
	to io.Writer
	n  int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	return n, err
}
