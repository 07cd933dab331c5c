package office

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"time"

	"lectern/internal/proc"
)

// Containment says which restrictions this machine allows. Those that need nothing from the machine, such as the
// profile and the name of the input filter, are not in it.
type Containment struct {
	Filter  bool `json:"filter"`  // the filter of system calls, without which LibreOffice is not started on Linux
	Files   bool `json:"files"`   // only the files that it needs
	Network bool `json:"network"` // a network namespace of its own
}

// Missing says in words what c lacks, or "".
func (c Containment) Missing() string {
	var lacks []string
	if !c.Filter {
		lacks = append(lacks, "sockets are not refused (seccomp)")
	}
	if !c.Files {
		lacks = append(lacks, "all files of its user can be read (Landlock)")
	}
	if !c.Network {
		lacks = append(lacks, "no network namespace (user namespaces)")
	}
	return strings.Join(lacks, ", ")
}

// probeTimeout bounds a probe. It takes milliseconds.
const probeTimeout = 30 * time.Second

// Examine finds which restrictions this machine allows, with two short processes, and remembers it.
func (c *Converter) Examine(ctx context.Context) Containment {
	c.probing.Lock()
	defer c.probing.Unlock()
	if c.probed != nil {
		return *c.probed
	}
	var found Containment
	if runtime.GOOS != "linux" {
		c.probed = &found
		return found
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	o := order{Probe: true, Filter: true, Files: &view{Read: []string{"/usr"}}}
	args := slices.Concat(c.o.Child[1:], []string{o.text()})
	out, err := proc.Output(ctx, proc.Command{Path: c.o.Child[0], Args: args})
	if err == nil {
		err = json.Unmarshal(out, &found)
	}
	if err == nil {
		_, lonely := proc.Output(ctx, proc.Command{Path: c.o.Child[0], Args: args, NoNetwork: true})
		found.Network = lonely == nil
	}
	if ctx.Err() != nil {
		return found // nothing is known
	}
	if err != nil {
		c.o.Log.Warn("the containment of LibreOffice could not be examined", "error", err)
	}
	c.o.Log.Debug("containment of LibreOffice", "filter", found.Filter, "files", found.Files, "network", found.Network)
	c.probed = &found
	return found
}
