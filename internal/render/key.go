package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"lectern"
	"lectern/internal/audio"
	"lectern/internal/captions"
	"lectern/internal/encode"
)

// codeVersion stands in every key for the code that makes the outputs. Raise it whenever the same inputs give other
// bytes.
const codeVersion = "lectern-render-11"

// contentKey is the hash of all that a step's output depends on. Parts are hashed as JSON, so that no two lists of
// parts look alike.
func contentKey(kind lectern.StepKind, parts ...any) string {
	h := sha256.New()
	e := json.NewEncoder(h)
	for _, part := range append([]any{codeVersion, string(kind)}, parts...) {
		if err := e.Encode(part); err != nil {
			// Parts are plain values; a deck's free-form props are in a page's HTML by now.
			panic(fmt.Sprintf("a part of a content key cannot be written: %v", err))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// narrationKey: what is said, by whom, and how those voices sound here.
func narrationKey(r lectern.Reading, fingerprint string) string {
	return contentKey(lectern.StepNarrate, r.Script.Text, r.Script.Marks, r.Voice, r.Voice.Speed, r.Parts, fingerprint)
}

// takeKey: who says what, in which voice. It is the order's key too: the same take is paid for once, whoever asks.
func takeKey(avatar, fingerprint, text string, voice lectern.VoiceChoice) string {
	return contentKey(lectern.StepAnimate, "take", avatar, fingerprint, text, voice)
}

// captureKey: the page, the pictures it loads and who draws it.
func captureKey(page lectern.Page, assets []lectern.Picture, browser, library string) string {
	type loaded struct{ URL, Type, Hash string }
	list := make([]loaded, len(assets))
	for i, a := range assets {
		list[i] = loaded{a.URL, a.ContentType, digest(a.Body)}
	}
	return contentKey(lectern.StepCapture, page, list, browser, library)
}

// stillKey: the picture and how it is encoded, but not for how long it stays.
func stillKey(capture string, encoder []string, size lectern.Size, rate int, version string) string {
	return contentKey(lectern.StepEncode, "still", capture, encoder, size, rate, version)
}

// stage is what an avatar's segment depends on besides picture and sound.
type stage struct {
	Avatar      string
	Fingerprint string
	Request     lectern.ClipRequest // without the narration, which has a key of its own
	Window      any
	In, Out     int64
}

func avatarKey(capture, narration string, s stage, encoder []string, size lectern.Size, rate int,
	version string) string {
	return contentKey(lectern.StepEncode, "avatar", capture, narration, s, encoder, size, rate, version)
}

// transitionKey: both sides, and how one becomes the other.
func transitionKey(kind string, frames int64, leaving, coming string, encoder []string, size lectern.Size, rate int,
	version string) string {
	return contentKey(lectern.StepTransition, kind, frames, leaving, coming, encoder, size, rate, version)
}

// passageKey: every narration with its place in the passage and its gain, and how they are encoded; not where the
// passage is.
func passageKey(p audio.Passage, args []string, version string) string {
	list := make([]placed, len(p.Speech))
	for i, s := range p.Speech {
		list[i] = placed{s.Key, s.Start, s.Samples, s.Gain}
	}
	return contentKey(lectern.StepAudio, p.Samples, list, args, version)
}

// audioKey: every passage with its place.
func audioKey(samples int64, passages []placed) string {
	return contentKey(lectern.StepAudio, samples, passages)
}

// placed is a narration in a passage, or a passage in the whole, in samples.
type placed struct {
	Key     string
	Start   int64
	Samples int64
	Gain    float64 // 0: it has none of its own
}

// muxKey: the streams, and all that is written beside them.
func muxKey(pieces []string, sound, srt string, shown bool, chapters []captions.Chapter, title, language string,
	e encode.Encoding) string {
	return contentKey(lectern.StepMux, pieces, sound, srt, shown, chapters, title, language, e.Size, e.Rate)
}
