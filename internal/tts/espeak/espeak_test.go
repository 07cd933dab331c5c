package espeak

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern"
	"lectern/internal/tts"
	"lectern/internal/tts/ttstest"
)

// TestMain lets the test binary be the engine's child: one that works, and several that fail.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "child":
			os.Exit(ChildMain(os.Stdin, os.Stdout))
		case "dies": // at each text with an "!", which plain letters do not have, or with "fatal", which they keep
			os.Exit(fragile())
		case "hangs":
			select {}
		case "babbles": // announces a head of 2 GiB
			_, _ = os.Stdout.Write(binary.LittleEndian.AppendUint32(nil, 1<<31))
			select {}
		case "exits":
			_, _ = os.Stderr.WriteString("the reason\n")
			os.Exit(3)
		case "missing":
			var r request
			_ = readHead(os.Stdin, &r)
			_ = writeHead(os.Stdout, answer{Error: "no library", Missing: true})
			os.Exit(0)
		}
	}
	goleak.VerifyTestMain(m)
}

// fragile is a child that works until it meets certain texts.
func fragile() int {
	lib, err := open()
	if err != nil {
		return 9
	}
	for {
		var r request
		if err := readHead(os.Stdin, &r); err != nil {
			return 0
		}
		if strings.ContainsAny(r.Text, "!") || strings.Contains(r.Text, "fatal") {
			_, _ = os.Stderr.WriteString("*** stack smashing detected ***\n")
			return 134
		}
		a, samples := lib.answer(r)
		if errors.Join(writeHead(os.Stdout, a), writeSamples(os.Stdout, samples)) != nil {
			return 8
		}
	}
}

func engine(t testing.TB, mode ...string) *Engine {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if len(mode) == 0 {
		mode = []string{"child"}
	}
	e := New(Options{Command: append([]string{self}, mode...)})
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func find(t testing.TB, e *Engine, id string) lectern.Voice {
	t.Helper()
	voices, err := e.Voices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(voices, func(v lectern.Voice) bool { return v.ID == id })
	if i < 0 {
		t.Fatalf("no voice %q", id)
	}
	return voices[i]
}

const english = "Hello, and welcome to the show. Today we look at three simple ideas, and at what they cost. Are you " +
	"ready?"

func TestConformance(t *testing.T) {
	t.Parallel()
	ttstest.Run(t, func(t *testing.T) tts.Engine { return engine(t) }, ttstest.Options{Voice: "en-us-male", Text: english})
}

// Where the library cannot be loaded, the program speaks. It reports no times: those inside a sentence are estimates.
func TestConformanceOfTheProgram(t *testing.T) {
	t.Parallel()
	ttstest.Run(t, func(t *testing.T) tts.Engine { return engine(t, "missing") },
		ttstest.Options{Voice: "en-us-male", Text: english, Approximate: true, LongText: 3000})
}

// The languages in which most decks are written are recognised, and both speakers speak them.
func TestBothSpeakersSpeakTheCommonLanguages(t *testing.T) {
	t.Parallel()
	e := engine(t)
	voices, err := e.Voices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	languages := map[string]bool{}
	for _, v := range voices {
		languages[v.Language] = true
	}
	if len(languages) < 100 {
		t.Errorf("%d languages, want at least 100", len(languages))
	}
	catalogue := tts.NewCatalogue(e)
	for language, text := range map[string]string{
		"en": "Hello, and welcome! Today we look at three ideas. Are you ready?",
		"uk": "Привіт, і ласкаво просимо! Сьогодні ми розглянемо три ідеї. Ви готові?",
		"de": "Hallo, und herzlich willkommen! Heute sehen wir drei Ideen an. Seid ihr bereit?",
		"es": "¡Hola, y bienvenidos! Hoy vamos a ver tres ideas sencillas. ¿Están listos?",
		"fr": "Bonjour, et bienvenue ! Aujourd'hui, nous verrons trois idées. Êtes-vous prêts ?",
		"pl": "Dzień dobry, i witamy! Dziś zobaczymy trzy proste pomysły. Czy są państwo gotowi?",
		"ru": "Здравствуйте, и добро пожаловать! Сегодня мы посмотрим три идеи. Вы готовы?",
	} {
		for _, gender := range []string{"male", "female"} {
			r, warnings, err := catalogue.Resolve(t.Context(), lectern.VoiceChoice{Gender: gender}, lectern.Plain(text))
			v := r.Voice
			if err != nil || len(warnings) > 0 {
				t.Fatalf("%s: %v, %v", language, err, warnings)
			}
			if got, _, _ := strings.Cut(v.Language, "-"); got != language || v.Gender != gender {
				t.Errorf("%s %s: the voice is %+v", language, gender, v)
			}
			n, err := catalogue.Speak(t.Context(), r)
			if err != nil {
				t.Fatalf("%s: %v", language, err)
			}
			ttstest.Check(t, text, n)
			ttstest.CheckTimes(t, n, 40*time.Millisecond)
			if len(n.Phonemes) < 30 {
				t.Errorf("%s: %d phonemes, want at least 30", language, len(n.Phonemes))
			}
		}
	}
}

// The lips of a "p" close before it is heard: the closure belongs to the "p", not to the vowel before it.
func TestAPlosiveBeginsWithItsClosure(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, id := range []string{"en-us-male", "en-us-female"} {
		n, err := e.Speak(t.Context(), lectern.Plain("Happy people."), find(t, e, id))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, p := range n.Phonemes[1:] {
			if p.Text != "p" {
				continue
			}
			found++
			closed, burst := 0.0, -100.0
			const frame = lectern.SampleRate / 200
			for at := p.Start; at+frame <= p.End; at += frame {
				l := tts.SpeechLevel(n.Samples[at:at+frame], lectern.SampleRate)
				closed, burst = min(closed, l), max(burst, l)
			}
			if closed > -40 || burst < closed+8 {
				t.Errorf("%s: a p is closed at %.0f dB and bursts at %.0f dB", id, closed, burst)
			}
			if d := p.End - p.Start; d < lectern.SampleRate/20 {
				t.Errorf("%s: a p with its closure lasts %d samples", id, d)
			}
		}
		if found != 3 {
			t.Errorf("%s: %d p's, want 3: %v", id, found, n.Phonemes)
		}
	}
}

// A sentence that kills the child is spoken in plain letters by another; the rest is not lost.
func TestASentenceThatKillsTheChildIsTriedInPlainLetters(t *testing.T) {
	t.Parallel()
	e := engine(t, "dies")
	v := find(t, e, "en-us-male")
	text := "One two. Three four! Five six."
	n, err := e.Speak(t.Context(), lectern.Plain(text), v)
	if err != nil {
		t.Fatal(err)
	}
	ttstest.Check(t, text, n)

	_, err = e.Speak(t.Context(), lectern.Plain("This is fatal."), v)
	f := lectern.AsFailure(err)
	if err == nil || f.Code != lectern.CodeVoiceFailed || !strings.Contains(f.Detail, "stack smashing") ||
		!strings.Contains(f.Message, "This is fatal") {
		t.Errorf("failure %+v", f)
	}
	if _, err := e.Speak(t.Context(), lectern.Plain("All is well."), v); err != nil {
		t.Errorf("after a child has died, the next narration gives %v", err)
	}
}

func TestTheFailureOfABrokenChildHasTheReason(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{"exits": "the reason", "hangs": "no answer in time",
		"babbles": "the JSON head has"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			e := engine(t, mode)
			e.host.patience = func(int) time.Duration { return 50 * time.Millisecond }
			if mode != "hangs" {
				e.host.patience = patience
			}
			child, err := e.host.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer child.close()
			sentence := tts.Prepare(lectern.Plain("Hello there."), "en", nil)[0]
			_, err = child.say(t.Context(), request{Op: "speak", Text: sentence.Text}, sentence)
			f := lectern.AsFailure(err)
			if err == nil || f.Code != lectern.CodeVoiceFailed || !strings.Contains(f.Detail, want) {
				t.Errorf("failure %+v, want %q in its detail", f, want)
			}
			if _, err := e.Voices(t.Context()); !errors.Is(err, &lectern.Failure{Code: lectern.CodeVoiceFailed}) {
				t.Errorf("voices: %v", err)
			}
		})
	}
}

// A hanging child is killed when its caller cancels.
func TestCancelEndsAHangingChild(t *testing.T) {
	t.Parallel()
	e := engine(t, "hangs")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := e.Voices(ctx)
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, &lectern.Failure{Code: lectern.CodeCanceled}) {
		t.Errorf("a canceled call gives %v", err)
	}
	for range 50 { // which of the engine's waits notices it first is random
		if _, err := e.Voices(ctx); !errors.Is(err, &lectern.Failure{Code: lectern.CodeCanceled}) {
			t.Fatalf("a call that was canceled before it began gives %v", err)
		}
	}
}

func TestAClosedEngineDoesNotSpeak(t *testing.T) {
	t.Parallel()
	e := engine(t)
	v := find(t, e, "uk-female")
	for range 2 {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Speak(t.Context(), lectern.Plain("Привіт."), v); !errors.Is(err, errClosed) {
		t.Errorf("a closed engine gives %v", err)
	}
}

func TestTheFailureWithoutEspeakSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no espeak-ng program
	e := engine(t, "missing")
	_, err := e.Voices(t.Context())
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeMissingTool}) ||
		!strings.Contains(err.Error(), "apt-get install espeak-ng") {
		t.Errorf("without espeak-ng: %v", err)
	}
	if got := e.Fingerprint(); got != "espeak/none" {
		t.Errorf("fingerprint %q", got)
	}
	if _, err := New(Options{Command: []string{filepath.Join(t.TempDir(), "gone")}}).Voices(t.Context()); err == nil {
		t.Error("a child that cannot be started gives no failure")
	}
}

func TestVoicesThatReadBadlyGiveAWarning(t *testing.T) {
	t.Parallel()
	catalogue := tts.NewCatalogue(engine(t))
	for text, want := range map[string]int{"你好，欢迎来到我们的演示。": 1, "Дякую за увагу!": 0} {
		_, warnings, err := catalogue.Resolve(t.Context(), lectern.VoiceChoice{}, lectern.Plain(text))
		if err != nil || len(warnings) != want {
			t.Errorf("%q gives the warnings %v, want %d (%v)", text, warnings, want, err)
		}
	}
}

func TestPlainKeepsThePlacesOfLetters(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"a.b!c, d", "Привіт! — «так»", "x.x.x", "日本。"} {
		if got := plain(s); len([]rune(got)) != len([]rune(s)) || strings.ContainsAny(got, ".!") {
			t.Errorf("plain(%q) = %q", s, got)
		}
	}
}

func FuzzUtterance(f *testing.F) {
	f.Add("Hello there world.", []byte{1, 0, 0, 0, 200, 10, 6, 0, 0, 250, 20, 12})
	f.Fuzz(func(t *testing.T, text string, raw []byte) {
		names := []string{"", "a", "p", "ʲ", "(en)", "tʃ", "ɔːɹ\xc9", "_:"}
		for _, s := range tts.Prepare(lectern.Plain(text), "en", nil) {
			var events []event
			for i := 0; i+2 < len(raw); i += 3 {
				events = append(events, event{Word: raw[i]&8 > 0, Name: names[raw[i]&7], At: int(raw[i+1])*40 - 100,
					Rune: int(raw[i+2]) - 3})
			}
			samples := make([]float32, 9000)
			for i := range samples {
				samples[i] = float32(i%100) / 200
			}
			u := utterance(s, 22050, samples, events)
			if len(u.Words) != len(s.Words) {
				t.Fatal("words lost")
			}
			at := int64(0)
			for _, p := range u.Phonemes {
				if p.Start < at || p.End < p.Start || p.End > 9000 {
					t.Fatalf("phoneme %+v after %d", p, at)
				}
				at = p.End
			}
		}
	})
}

// S6: a word whose phonemes the library interrupts lasts until its last one.
func TestS6WordsLastAsLongAsTheirPhonemes(t *testing.T) {
	t.Parallel()
	e := engine(t)
	n, err := e.Speak(t.Context(), lectern.Plain("Привет мир."), find(t, e, "ru-male"))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Words) != 2 || n.Words[0].End-n.Words[0].Start < lectern.SampleRate/4 ||
		n.Words[1].End < n.Phonemes[len(n.Phonemes)-1].End-lectern.SampleRate/100 {
		t.Errorf("the words are %v, the phonemes %v", n.Words, n.Phonemes)
	}
}
