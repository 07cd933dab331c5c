// Package elai is the avatar engine of Elai, a service that shows filmed presenters for money.
//
// Elai speaks itself: it takes text, not sound, and gives an MP4 after minutes. So it is an [avatar.Performer], and
// what this package is about is paying once. A take goes through stages, and each is recorded in lectern.Orders before
// it begins:
//
//	intended → (POST /videos, a draft, costs nothing) → created → submitting → (POST /videos/render, is paid for) → submitted
//	→ (GET until ready, download, check) → ready
//
// A process that dies leaves its last record, and whoever goes on knows from it what may have happened: an intended
// draft is looked for by its tag, a submitting one is asked for its state, a submitted one is only polled (J9). Calls
// that change something are never repeated blindly; only GETs are, with a growing, jittered wait that yields to
// Retry-After.
//
// Elai gives no transparency: it is asked for pure green behind the presenter, which the pipeline keys. The token goes
// into one header of calls to the configured address and nowhere else; the clips' own addresses are fetched without it.
package elai
