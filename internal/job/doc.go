// Package job keeps the job contract: it is the one door to a presentation's state.
//
// A presentation is written to by many: the run that makes its video reports from dozens of goroutines, a heartbeat
// says that the run is alive, a user cancels, a sweeper takes over what a dead process left, a cleaner removes what is
// old. The service that Lectern succeeds let all of them write into a shared dictionary and then put a lock around
// every access. Here nobody can reach the state at all. What others hold are values; a change is asked for by a method
// of [Service], becomes a [Write] that only this package can fill, and passes through one goroutine, which commits
// everything that is waiting in one transaction and only then tells those who watch.
//
// What may become of a presentation is decided by [lectern.Presentation.Apply], on the row as it stands inside the
// transaction. So a late report, a second cancel or a run that lost its lease needs no care by its caller: it is
// applied to the truth, or refused by it.
//
// No lock is held across I/O (J14). The mutexes here guard a few words of memory each: the pending report of one run,
// the table of runs in this process, the table of watchers.
//
// # Start and stop
//
// [New] starts nothing. [Service.Start] hands back what a dead process left, then begins to take work; it may be
// called once. Reads work before Start and after Stop; writes only in between. [Service.Stop] takes no new work,
// interrupts the runs, waits for them until its context ends, and leaves what they were doing queued for the next
// start; it may be called often, and returns when no goroutine of the service is left, or the context's error. A
// process that never gets to Stop loses nothing but the work since its last checkpoint.
package job
