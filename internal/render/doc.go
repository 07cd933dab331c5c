// Package render is the pipeline: it takes a deck through its steps and leaves the artifacts of a presentation.
//
// A render is a small graph. Each slide is spoken and captured, then encoded; neighbours are joined by transitions;
// the sound is mixed once all is spoken; everything is muxed and published. What makes it more than a loop is what
// this package is for:
//
//   - Steps overlap, in one presentation and across all of a process, and share what is scarce: encoder slots and
//     browser tabs ([Resources]); engines bound what they do at once themselves. A presentation never has more requests
//     waiting than there are slots, so a short one does not wait for the end of a long one.
//   - Each step has a content key, the hash of all that its output depends on, and its output is stored in a cache
//     under that key. The cache is the checkpoint: after a crash, or after an edit, only missing outputs are made (J9).
//     Sound is encoded in passages, so that an edit of one slide does not touch all of it.
//   - The first failure stops the rest and is the one that the user sees; later failures are its causes. A panic is a
//     failure too (J11).
//   - Memory does not grow with the deck: pictures, sound and streams pass through and are not collected.
//
// The tools are ports, declared here and satisfied by the adapters. A [Pipeline] has them all; the parts of a run
// (speaker, performer, capturer, segmenter, encoder, blender, mixer, joiner, publisher) each see those that they work
// with, and share the steps and the outline of what is made. See docs/PIPELINE.md.
package render
