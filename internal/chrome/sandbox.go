package chrome

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"

	"lectern"
)

// Sandbox is the use of Chromium's own sandbox. The empty value means SandboxAuto.
type Sandbox string

// The values. As root Chromium has no sandbox: SandboxAuto then runs without one, and SandboxOn is a failure.
const (
	SandboxAuto Sandbox = "auto" // on, unless it cannot start on this machine
	SandboxOn   Sandbox = "on"
	SandboxOff  Sandbox = "off"
)

// AllowSandbox is the advice to an operator on whose machine the sandbox cannot start.
const AllowSandbox = "Allow user namespaces: in a container start it with --security-opt " +
	"seccomp=deploy/seccomp.json; on Ubuntu 23.10 or newer set the sysctl kernel.apparmor_restrict_unprivileged_userns " +
	"to 0"

// errNoSandbox reports that Chromium ended at its start because it could not make its sandbox.
var errNoSandbox = errors.New("Chromium's sandbox cannot start on this machine")

// withoutSandbox matches Chromium's message when it can neither make user namespaces nor use the setuid helper.
var withoutSandbox = regexp.MustCompile(`(?i)no usable sandbox|setuid sandbox|SUID sandbox helper|move to new namespace|namespace_sandbox|` +
	`credentials\.cc|sandbox_linux|zygote_host_impl_linux\.cc.*(?:check failed|fatal)|without --no-sandbox`)

// noSandbox returns the line of Chromium's last output that blames the sandbox, or "".
func noSandbox(tail string) string {
	for line := range strings.Lines(tail) {
		if withoutSandbox.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Contained reports whether the browser runs in its own sandbox, and if not, why. Before the first start it reports the
// settings.
func (b *Browser) Contained() (ok bool, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.exposed == "", b.exposed
}

// Reasons that Contained returns.
const (
	rootHasNone = "Lectern runs as root, and Chromium has no sandbox then; run it as another user"
	setOff      = "chromium.sandbox is off"
)

// expose returns the reason for which no start with a sandbox is tried, or "".
func expose(s Sandbox, root bool) string {
	switch {
	case s == SandboxOff:
		return setOff
	case root && s != SandboxOn:
		return rootHasNone
	}
	return ""
}

// launch starts a browser according to the settings. In auto, one failed start, which takes a tenth of a second, shows
// that the sandbox cannot start. After that b starts Chromium without one. A browser that crashes while it starts is
// started once more.
func (b *Browser) launch(life context.Context) (*instance, error) {
	path, err := Find(b.o.Path)
	if err != nil {
		return nil, err
	}
	if b.o.Sandbox == SandboxOn && os.Geteuid() == 0 {
		return nil, lectern.Fail(lectern.CodeCaptureFailed,
			"Chromium was not started: chromium.sandbox is on, and as root Chromium has no sandbox. "+
				"Run Lectern as another user, or set chromium.sandbox to auto or off.")
	}
	contained, _ := b.Contained()
	in, err := launch(life, path, b.o, contained)
	if errors.Is(err, errBadStart) {
		in, err = launch(life, path, b.o, contained)
	}
	if err == nil || !contained || !errors.Is(err, errNoSandbox) || b.o.Sandbox == SandboxOn {
		return in, err
	}
	said := lectern.AsFailure(err).Detail
	if in, err = launch(life, path, b.o, false); err != nil {
		return nil, err
	}
	reason := "it cannot make user namespaces on this machine and has no setuid helper"
	b.mu.Lock()
	b.exposed = reason
	b.mu.Unlock()
	if b.o.Exposed != nil {
		b.o.Exposed(reason, said)
	}
	return in, nil
}
