// Package footage plays the films that avatar services deliver: a presenter in front of a green screen, with a sound
// of its own.
//
// A service takes text or audio and answers with a file. What a video needs of it is a [lectern.Clip], frame after
// frame with alpha, and sometimes the sound: [Play] and [Sound] give these, whatever service the file is from. Where
// a narration is several files, [Play] shows them as one: it dissolves from each to the next, and holds the first and
// the last picture as long as the clip asks.
//
// The package starts no process. It has its [Decoder] run ffmpeg, so that the pipeline counts and limits that as its
// own, and a test can stand in for it.
package footage
