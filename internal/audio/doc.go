// Package audio makes the sound of a video as samples: it measures how loud narrations are, levels and limits them,
// and mixes each at its place into one stream.
//
// The sound is not encoded in one go. [Passages] cuts it in silence into parts that are encoded and kept by
// themselves, so that an edit of one slide leaves most of the sound as it was. Nothing here is encoded and nothing is
// stored: narrations come as readers, and [Sound] is one.
package audio
