// Package footage plays the films that avatar services deliver: a presenter in front of a green screen, with sound.
//
// A service takes text or audio and returns a file. A video needs a [lectern.Clip] from it, frame after frame with
// alpha, and sometimes the sound. [Play] and [Sound] make these from the files of any service. If a narration has
// several files, [Play] shows them as one: it dissolves from each to the next, and holds the first and the last picture
// as long as the clip requires.
//
// The package starts no process. Its [Decoder] runs ffmpeg, so that the pipeline counts and limits these processes like
// its own, and a test can replace it.
package footage
