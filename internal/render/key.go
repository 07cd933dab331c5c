package render

import (
	"lectern"
	"lectern/internal/audio"
	"lectern/internal/captions"
	"lectern/internal/contentkey"
	"lectern/internal/encode"
)

// narrationKey depends on what is said, by which voices, and how these voices sound on this machine.
func narrationKey(r lectern.Reading, fingerprint string) string {
	return contentkey.Of(lectern.StepNarrate, r.Script.Text, r.Script.Marks, r.Voice, r.Voice.Speed, r.Parts, fingerprint)
}

// takeKey depends on who says what, in which voice, and in front of which background. It is the key of the order too:
// the same take is paid for once, whichever presentation needs it.
func takeKey(avatar, fingerprint, text string, voice lectern.VoiceChoice, background string) string {
	parts := []any{"take", avatar, fingerprint, text, voice}
	if background != "" { // takes without a background keep their keys, since they may be paid for already
		parts = append(parts, background)
	}
	return contentkey.Of(lectern.StepAnimate, parts...)
}

// stillKey depends on the picture and on how it is encoded, but not on how long it stays.
func stillKey(capture string, encoder []string, size lectern.Size, rate int, version string) string {
	return contentkey.Of(lectern.StepEncode, "still", capture, encoder, size, rate, version)
}

// stage is what an avatar's segment depends on besides picture and sound.
type stage struct {
	Avatar      string
	Fingerprint string
	Request     lectern.ClipRequest // without the narration, which has a key of its own
	Window      any
	In, Out     int64
	Steps       []staged `json:",omitempty"`
}

// staged is a part of a slide with steps.
type staged struct {
	Picture string `json:",omitempty"` // empty: the slide's own picture
	From    int64
}

func avatarKey(capture, narration string, s stage, encoder []string, size lectern.Size, rate int,
	version string) string {
	return contentkey.Of(lectern.StepEncode, "avatar", capture, narration, s, encoder, size, rate, version)
}

// transitionKey depends on both sides, and on how one becomes the other.
func transitionKey(kind string, frames int64, leaving, coming string, encoder []string, size lectern.Size, rate int,
	version string) string {
	return contentkey.Of(lectern.StepTransition, kind, frames, leaving, coming, encoder, size, rate, version)
}

// passageKey depends on every narration with its place in the passage and its gain, and on how they are encoded, but
// not on where the passage is.
func passageKey(p audio.Passage, args []string, version string) string {
	list := make([]placed, len(p.Speech))
	for i, s := range p.Speech {
		list[i] = placed{s.Key, s.Start, s.Samples, s.Gain}
	}
	return contentkey.Of(lectern.StepAudio, p.Samples, list, args, version)
}

// audioKey depends on every passage with its place.
func audioKey(samples int64, passages []placed) string {
	return contentkey.Of(lectern.StepAudio, samples, passages)
}

// placed is a narration in a passage, or a passage in the whole, in samples.
type placed struct {
	Key     string
	Start   int64
	Samples int64
	Gain    float64 // 0: it has none of its own
}

// muxKey depends on the streams, and on all that is written into the same file.
func muxKey(pieces []string, sound, srt string, shown bool, chapters []captions.Chapter, title, language string,
	e encode.Encoding) string {
	return contentkey.Of(lectern.StepMux, pieces, sound, srt, shown, chapters, title, language, e.Size, e.Rate)
}
