package ffmpeg

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lectern"
)

// output is where a run writes to, as far as it can be looked at afterwards.
type output struct {
	to    io.Writer // what ffmpeg's standard output is handed to
	path  string    // "": not known
	file  *os.File  // standard output, where that is a file
	from  int64     // where it stood before
	count *counter  // standard output, where it is something else
}

// output finds out where j writes to.
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

// check holds what is there against what ffmpeg said of it. Who exits with 0 and did less, or was cut short behind its back,
// fails here and not in front of a viewer.
func (o output) check(what string, last report) error {
	have := last.size // where nobody can look
	var err error
	switch {
	case !last.end:
		err = fmt.Errorf("it ended without a word that it was done")
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
		err = fmt.Errorf("%d bytes are there of %d that it wrote", have, last.size)
	}
	if err == nil {
		return nil
	}
	f := lectern.Fail(lectern.CodeEncodeFailed,
		"%s: what it left is not whole. Try again; if that does not help, check the disk and install ffmpeg again: %s",
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
