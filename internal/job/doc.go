// Package job keeps the job contract: it is the one door to a presentation's state.
//
// Many write to a presentation: the run that makes its video reports from dozens of goroutines, a heartbeat says that
// the run is alive, a user cancels, a sweeper takes over the work of a dead process, a cleaner removes what is old.
// None of them can reach the state. They hold values; they ask for a change by a method of [Service]; it becomes a
// [Write] that only this package can fill. One goroutine commits all waiting writes in one transaction and then
// notifies the watchers.
//
// [lectern.Presentation.Apply] decides what a change does, on the row as it is inside the transaction. So a caller need
// not care about a late report, a second cancel or a run that lost its lease: the change is applied to the current row
// or refused.
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
