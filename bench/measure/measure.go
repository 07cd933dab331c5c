// Package measure runs commands and measures their processor time, memory and elapsed time, of the whole process tree
// with its orphans. Browsers start helpers without waiting for them, and the kernel adds only the times of children
// that were waited for, so [os.ProcessState] would miss most of a browser.
package measure

import (
	"context"
	"sync"
	"time"

	"lectern/internal/proc"
)

// Usage is what a command and all its descendants used.
type Usage struct {
	Wall         time.Duration
	User, System time.Duration // processor time
	// Peak is the largest memory at one moment, in bytes: the sum of the resident sets of all its processes. Run
	// samples it every SampleEvery, so it misses shorter peaks, and shared pages count once for each process. 0:
	// unknown.
	Peak int64
}

// CPU is the processor time, in user mode and in the kernel.
func (u Usage) CPU() time.Duration { return u.User + u.System }

// Add returns the usage of two commands that ran one after the other.
func (u Usage) Add(v Usage) Usage {
	return Usage{Wall: u.Wall + v.Wall, User: u.User + v.User, System: u.System + v.System, Peak: max(u.Peak, v.Peak)}
}

// SampleEvery is the interval at which Run samples the memory of a command.
const SampleEvery = 100 * time.Millisecond

// adopting is held by the one Run that adopts orphans.
var adopting sync.Mutex

// Run runs the command as [proc.Run] does and returns its usage.
//
// The kernel knows the times of a process once its parent waits for it, and adds them to those of the parent. While Run
// measures, this process adopts all orphans below it and waits for them (on Linux; elsewhere their times are missing).
// One call measures at a time and others wait. The caller must start no other children during the call: Run cannot
// distinguish their orphans from the command's.
func Run(ctx context.Context, c proc.Command) (Usage, error) {
	adopting.Lock()
	defer adopting.Unlock()
	orphans, err := adopt()
	if err != nil {
		return Usage{}, err
	}
	began := time.Now()
	p, err := proc.Start(ctx, c)
	if err != nil {
		orphans.release()
		return Usage{}, err
	}
	peak := make(chan int64)
	go func() { peak <- watchMemory(p) }()
	err = p.Wait()
	u := Usage{Wall: time.Since(began)}
	u.User, u.System = p.Times()
	u.Peak = <-peak
	user, system := orphans.release()
	u.User, u.System = u.User+user, u.System+system
	return u, err
}

// watchMemory returns the peak of the memory of p and its descendants until p ends.
func watchMemory(p *proc.Process) (peak int64) {
	every := time.NewTicker(SampleEvery)
	defer every.Stop()
	for {
		peak = max(peak, resident(p.Pid()))
		select {
		case <-p.Done():
			return peak
		case <-every.C:
		}
	}
}
