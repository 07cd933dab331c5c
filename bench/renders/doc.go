// Package versus measures how Lectern makes a video beside the ways that people use otherwise, and beside the floor.
//
// A figure of a renderer alone says little: it is as much about the machine, about what runs beside it and about the deck.
// So the same talks are made by all ways in one run, in turn, round after round, each as a process tree of its own, and what
// is worth reading are the ratios of the medians.
//
// The others get what Lectern has made already, for nothing: slides as pictures, each slide's sound, the presenter's clip,
// nearly without loss. They only put together and encode. That favours them, and leaves no doubt which way a ratio leans.
//
// The floor is what nobody who encodes whole pictures can go below: the finished raw pictures through the same encoder with
// the same arguments, decoded onto the disk beforehand and outside of the measured time.
//
// Every way is a pure value: a list of commands with their arguments (ways.go, lectern.go). What prepares, runs and measures
// them is [Bench]; [Report] is what was found, and draws itself as a table, as Markdown and as a chart. Nothing is judged
// by a wall clock alone, and nothing fails: targets are printed beside the figures. A way whose tools are not there keeps its
// row, which says so.
package versus
