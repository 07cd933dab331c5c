package flite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"lectern"
	"lectern/internal/proc"
	"lectern/internal/tts"
)

// phone is one phoneme of flite's report.
type phone struct {
	name string  // of flite's set; "pau" is a pause
	end  float64 // seconds
}

// parsePhones reads what flite -psdur prints: "pau:0.164 hh:0.255 …".
func parsePhones(report string) ([]phone, error) {
	var out []phone
	last := 0.0
	for _, f := range strings.Fields(report) {
		name, at, ok := strings.Cut(f, ":")
		end, err := strconv.ParseFloat(at, 64)
		if !ok || err != nil || name == "" || !(end >= 0 && end < 1e6) {
			return nil, fmt.Errorf("flite reported %q, not a phoneme and the time of its end", f)
		}
		end = max(end, last)
		out = append(out, phone{name, end})
		last = end
	}
	if len(out) == 0 {
		return nil, errors.New("flite reported no phonemes")
	}
	return out, nil
}

// words returns the places of the phonemes and of the words in the audio. said has the phonemes of each word when it is
// said alone. Their alignment with the phonemes of the sentence, with the least difference, shows where each word
// begins. In a sentence, sounds are reduced ("ae n d" becomes "ax n") but rarely lost, so the joints hold.
func words(phones []phone, said [][]string, rate, n int) (phonemes, spans []lectern.Span) {
	var sounds []string   // the phonemes of the sentence, without pauses
	var at []lectern.Span // of sounds
	start := int64(0)
	for _, p := range phones {
		end := min(int64(p.end*float64(rate)+0.5), int64(n))
		if p.name != "pau" && p.name != "ssil" && end > start {
			sounds = append(sounds, p.name)
			at = append(at, lectern.Span{Text: ipa(p.name), Start: start, End: end})
		}
		start = end
	}
	var alone []string
	joints := make([]int, 0, len(said)+1)
	for _, w := range said {
		joints = append(joints, len(alone))
		alone = append(alone, w...)
	}
	joints = append(joints, len(alone))
	match := tts.Match(alone, sounds, differ)
	spans = make([]lectern.Span, len(said))
	for i := range said {
		from, to := match[joints[i]], match[joints[i+1]]
		if from < to {
			spans[i] = lectern.Span{Start: at[from].Start, End: at[to-1].End}
		}
	}
	return at, spans
}

// differ returns how much two phonemes differ: vowels are often reduced to others, consonants seldom.
func differ(a, b string) float64 {
	switch {
	case a == b:
		return 0
	case vowel(a) && vowel(b):
		return 0.3
	case vowel(a) != vowel(b):
		return 1.3
	case strings.Contains("t d dx", a) && strings.Contains("t d dx", b), strings.Contains("s z", a) &&
		strings.Contains("s z", b):
		return 0.3
	}
	return 1
}

func vowel(p string) bool { return strings.ContainsRune("aeiou", rune(p[0])) }

const maxLexicon = 20_000 // words

// pronounce returns how each word of the sentence is pronounced alone.
func (e *Engine) pronounce(ctx context.Context, path string, s tts.Sentence) ([][]string, error) {
	keys := keysOf(s)
	learned, err := e.study(ctx, path, keys, s)
	if err != nil {
		return nil, err
	}
	out := make([][]string, len(keys))
	for i, k := range keys {
		if out[i] = learned[k]; out[i] == nil {
			// flite's answer does not match the request: the letters are a fair guess.
			out[i] = strings.Split(strings.ToLower(k), "")
		}
	}
	return out, nil
}

// keysOf returns a sentence's words as the lexicon has them; a word with nothing to say is empty.
func keysOf(s tts.Sentence) []string {
	keys := make([]string, len(s.Words))
	for i, w := range s.Words {
		keys[i] = strings.Trim(s.Text[w.Start:w.End], ".,;:!?-'()")
	}
	return keys
}

// study returns how words are pronounced alone. It asks flite for all unknown words in one call; words for which flite
// gives no usable answer are missing. s is the sentence that a failure names.
func (e *Engine) study(ctx context.Context, path string, keys []string, s tts.Sentence) (map[string][]string, error) {
	known, asked := make(map[string][]string, len(keys)), map[string]bool{}
	var ask []string
	e.mu.Lock()
	for _, k := range keys {
		if p := e.lex[k]; p != nil {
			known[k] = p
		} else if k != "" && !asked[k] {
			asked[k] = true
			ask = append(ask, k)
		}
	}
	e.mu.Unlock()
	if len(ask) == 0 {
		return known, nil
	}
	learned, err := e.alone(ctx, path, ask, s)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.lex) > maxLexicon {
		clear(e.lex)
	}
	for w, p := range learned {
		e.lex[w], known[w] = p, p
	}
	return known, nil
}

// hasty makes flite speak ten times as fast where only phonemes are needed. The phonemes are the same, and half of
// flite's time goes into samples.
const hasty = "duration_stretch=0.1"

// alone asks flite for the phonemes of single words: it prints a line for each paragraph.
func (e *Engine) alone(ctx context.Context, path string, ask []string, s tts.Sentence) (map[string][]string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, tts.Failed(Name, s, "", err)
	}
	defer r.Close()
	var out bytes.Buffer
	p, err := proc.Start(ctx, proc.Command{
		Path: path, Args: []string{"-voice", "kal16", "-ps", "--setf", hasty, "-f", "/dev/fd/3",
			"none"}, Stdout: &out, MaxStdout: 4 << 20, Files: []*os.File{r},
	})
	if err != nil {
		w.Close()
		return nil, e.failed(ctx, s, err)
	}
	_, writeErr := w.WriteString(strings.Join(ask, "\n\n") + "\n\n")
	w.Close()
	if err := p.Wait(); err != nil {
		return nil, e.failed(ctx, s, err)
	}
	if writeErr != nil {
		return nil, e.failed(ctx, s, writeErr)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	learned := make(map[string][]string, len(ask))
	if len(lines) != len(ask) {
		return learned, nil
	}
	for i, l := range lines {
		phones := []string{}
		for _, f := range strings.Fields(l) {
			if f != "pau" {
				phones = append(phones, f)
			}
		}
		learned[ask[i]] = phones
	}
	return learned, nil
}

// ipa is the IPA symbol of a phoneme of flite's American English.
func ipa(name string) string {
	if s, ok := symbols[name]; ok {
		return s
	}
	return name
}

var symbols = map[string]string{
	"aa": "ɑː", "ae": "æ", "ah": "ʌ", "ao": "ɔː", "aw": "aʊ", "ax": "ə", "axr": "ɚ", "ay": "aɪ", "b": "b", "ch": "tʃ",
	"d": "d", "dh": "ð",
	"dx": "ɾ", "eh": "ɛ", "el": "əl", "em": "əm", "en": "ən", "er": "ɚ", "ey": "eɪ", "f": "f", "g": "ɡ", "hh": "h",
	"hv": "h", "ih": "ɪ",
	"ix": "ɪ", "iy": "iː", "jh": "dʒ", "k": "k", "l": "l", "m": "m", "n": "n", "ng": "ŋ", "nx": "n", "ow": "oʊ",
	"oy": "ɔɪ", "p": "p", "r": "ɹ",
	"s": "s", "sh": "ʃ", "t": "t", "th": "θ", "uh": "ʊ", "uw": "uː", "ux": "uː", "v": "v", "w": "w", "y": "j", "z": "z",
	"zh": "ʒ",
}
