// Package espeak speaks more than a hundred languages offline, with libespeak-ng.
//
// The library reports the place of every word and phoneme in its audio to the sample, which no other free engine does,
// so captions and mouths follow exactly. It is also a large body of C with global state: one thread may use it, some
// texts overflow its stack and end the process, and its output depends on earlier requests. So this program starts
// itself as a child process ([ChildMain]), a new one for each narration, which loads the library without cgo. A
// sentence takes a few milliseconds. A child that dies or hangs is replaced, and the sentence is tried again in plain
// letters. If the library cannot be loaded but the espeak-ng program is installed, the program speaks, and the times
// come from the audio.
package espeak

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lectern"
	"lectern/internal/proc"
	"lectern/internal/tts"
)

// Name is the engine's name.
const Name = "espeak"

// settings is the version of what shapes this engine's sound: styles, rate, filters.
const settings = "2"

// Options says how the engine works.
type Options struct {
	Command []string // starts the child process, which must call ChildMain; the first is the program's path
	Program string   // the espeak-ng program, for machines without the library; empty: looked up in PATH
}

// Engine is the espeak engine. Close ends it.
type Engine struct {
	host    *host
	program string

	slot  chan struct{} // held while facts is read or filled
	facts *facts
}

// facts are what the engine reads once about the installed espeak-ng.
type facts struct {
	version string
	voices  []known
	byID    map[string]known
	program string // not empty: the library is missing, and this program speaks instead
}

var (
	_ tts.Engine  = (*Engine)(nil)
	_ tts.Doubter = (*Engine)(nil)
	_ tts.Reader  = (*Engine)(nil)
)

// New makes an engine. It starts no process.
func New(o Options) *Engine {
	return &Engine{host: newHost(o.Command), program: o.Program, slot: make(chan struct{}, 1)}
}

// Close stops all child processes. It may be called twice; Speak fails afterwards.
func (e *Engine) Close() error {
	e.host.close()
	return nil
}

// Name implements tts.Engine.
func (e *Engine) Name() string { return Name }

// Voices implements tts.Engine: two speakers for each language of the installed espeak-ng.
func (e *Engine) Voices(ctx context.Context) ([]lectern.Voice, error) {
	f, err := e.learn(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]lectern.Voice, len(f.voices))
	for i, k := range f.voices {
		out[i] = k.voice
	}
	return out, nil
}

// Doubt implements tts.Doubter: Debian's espeak-ng lacks the dictionaries for Mandarin, Japanese characters and Thai,
// and says "Chinese letter" or the number of a tone instead.
func (e *Engine) Doubt(v lectern.Voice) string {
	switch lang, _, _ := strings.Cut(v.Language, "-"); lang {
	case "zh", "ja", "th":
		return fmt.Sprintf("espeak reads the script of this language (%s) badly; the narration will be hard to understand.",
			v.Language)
	}
	return ""
}

// Reads implements tts.Reader: all voices except those of Chinese, Japanese and Thai read Latin words as English, with
// their own sounds.
func (e *Engine) Reads(v lectern.Voice, iso string) bool {
	return iso == "Latn" && e.Doubt(v) == "" && !strings.HasPrefix(v.Language, "yue")
}

// Fingerprint implements tts.Engine.
func (e *Engine) Fingerprint() string {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	f, err := e.learn(ctx)
	if err != nil {
		return Name + "/none"
	}
	kind := "lib"
	if f.program != "" {
		kind = "program"
	}
	return fmt.Sprintf("%s/%s-%s/%s.%s", Name, kind, f.version, tts.Settings, settings)
}

// Speak implements tts.Engine.
func (e *Engine) Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	f, err := e.learn(ctx)
	if err != nil {
		return lectern.Narration{}, err
	}
	k, ok := f.byID[v.ID]
	if !ok {
		return lectern.Narration{}, lectern.Fail(lectern.CodeUnknownVoice, "espeak has no voice %q.", v.ID)
	}
	if err := tts.Fits(script.Text); err != nil {
		return lectern.Narration{}, err
	}
	sentences := tts.Prepare(script, v.Language, tts.Read(tts.Speakable))
	if len(sentences) == 0 {
		return lectern.Narration{Voice: v}, nil
	}
	say := func(ctx context.Context, s tts.Sentence) (tts.Utterance, error) {
		return speakProgram(ctx, f.program, k.request(s, v), s)
	}
	if f.program == "" {
		child, err := e.host.open(ctx)
		if err != nil {
			return lectern.Narration{}, failure(ctx, sentences[0], err)
		}
		defer child.close()
		say = func(ctx context.Context, s tts.Sentence) (tts.Utterance, error) {
			return child.say(ctx, k.request(s, v), s)
		}
	}
	return tts.Compose(ctx, script.Text, v, sentences, say)
}

// request is a request to the library for a sentence.
func (k known) request(s tts.Sentence, v lectern.Voice) request {
	r := request{
		Op: "speak", Text: s.Text, Voice: k.file, Pitch: k.style.pitch, Range: k.style.span, Gap: wordGap,
		Rate: min(max(int(math.Round(wordsPerMinute*tts.Speed(v))), 80), 450),
	}
	if k.style.variant != "" {
		r.Voice += "+" + k.style.variant
	}
	return r
}

// say asks the child for one sentence; if that kills it, once more in plain letters.
func (s *session) say(ctx context.Context, r request, sentence tts.Sentence) (tts.Utterance, error) {
	a, samples, err := s.ask(ctx, r)
	var died *childError
	if errors.As(err, &died) {
		r.Text = plain(r.Text)
		a, samples, err = s.ask(ctx, r)
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error)
	}
	if err != nil {
		return tts.Utterance{}, failure(ctx, sentence, err)
	}
	return utterance(sentence, a.Rate, samples, a.Events), nil
}

// plain replaces ASCII signs, except commas and apostrophes, by spaces, rune by rune, so that places in the text stay
// valid.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == ',' || r == '\'' {
			return r
		}
		if r < utf8.RuneSelf {
			return ' '
		}
		return r
	}, s)
}

// failure is the failure when s could not be spoken.
func failure(ctx context.Context, s tts.Sentence, err error) error {
	var died *childError
	var f *lectern.Failure
	switch {
	case ctx.Err() != nil:
		return tts.Canceled(ctx.Err())
	case errors.As(err, &died):
		return tts.Failed(Name, s, died.tail, died)
	case errors.As(err, &f):
		return f
	}
	return tts.Failed(Name, s, "", err)
}

// learn asks for version and voices, once. After a failure, the next call asks again.
func (e *Engine) learn(ctx context.Context) (*facts, error) {
	select {
	case e.slot <- struct{}{}:
		defer func() { <-e.slot }()
	case <-ctx.Done():
		return nil, unlisted(ctx, ctx.Err())
	}
	if e.facts != nil {
		return e.facts, nil
	}
	child, err := e.host.open(ctx)
	if err != nil {
		return nil, unlisted(ctx, err)
	}
	defer child.close()
	a, _, err := child.ask(ctx, request{Op: "voices"})
	var f *facts
	switch {
	case err == nil && a.Error == "":
		f = &facts{version: a.Version, voices: catalogue(a.Voices)}
	case ctx.Err() != nil:
		return nil, unlisted(ctx, err)
	case err == nil && a.Missing:
		if f, err = learnProgram(ctx, e.program); err != nil {
			return nil, missing(fmt.Errorf("%s; %w", a.Error, err))
		}
	case err == nil:
		err = errors.New(a.Error)
		fallthrough
	default:
		return nil, unlisted(ctx, err)
	}
	if len(f.voices) == 0 {
		return nil, missing(errors.New("espeak-ng lists no voices"))
	}
	f.byID = make(map[string]known, len(f.voices))
	for _, k := range f.voices {
		f.byID[k.voice.ID] = k
	}
	e.facts = f
	return f, nil
}

// unlisted is the failure when the voices cannot be listed: CodeCanceled if ctx has ended, otherwise that the child
// does not start.
func unlisted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return lectern.Fail(lectern.CodeCanceled, "The voices were not listed in time.").Because(ctx.Err())
	}
	return lectern.Fail(lectern.CodeVoiceFailed, "The voice engine espeak does not start. `lectern doctor` "+
		"examines it.").Because(err)
}

func missing(err error) error {
	return lectern.Fail(lectern.CodeMissingTool, "espeak-ng is not installed; install it with: apt-get install "+
		"espeak-ng").Because(err)
}

// notFound reports whether err means that there is no such program.
func notFound(err error) bool { return errors.Is(err, proc.ErrNotFound) }
