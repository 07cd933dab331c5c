package espeak

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// ChildMain runs the child process that holds libespeak-ng: it answers requests from stdin on stdout until stdin ends,
// and returns the exit code. The program that contains this package offers it as a hidden command, which
// [Options.Command] names. Nothing else in the process may write to stdout.
func ChildMain(stdin io.Reader, stdout io.Writer) int {
	runtime.LockOSThread() // the library belongs to one thread
	defer runtime.UnlockOSThread()
	in, out := bufio.NewReader(stdin), bufio.NewWriterSize(stdout, 1<<16)
	var lib *library
	for {
		var r request
		if err := readHead(in, &r); err != nil {
			if errors.Is(err, io.EOF) {
				return 0
			}
			fmt.Fprintln(os.Stderr, "espeak child: the request cannot be read:", err)
			return 1
		}
		var a answer
		var samples []int16
		if lib == nil {
			var err error
			if lib, err = open(); err != nil {
				a = answer{Error: err.Error(), Missing: true}
			}
		}
		if lib != nil {
			a, samples = lib.answer(r)
		}
		if err := errors.Join(writeHead(out, a), writeSamples(out, samples), out.Flush()); err != nil {
			fmt.Fprintln(os.Stderr, "espeak child: the answer cannot be written:", err)
			return 1
		}
		if a.Missing {
			return 0
		}
	}
}

func (l *library) answer(r request) (answer, []int16) {
	a := answer{Version: l.version, Rate: l.rate}
	switch r.Op {
	case "voices":
		a.Voices = l.voices()
	case "speak":
		samples, events, err := l.speak(r)
		if err != nil {
			return answer{Error: err.Error()}, nil
		}
		a.Samples, a.Events = len(samples), events
		return a, samples
	default:
		a.Error = fmt.Sprintf("unknown request %q", r.Op)
	}
	return a, nil
}
