// Package renders compares how Lectern makes a video with the ways that people use otherwise, and with the floor.
//
// A figure of a renderer alone says little: it depends on the machine, on what else runs there and on the deck. So in one
// run all ways make the same talks, in turn, round after round, each as a process tree of its own. The ratios of the
// medians are what is worth reading.
//
// The other ways start from what Lectern has made already, nearly without loss: slides as pictures, the sound of each
// slide, the presenter's clip. They only put together and encode. That favours them, so it is plain which way a ratio leans.
//
// The floor is what no program that encodes whole pictures can go below: the finished raw pictures through the same encoder
// with the same arguments, decoded onto the disk before the measured time.
//
// Every way is a pure value: a list of commands with their arguments (ways.go, lectern.go). [Run] prepares, runs and
// measures them; [Report] is what was found, and draws itself as a table, as Markdown and as a chart. Nothing fails for
// being slow: targets are printed next to the figures. A way whose tools are missing keeps its row, which says so.
package renders
