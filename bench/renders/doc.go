// Package renders compares Lectern with other usual ways to make a video, and with the floor.
//
// A single figure of a renderer says little: it depends on the machine, on its other work and on the deck. So in one
// run all ways make the same talks, in turn, round after round, each as a separate process tree. The ratios of the
// medians are the useful result.
//
// The other ways start from Lectern's nearly lossless results: slides as pictures, the sound of each slide, the
// presenter's clip. They only compose and encode. That favours them, so the real ratios are at least as good for
// Lectern.
//
// The floor is the least cost of a program that encodes whole pictures: the finished raw pictures through the same
// encoder with the same arguments. They are decoded to the disk before the measured time.
//
// Every way is a pure value: a list of commands with their arguments (ways.go, lectern.go). [Run] prepares, runs and
// measures them; [Report] holds the results and writes them as a table, as Markdown and as a chart. Slowness fails
// nothing: targets are printed next to the figures. If the tools of a way are missing, its row says so.
package renders
