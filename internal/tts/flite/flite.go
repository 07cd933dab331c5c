// Package flite speaks English offline with flite, a small program of Carnegie Mellon University.
//
// Its voices slt and rms are built by statistics from hours of recordings of a person, and are more pleasant than
// espeak's formant synthesis; so they are the English default where the program is installed. flite reports when each
// phoneme ends but not which word it belongs to. So the engine also asks how each word of the sentence is pronounced
// alone, and aligns the two phoneme sequences ([words]).
package flite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"lectern"
	"lectern/internal/proc"
	"lectern/internal/tts"
)

// Name is the engine's name.
const Name = "flite"

// settings is the version of what shapes this engine's sound and times.
const settings = "2"

// Options says how the engine works.
type Options struct {
	Program string // the flite program; empty: looked up in PATH
}

// Engine is the flite engine. It holds no process between sentences.
type Engine struct {
	program string
	slot    chan struct{} // held while facts is read or filled
	facts   *facts

	mu  sync.Mutex
	lex map[string][]string // the phonemes of words that are said alone; about maxLexicon words at most
}

// facts are what the engine reads once about the installed flite.
type facts struct {
	path    string
	version string
	voices  []lectern.Voice
}

var _ tts.Engine = (*Engine)(nil)

// New makes an engine. It starts no process.
func New(o Options) *Engine {
	return &Engine{program: o.Program, slot: make(chan struct{}, 1), lex: map[string][]string{}}
}

// Name implements tts.Engine.
func (e *Engine) Name() string { return Name }

// Voices implements tts.Engine: those of flite's English voices that this build of it has.
func (e *Engine) Voices(ctx context.Context) ([]lectern.Voice, error) {
	f, err := e.learn(ctx)
	if err != nil {
		return nil, err
	}
	return append([]lectern.Voice(nil), f.voices...), nil
}

// Fingerprint implements tts.Engine.
func (e *Engine) Fingerprint() string {
	f, err := e.learn(context.Background())
	if err != nil {
		return Name + "/none"
	}
	return fmt.Sprintf("%s/%s/%s.%s", Name, f.version, tts.Settings, settings)
}

// Speak implements tts.Engine. Text in another script than Latin fails with lectern.CodeVoiceFailed.
func (e *Engine) Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	f, err := e.learn(ctx)
	if err != nil {
		return lectern.Narration{}, err
	}
	if !offers(f.voices, v.ID) {
		return lectern.Narration{}, lectern.Fail(lectern.CodeUnknownVoice, "flite has no voice %q.", v.ID)
	}
	if err := tts.Fits(script.Text); err != nil {
		return lectern.Narration{}, err
	}
	sentences := tts.Prepare(script, v.Language, tts.Read(Speakable))
	if len(sentences) == 0 && tts.Prepare(script, "en", nil) != nil {
		return lectern.Narration{}, lectern.Fail(lectern.CodeVoiceFailed,
			"The voice %s reads English only, and this narration is in another script. Leave the voice out, so that one for "+
				"its language is chosen.", v.ID)
	}
	// All words are asked for in one call: a start of flite costs as much as a hundred words.
	var words []string
	for _, s := range sentences {
		words = append(words, keysOf(s)...)
	}
	if len(sentences) > 0 {
		if _, err := e.study(ctx, f.path, words, sentences[0]); err != nil {
			return lectern.Narration{}, err
		}
	}
	return tts.Compose(ctx, script.Text, v, sentences, func(ctx context.Context, s tts.Sentence) (tts.Utterance, error) {
		return e.say(ctx, f.path, s, v)
	})
}

func offers(voices []lectern.Voice, id string) bool {
	for _, v := range voices {
		if v.ID == id {
			return true
		}
	}
	return false
}

// offered are the voices that the engine offers, best first. kal (8 kHz) and awb_time (a speaking clock) are left out.
var offered = []lectern.Voice{
	{Engine: Name, ID: "rms", Name: "Richard (rms), American English", Language: "en-US", Gender: "male"},
	{Engine: Name, ID: "slt", Name: "Sarah (slt), American English", Language: "en-US", Gender: "female"},
	{Engine: Name, ID: "awb", Name: "Alan (awb), Scottish English", Language: "en-GB", Gender: "male"},
	{Engine: Name, ID: "kal16", Name: "Kevin (kal16), American English", Language: "en-US", Gender: "male"},
}

// learn finds the program, its version and its voices, once. After a failure, the next call tries again.
func (e *Engine) learn(ctx context.Context) (*facts, error) {
	select {
	case e.slot <- struct{}{}:
		defer func() { <-e.slot }()
	case <-ctx.Done():
		return nil, lectern.Fail(lectern.CodeCanceled, "The voices were not listed in time.").Because(ctx.Err())
	}
	if e.facts != nil {
		return e.facts, nil
	}
	path, err := proc.Find(e.program)
	if e.program == "" {
		path, err = proc.Find("flite")
	}
	if err != nil {
		return nil, missing(err)
	}
	var version []byte
	var versionErr error
	versionRead := make(chan struct{})
	go func() {
		defer close(versionRead)
		version, versionErr = proc.Output(ctx, proc.Command{Path: path, Args: []string{"--version"}, MaxStdout: 1 << 20})
	}()
	list, err := proc.Output(ctx, proc.Command{Path: path, Args: []string{"-lv"}, MaxStdout: 1 << 20})
	<-versionRead
	if err != nil {
		return nil, fault(ctx, "list its voices", err)
	}
	if versionErr != nil && !isExit(versionErr) {
		return nil, fault(ctx, "report its version", versionErr)
	}
	f := &facts{path: path, version: versionIn(string(version))}
	_, names, _ := strings.Cut(string(list), ":")
	have := map[string]bool{}
	for _, n := range strings.Fields(names) {
		have[n] = true
	}
	for _, v := range offered {
		if have[v.ID] {
			f.voices = append(f.voices, v)
		}
	}
	if len(f.voices) == 0 {
		return nil, missing(errors.New("flite lists none of the voices rms, slt, awb, kal16"))
	}
	e.facts = f
	return f, nil
}

// versionIn finds "flite-2.2-current" in what flite --version prints.
func versionIn(s string) string {
	_, rest, ok := strings.Cut(s, "version:")
	if f := strings.Fields(rest); ok && len(f) > 0 {
		return f[0]
	}
	return "unknown"
}

// say speaks one sentence.
func (e *Engine) say(ctx context.Context, path string, s tts.Sentence, v lectern.Voice) (tts.Utterance, error) {
	wav, report, err := e.run(ctx, path, s, v)
	if err != nil {
		return tts.Utterance{}, err
	}
	samples, rate, err := tts.ReadWAV(wav)
	if err != nil {
		return tts.Utterance{}, tts.Failed(Name, s, clipTail(report), err)
	}
	phones, err := parsePhones(report)
	if err != nil {
		return tts.Utterance{}, tts.Failed(Name, s, clipTail(report), err)
	}
	said, err := e.pronounce(ctx, path, s)
	if err != nil {
		return tts.Utterance{}, err
	}
	u := tts.Utterance{Rate: rate, Samples: samples}
	u.Phonemes, u.Words = words(phones, said, rate, len(samples))
	return u, nil
}

// run runs flite for one sentence: its audio comes through an extra pipe, its report on standard output.
func (e *Engine) run(ctx context.Context, path string, s tts.Sentence,
	v lectern.Voice) (wav []byte, report string, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, "", tts.Failed(Name, s, "", err)
	}
	defer r.Close()
	var out bytes.Buffer
	p, err := proc.Start(ctx, proc.Command{
		Path: path, Stdout: &out, MaxStdout: 4 << 20, Files: []*os.File{w},
		Args: []string{
			"-voice", v.ID, "-psdur", "--setf", "duration_stretch=" + strconv.FormatFloat(1/(tts.Speed(v)*pace[v.ID]), 'f', 4,
				64),
			"-o", "/dev/fd/3", "-t", s.Text,
		},
	})
	w.Close()
	if err != nil {
		return nil, "", e.failed(ctx, s, err)
	}
	wav, readErr := io.ReadAll(io.LimitReader(r, 256<<20))
	if err := p.Wait(); err != nil {
		return nil, "", e.failed(ctx, s, err)
	}
	if readErr != nil {
		return nil, "", e.failed(ctx, s, readErr)
	}
	return wav, out.String(), nil
}

// pace brings the voices to a presenter's tempo, about 165 words a minute.
var pace = map[string]float64{"rms": 1, "slt": 1, "awb": 1, "kal16": 1}

func (e *Engine) failed(ctx context.Context, s tts.Sentence, err error) error {
	if ctx.Err() != nil {
		return tts.Canceled(ctx.Err())
	}
	if errors.Is(err, proc.ErrNotFound) {
		return missing(err)
	}
	var exit *proc.ExitError
	if errors.As(err, &exit) {
		return tts.Failed(Name, s, exit.Tail, err)
	}
	return tts.Failed(Name, s, "", err)
}

func isExit(err error) bool {
	var exit *proc.ExitError
	return errors.As(err, &exit)
}

func fault(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return lectern.Fail(lectern.CodeCanceled, "The voices were not listed in time.").Because(ctx.Err())
	}
	return lectern.Fail(lectern.CodeVoiceFailed, "The voice engine flite could not %s.", doing).Because(err)
}

func missing(err error) error {
	return lectern.Fail(lectern.CodeMissingTool, "flite is not installed; install it with: apt-get install "+
		"flite").Because(err)
}

func clipTail(s string) string { return s[max(0, len(s)-500):] }
