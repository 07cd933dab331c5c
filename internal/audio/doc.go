// Package audio makes the sound of a video as samples: it measures the loudness of narrations, levels and limits them,
// and mixes each at its place into one stream.
//
// The sound is not encoded as a whole. [Passages] cuts it in silence into parts that are encoded and cached separately,
// so that an edit of one slide leaves most of the sound unchanged. The package encodes and stores nothing:
// it reads narrations from readers, and [Sound] is itself a reader.
package audio
