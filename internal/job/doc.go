// Package job keeps the job contract: a presentation's state changes only through this package.
//
// A presentation has many writers: the run that makes its video reports from dozens of goroutines, a heartbeat shows
// that the run is alive, a user cancels, the work of a dead process is taken over, a cleaner removes what is old.
// None of them can reach the state. They hold values, and ask for a change by a method of [Service]. It becomes a
// [Write], which only this package can fill. One goroutine commits all waiting writes in one transaction and then
// notifies the watchers.
//
// [lectern.Presentation.Apply] decides what a change does, on the row as it is inside the transaction. So a caller need
// not care about a late report, a second cancel or a run that lost its lease: the change is applied to the current row
// or refused.
//
// No lock is held across I/O (J14). The mutexes here guard a few words of memory each: the pending report of one run,
// the table of runs in this process, the table of watchers, whether the service is started, and the numbers of its
// goroutines.
//
// # Start and stop
//
// [New] starts nothing. [Service.Start] queues the work of a dead process again, then begins to take work; it may be
// called once. Reads work before Start and after Stop; writes only in between. [Service.Stop] takes no new work,
// interrupts the runs, and leaves their presentations queued for the next start. It returns when no goroutine of the
// service is left, or with the context's error when its context ends; it may be called several times. A process that
// dies without Stop loses only the work since its last checkpoint.
package job
