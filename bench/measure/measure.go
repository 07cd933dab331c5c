package proc

import (
	"context"
	"sync"
	"time"
)

// Usage is what a command used, together with everything that it started.
type Usage struct {
	Wall         time.Duration
	User, System time.Duration // processor time
	// Peak is the most memory at one moment, in bytes: the resident sets of all its processes, added up. It is looked at
	// every SampleEvery, so what is shorter is not seen, and pages that processes share count for each of them. 0: unknown.
	Peak int64
}

// CPU is the processor time, the kernel's share with it.
func (u Usage) CPU() time.Duration { return u.User + u.System }

// Add gives what two commands used that ran one after the other.
func (u Usage) Add(v Usage) Usage {
	return Usage{Wall: u.Wall + v.Wall, User: u.User + v.User, System: u.System + v.System, Peak: max(u.Peak, v.Peak)}
}

// SampleEvery is how often Measure looks at the memory of a command.
const SampleEvery = 100 * time.Millisecond

// measuring is held by the one Measure that adopts.
var measuring sync.Mutex

// Measure runs the command as [Run] does and says what it used.
//
// A process's times are known to the kernel when somebody waits for it, and reach an ancestor only through parents that wait.
// Browsers leave children behind that nobody waits for; so while it measures, this process adopts all orphans below it
// (Linux; elsewhere their times are missing) and waits for them. One call measures at a time, others wait; a caller must start
// no other children meanwhile, since theirs could not be told from the command's.
func Measure(ctx context.Context, c Command) (Usage, error) {
	measuring.Lock()
	defer measuring.Unlock()
	orphans, err := adopt()
	if err != nil {
		return Usage{}, err
	}
	began := time.Now()
	p, err := Start(ctx, c)
	if err != nil {
		orphans.release()
		return Usage{}, err
	}
	peak := make(chan int64)
	go func() { peak <- p.watchMemory() }()
	err = p.Wait()
	u := p.used
	u.Wall = time.Since(began)
	u.Peak = <-peak
	user, system := orphans.release()
	u.User, u.System = u.User+user, u.System+system
	return u, err
}

// watchMemory gives the peak of what the process and its descendants occupied until its end.
func (p *Process) watchMemory() (peak int64) {
	every := time.NewTicker(SampleEvery)
	defer every.Stop()
	for {
		peak = max(peak, resident(p.Pid()))
		select {
		case <-p.done:
			return peak
		case <-every.C:
		}
	}
}
