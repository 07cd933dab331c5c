// Package elai is the avatar engine of Elai, a paid service with filmed presenters.
//
// Elai's presenters speak themselves: Elai takes text, not sound, and returns an MP4 file after minutes. So the engine
// is an [avatar.Performer]. The main task of this package is to pay only once for each take. A take goes through
// stages, and each stage is recorded in lectern.Orders before it begins:
//
//	intended → (POST /videos, a draft, costs nothing) → created
//	→ submitting → (POST /videos/render, is paid for) → submitted
//	→ (GET until ready, download, check) → ready
//
// When a process dies, its last record shows the next run what may have happened (J9). For an intended order, the run
// looks for the draft by its tag. For a submitting order, it asks Elai for the state of the video. For a submitted
// order, it only polls. Calls that change something are never repeated blindly. Only GETs are, with a growing, jittered
// wait that is at least Retry-After.
//
// Elai's videos have no transparency. So the engine asks for pure green behind the presenter, and the pipeline keys it.
// The token is sent only in one header of calls to the configured address; clips are fetched from their own addresses
// without it.
package elai
