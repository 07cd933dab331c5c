package flite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/retry"
	"lectern/internal/slots"
	"lectern/internal/tts"
	"lectern/internal/tts/ttstest"
)

const english = "Hello, and welcome to the show. Today we look at three simple ideas, and at what they cost. Are you " +
	"ready?"

func TestConformance(t *testing.T) {
	t.Parallel()
	// All tests share one engine, which keeps nothing but its lexicon. It has the decorators of an engine that is
	// reached over a network.
	e := tts.Cached(tts.Retrying(tts.Limited(New(Options{}), slots.New(Name, 4)), retry.Policy{}), tts.CacheOptions{})
	t.Cleanup(func() { _ = e.Close() })
	ttstest.Run(t, func(*testing.T) tts.Engine { return e }, ttstest.Options{Voice: "rms", Text: english, OwnScript: true,
		LongText: 2500})
}

// Every voice speaks all words, with exact times.
func TestEveryVoiceSpeaksWithExactTimes(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	voices, err := e.Voices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range voices {
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			n, err := e.Speak(t.Context(), lectern.Plain(english), v)
			if err != nil {
				t.Fatal(err)
			}
			ttstest.Check(t, english, n)
			ttstest.CheckTimes(t, n, 40*time.Millisecond)
		})
	}
}

// flite does not say which word a phoneme belongs to; the alignment finds it.
func TestWordsGetTheirPhonemes(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	voices, err := e.Voices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, err := e.Speak(t.Context(), lectern.Plain("Thomas paid $5.50 on the 2nd day, and went home."), voices[0])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{ // how each word begins and ends
		"Thomas": "t s", "paid": "p d", "$5.50": "f s", "on": "ɑː n", "the": "ð ə", "2nd": "s d", "day,": "d eɪ",
		"and": "æ d", "went": "w t", "home.": "h m",
	}
	for _, w := range n.Words {
		var in []string
		for _, p := range n.Phonemes {
			if p.Start >= w.Start && p.End <= w.End {
				in = append(in, p.Text)
			}
		}
		if len(in) == 0 {
			t.Errorf("%q has no phonemes", w.Text)
			continue
		}
		if got := in[0] + " " + in[len(in)-1]; got != want[w.Text] {
			t.Errorf("%q has the phonemes %v, want %q as the first and the last", w.Text, in, want[w.Text])
		}
	}
}

func TestSpeakableRespellsForFlite(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"API": "A P I", "APIs": "A P I's", "NASA": "NASA", "AI,": "A I,", "GitHub": "Git Hub", "JavaScript": "Java " +
			"Script", "$2M": "two million dollars",
		"1.5M.": "one point five million.", "3.5x": "three point five times", "£20": "twenty pounds", "€30": "thirty " +
			"euros", "e.g.": "for example", "café": "cafe",
		"Straße": "Strasse", "https://example.com/a?b": "example dot " +
			"com", "Привіт": "", "—": "", "naïve,": "naive,", "50%": "fifty percent",
		"2026-11-24": "November twenty-fourth, twenty twenty-six", "STOP": "STOP", "100 USD": "one hundred U S dollars",
	} {
		var said []string
		for _, s := range tts.Read(Speakable)(in, "en-US") {
			said = append(said, s.Say)
		}
		if got := strings.Join(said, " "); got != want {
			t.Errorf("%q is given to flite as %q, want %q", in, got, want)
		}
	}
}

func TestOtherScriptsAreRefused(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	_, err := e.Speak(t.Context(), lectern.Plain("Привіт, світе."), lectern.Voice{Engine: Name, ID: "rms",
		Language: "en-US"})
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeVoiceFailed}) {
		t.Errorf("Ukrainian read by flite gives %v", err)
	}
}

func TestTheFailureWithoutFliteSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	e := New(Options{Program: "/nonexistent/flite"})
	_, err := e.Voices(t.Context())
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeMissingTool}) ||
		!strings.Contains(err.Error(), "apt-get install flite") {
		t.Errorf("without flite: %v", err)
	}
	if got := e.Fingerprint(); got != "flite/none" {
		t.Errorf("fingerprint %q", got)
	}
}

// The failure of the program has the end of its standard error.
func TestTheFailureOfTheProgramHasTheReason(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"exits":   `echo "the reason" >&2; exit 3`,
		"killed":  `echo "the reason" >&2; kill -9 $$`,
		"silent":  `exit 0`,
		"garbage": `echo "not:phones at all"; echo junk >&3`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "flite")
			body := "#!/bin/sh\ncase \"$1\" in -lv) echo 'Voices available: rms'; exit;; --version) echo ' version: " +
				"flite-9.9'; exit;; esac\n" + script + "\n"
			if err := os.WriteFile(path, []byte(body), 0o755); err != nil {
				t.Fatal(err)
			}
			e := New(Options{Program: path})
			_, err := e.Speak(t.Context(), lectern.Plain(english), lectern.Voice{Engine: Name, ID: "rms"})
			f := lectern.AsFailure(err)
			if err == nil || f.Code != lectern.CodeVoiceFailed || !strings.Contains(f.Message, "Hello, and welcome") {
				t.Fatalf("failure is %+v", f)
			}
			if (name == "exits" || name == "killed") && !strings.Contains(f.Detail, "the reason") {
				t.Errorf("detail %q lacks the reason", f.Detail)
			}
		})
	}
}

func FuzzParsePhones(f *testing.F) {
	f.Add("pau:0.164 hh:0.255 ax:0.304 l:0.547 ow:0.661 pau:0.880")
	f.Add("pau:NaN x:1e99 :3")
	f.Fuzz(func(t *testing.T, report string) {
		phones, err := parsePhones(report)
		if err != nil {
			return
		}
		phonemes, spans := words(phones, [][]string{{"hh", "ax"}, {}, {"l", "ow"}}, 16000, 10_000)
		if len(spans) != 3 {
			t.Fatal("words lost")
		}
		at := int64(0)
		for _, p := range phonemes {
			if p.Start < at || p.End <= p.Start || p.End > 10_000 {
				t.Fatalf("phoneme %+v after %d", p, at)
			}
			at = p.End
		}
	})
}
