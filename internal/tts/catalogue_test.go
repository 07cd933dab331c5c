package tts

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
)

// fakeEngine is an engine with the given voices, or with a failure instead.
type fakeEngine struct {
	name   string
	voices []lectern.Voice
	err    error
}

func (s fakeEngine) Name() string                                    { return s.name }
func (s fakeEngine) Voices(context.Context) ([]lectern.Voice, error) { return s.voices, s.err }
func (s fakeEngine) Fingerprint() string                             { return s.name + "/1" }
func (s fakeEngine) Speak(_ context.Context, _ lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	return lectern.Narration{Voice: v}, s.err
}

func voice(engine, id, language, gender string) lectern.Voice {
	return lectern.Voice{Engine: engine, ID: id, Name: id, Language: language, Gender: gender}
}

// twoEngines returns a catalogue of two engines that work and one that is not installed.
func twoEngines() *Catalogue {
	return NewCatalogue(
		fakeEngine{name: "flite", voices: []lectern.Voice{voice("flite", "rms", "en-US", "male"),
			voice("flite", "slt", "en-US", "female"), voice("flite", "awb", "en-GB", "male")}},
		fakeEngine{name: "espeak", voices: []lectern.Voice{
			voice("espeak", "en-us-male", "en-US", "male"), voice("espeak", "en-us-female", "en-US", "female"),
			voice("espeak", "uk-male", "uk", "male"), voice("espeak", "uk-female", "uk", "female"), voice("espeak", "de-male",
				"de", "male"), voice("espeak", "de-female", "de", "female"),
			voice("espeak", "es-419-male", "es-419", "male"), voice("espeak", "es-male", "es",
				"male"), voice("espeak", "fr-fr-male", "fr-FR", "male"), voice("espeak", "nb-male", "nb", "male"),
		}},
		fakeEngine{name: "gone", err: lectern.Fail(lectern.CodeMissingTool, "gone is not installed")},
	)
}

func TestResolveChoosesTheVoiceAndWarns(t *testing.T) {
	t.Parallel()
	type choice = lectern.VoiceChoice
	for _, c := range []struct {
		choice choice
		text   string
		want   string
		warns  string // codes
	}{
		{choice{}, "Hello, and welcome.", "rms", ""},
		{choice{Gender: "female"}, "Hello, and welcome.", "slt", ""},
		{choice{}, "Привіт і ласкаво просимо.", "uk-male", ""},
		{choice{Gender: "female"}, "Привіт і ласкаво просимо.", "uk-female", ""},
		{choice{}, "Heute sehen wir uns an, wie das Team arbeitet.", "de-male", ""},
		{choice{}, "Aujourd'hui, nous allons voir comment l'équipe travaille.", "fr-fr-male", ""},
		{choice{}, "123", "rms", ""},
		{choice{Language: "en-GB"}, "Hello", "awb", ""},
		{choice{Language: "en_gb"}, "Hello", "awb", ""},
		{choice{Language: "es-MX"}, "Hola a todos", "es-male", ""},
		{choice{Language: "no"}, "", "nb-male", ""},
		{choice{Language: "xx"}, "Hello", "rms", "voice_language"},
		{choice{Engine: "espeak"}, "Hello there, friends.", "en-us-male", ""},
		{choice{Engine: "espeak-ng", ID: "UK-Female"}, "Дякую за увагу!", "uk-female", ""},
		{choice{ID: "slt"}, "Hello, and welcome.", "slt", ""},
		{choice{ID: "de"}, "Guten Tag.", "de-male", ""},
		{choice{ID: "slt"}, "Heute sehen wir uns an, wie das Team arbeitet.", "slt", "voice_language"},
		{choice{Engine: "azure", ID: "en-US-AriaNeural"}, "Hello.", "slt", "voice_unavailable"},
		{choice{Engine: "azure", ID: "en-US-GuyNeural"}, "Hello.", "rms", "voice_unavailable"},
		{choice{Engine: "azure", ID: "uk-UA-PolinaNeural"}, "Привіт.", "uk-female", "voice_unavailable"},
		{choice{Engine: "azure", ID: "en-US-EmmaMultilingualNeural"}, "Дякую за увагу всім!", "uk-female",
			"voice_unavailable"},
		{choice{Engine: "ElevenLabs", ID: "21m00Tcm4TlvDq8ikWAM"}, "Hello, and welcome.", "rms", "voice_unavailable"},
		{choice{ID: "21m00Tcm4TlvDq8ikWAM"}, "Hello, and welcome.", "rms", "voice_unavailable"},
		{choice{ID: "de-DE-KatjaNeural"}, "Guten Tag.", "de-female", "voice_unavailable"},
		{choice{Engine: "gone"}, "Hello.", "rms", "voice_unavailable"},
		{choice{Speed: 9}, "Hello.", "rms", "voice_speed"},
	} {
		r, warnings, err := twoEngines().Resolve(t.Context(), c.choice, lectern.Plain(c.text))
		v := r.Voice
		if err != nil {
			t.Errorf("%+v: %v", c.choice, err)
			continue
		}
		var codes []string
		for _, w := range warnings {
			codes = append(codes, w.Code)
		}
		if got := strings.Join(codes, " "); v.ID != c.want || got != c.warns {
			t.Errorf("%+v for %q gives %s (%s), want %s (%s)", c.choice, c.text, v.ID, got, c.want, c.warns)
		}
	}
	r, _, err := twoEngines().Resolve(t.Context(), choice{Speed: 1.5}, lectern.Plain("Hello"))
	v := r.Voice
	if err != nil || v.Speed != 1.5 {
		t.Errorf("speed %v (%v)", v.Speed, err)
	}
}

// asked is an engine that counts how often it is asked for its voices.
type asked struct {
	fakeEngine
	times *atomic.Int32
}

func (a asked) Voices(ctx context.Context) ([]lectern.Voice, error) {
	a.times.Add(1)
	return a.fakeEngine.Voices(ctx)
}

// The second engine is asked for its voices only if the choice can depend on them.
func TestResolveAsksNoMoreEnginesThanItMust(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		choice lectern.VoiceChoice
		text   string
		want   int32
	}{
		{lectern.VoiceChoice{}, "Hello, and welcome.", 0}, {lectern.VoiceChoice{Gender: "female", Speed: 2}, "Hello, and " +
			"welcome.", 0},
		{lectern.VoiceChoice{}, "Привіт і ласкаво просимо.", 1}, {lectern.VoiceChoice{Language: "en-AU"}, "Hello", 1},
		{lectern.VoiceChoice{ID: "slt"}, "Hello", 0},
		{lectern.VoiceChoice{Engine: "flite", ID: "slt"}, "Hello", 0},
		{lectern.VoiceChoice{Engine: "flite"}, "Привіт і ласкаво просимо.", 1},
		{lectern.VoiceChoice{Engine: "espeak", ID: "uk-male"}, "Hello", 1}, {lectern.VoiceChoice{ID: "uk-male"}, "Hello", 1},
		{lectern.VoiceChoice{Engine: "azure", ID: "en-US-JennyNeural"}, "Hello", 1},
	} {
		all := twoEngines()
		var times atomic.Int32
		all.engines[1] = asked{all.engines[1].(fakeEngine), &times}
		if _, _, err := all.Resolve(t.Context(), c.choice, lectern.Plain(c.text)); err != nil {
			t.Error(err)
		}
		if got := min(times.Load(), 1); got != c.want {
			t.Errorf("%+v for %q: the second engine is asked %d times", c.choice, c.text, times.Load())
		}
	}
}

func TestTheFailureOfAnUnknownVoiceNamesSimilarOnes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ engine, id, near string }{{"espeak", "uk-mail", "uk-male"}, {"flite", "stl", "slt"},
		{"", "us-mal", "de-male"}} {
		choice := lectern.VoiceChoice{Engine: c.engine, ID: c.id}
		_, _, err := twoEngines().Resolve(t.Context(), choice, lectern.Plain("Hello"))
		if !errors.Is(err, &lectern.Failure{Code: lectern.CodeUnknownVoice}) || !strings.Contains(err.Error(), c.near) {
			t.Errorf("%s/%s gives %v, which should name %s", c.engine, c.id, err, c.near)
		}
	}
}

func TestWithoutAnyEngineTheFailureSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	c := NewCatalogue(fakeEngine{name: "a", err: lectern.Fail(lectern.CodeMissingTool, "a is missing")},
		fakeEngine{name: "b", err: errors.New("b is broken")})
	_, _, err := c.Resolve(t.Context(), lectern.VoiceChoice{}, lectern.Plain("Hello"))
	f := lectern.AsFailure(err)
	if err == nil || f.Code != lectern.CodeMissingTool || !strings.Contains(f.Message, "apt-get install") ||
		!strings.Contains(f.Detail, "b is broken") {
		t.Errorf("without any engine: %+v", f)
	}
}

func TestCatalogueSpeaksWithTheVoicesEngine(t *testing.T) {
	t.Parallel()
	c := twoEngines()
	if n, err := c.Speak(t.Context(), lectern.Reading{Script: lectern.Plain("x"),
		Voice: voice("espeak", "uk-male", "uk", "male")}); err != nil || n.Voice.ID != "uk-male" {
		t.Errorf("the narration has the voice %v (%v)", n.Voice, err)
	}
	if _, err := c.Speak(t.Context(), lectern.Reading{Script: lectern.Plain("x"),
		Voice: voice("none", "x", "en", "")}); !errors.Is(err, &lectern.Failure{Code: lectern.CodeUnknownVoice}) {
		t.Errorf("a voice of an unknown engine gives %v", err)
	}
	a, b := c.Fingerprint(lectern.Reading{Voice: voice("flite", "rms", "en",
		"")}), c.Fingerprint(lectern.Reading{Voice: lectern.Voice{Engine: "flite", ID: "rms", Speed: 1.25}})
	if a == b || a == c.Fingerprint(lectern.Reading{Voice: voice("flite", "slt", "en", "")}) {
		t.Errorf("different voices or speeds have the fingerprints %q and %q", a, b)
	}
}
