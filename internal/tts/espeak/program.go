package espeak

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"lectern/internal/proc"
	"lectern/internal/tts"
)

// learnProgram asks the espeak-ng program for its version and voices.
func learnProgram(ctx context.Context, path string) (*facts, error) {
	path, err := proc.Find(path, "espeak-ng", "espeak")
	if err != nil {
		return nil, err
	}
	version, err := proc.Output(ctx, proc.Command{Path: path, Args: []string{"--version"}})
	if err != nil {
		return nil, err
	}
	list, err := proc.Output(ctx, proc.Command{Path: path, Args: []string{"--voices"}})
	if err != nil {
		return nil, err
	}
	return &facts{program: path, version: versionIn(string(version)), voices: catalogue(parseVoices(list))}, nil
}

// versionIn finds "1.51" in "eSpeak NG text-to-speech: 1.51  Data at: …".
func versionIn(s string) string {
	for _, f := range strings.Fields(s) {
		if f[0] >= '0' && f[0] <= '9' && strings.Contains(f, ".") {
			return f
		}
	}
	return "unknown"
}

// parseVoices reads the table of espeak-ng --voices: Pty Language Age/Gender VoiceName File Other.
func parseVoices(table []byte) []rawVoice {
	var out []rawVoice
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 5 {
			continue
		}
		priority, err := strconv.Atoi(f[0])
		if err != nil {
			continue // the heading
		}
		out = append(out, rawVoice{Name: f[3], File: f[4], Languages: []string{f[1]}, Priority: []int{priority}})
	}
	return out
}

// speakProgram speaks one sentence with the program. The program reports no times: words and phonemes are spread over
// the audio's loud stretches.
func speakProgram(ctx context.Context, path string, r request, s tts.Sentence) (tts.Utterance, error) {
	args := []string{"-v", r.Voice, "-s", strconv.Itoa(r.Rate), "-p", strconv.Itoa(r.Pitch), "-b", "1", "--stdin"}
	wav, err := output(ctx, path, append(args, "--stdout"), s)
	if err != nil {
		return tts.Utterance{}, err
	}
	samples, rate, err := tts.ReadWAV(wav)
	if err != nil {
		return tts.Utterance{}, tts.Failed(Name, s, "", err)
	}
	ipa, err := output(ctx, path, append(args, "-q", "--ipa", "--sep=_"), s)
	if err != nil {
		return tts.Utterance{}, err
	}
	u := tts.Utterance{Rate: rate, Samples: samples}
	loud := tts.Loud(samples, rate, 0.003, rate/10, rate/100)
	weights := make([]float64, len(s.Words))
	for i, w := range s.Words {
		weights[i] = tts.Weight(s.Text[w.Start:w.End])
	}
	u.Words = tts.Spread(weights, loud)
	phonemes := symbols(string(ipa))
	weights = weights[:0]
	for _, p := range phonemes {
		weights = append(weights, length(p))
	}
	u.Phonemes = tts.Spread(weights, loud)
	for i, p := range phonemes {
		u.Phonemes[i].Text = p
	}
	return u, nil
}

// output runs the program with the sentence on its standard input.
func output(ctx context.Context, path string, args []string, s tts.Sentence) ([]byte, error) {
	out, err := proc.Output(ctx, proc.Command{Path: path, Args: args, Stdin: strings.NewReader(s.Text + "\n"),
		MaxStdout: 64 << 20})
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, tts.Canceled(ctx.Err())
	case notFound(err):
		return nil, missing(err)
	}
	var exit *proc.ExitError
	if errors.As(err, &exit) {
		return nil, tts.Failed(Name, s, exit.Tail, fmt.Errorf("espeak-ng: %w", err))
	}
	return nil, tts.Failed(Name, s, "", err)
}

// symbols splits the output of espeak-ng --ipa --sep=_ into phonemes.
func symbols(ipa string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(ipa, func(r rune) bool { return r == '_' || unicode.IsSpace(r) }) {
		for strings.HasPrefix(f, "(") { // "(en)": another language's rules begin
			_, rest, ok := strings.Cut(f, ")")
			if !ok {
				break
			}
			f = rest
		}
		f, _, _ = strings.Cut(f, "(")
		if p := symbol(f); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// length estimates how long a phoneme lasts, relative to others.
func length(ipa string) float64 {
	w := 0.7
	if strings.ContainsAny(ipa, "aeiouyøœɑɒæɐɔəɚɛɜɪʊʌɨʉɯɤ") {
		w = 1
	}
	if strings.Contains(ipa, "ː") || len([]rune(ipa)) > 1 {
		w *= 1.4
	}
	return w
}
