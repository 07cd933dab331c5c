package check

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"lectern"
)

// The bounds of what an editor would say. docs/CHECK.md has the source of each.
const (
	leastUnsaid  = 3               // words of a text that is worth repeating
	leastMissed  = 6               // words on a slide that are not said
	longSlide    = 3 * time.Minute // the longest time of one picture
	fastSpeech   = 23.0            // characters a second: the fastest speech
	fastReading  = 24.0            // characters a second: the fastest reading
	readingSlack = 2 * time.Second // by how much a slide may be too short to be read
	quoted       = 3               // how many texts a warning repeats
)

// adviser adds the advice about one slide.
type adviser struct {
	*visit
	i        int
	slide    lectern.Slide
	script   lectern.Script
	shown    lectern.Shown
	stays    time.Duration // how long the slide stays, about
	recorded bool          // people recorded its narration
}

// advice says what an editor would say about each slide of a deck without faults. Nothing of it changes the video.
func (v *visit) advice() {
	_, guess := v.deck.Estimate()
	for i, s := range v.deck.Slides {
		a := adviser{visit: v, i: i, slide: s, script: s.Script(), shown: v.shown[i], stays: guess[i],
			recorded: s.Sound != nil || v.deck.Recording != nil}
		a.unlabelled()
		a.wordless()
		a.unsaid()
		a.length()
		a.speed()
		a.reading()
		a.language()
		a.capitals()
	}
}

// add adds advice about a field of the slide; "": no single field.
func (a *adviser) add(code, field, format string, args ...any) {
	w := lectern.Warning{Code: code, Slide: a.i + 1, Message: fmt.Sprintf(format, args...), Advice: true}
	if field != "" {
		w.Param = fmt.Sprintf("slides[%d].%s", a.i, field)
	}
	a.note(a.i+1, w)
}

func (a *adviser) unlabelled() {
	for _, field := range a.shown.Unlabelled {
		a.note(a.i+1, lectern.Warning{Code: "no_alternative_text", Slide: a.i + 1, Param: field, Advice: true,
			Message: "The picture has no alternative text, so the transcript cannot say what it shows. Describe it in " +
				"a few words."})
	}
}

func (a *adviser) wordless() {
	if a.script.Silent() && !a.recorded && a.holds[a.i] == 0 {
		a.add("no_narration", "narration", "The slide has no narration and stays for %s. Write what is said, or how long "+
			"it stays (hold).", clock(a.stays))
	}
}

// unsaid warns where most of the words on the slide are in texts that the narration does not say. The title does not
// count, since the transcript and the chapters have it.
func (a *adviser) unsaid() {
	if a.script.Silent() {
		return
	}
	var body, list []string
	title := strings.Join(strings.Fields(fmt.Sprint(a.slide.Props["title"])), " ")
	all, missed := 0, 0
	for _, t := range a.shown.Texts {
		if !sameWords(t, title) {
			body = append(body, t)
			all += wordsIn(t)
		}
	}
	for _, t := range lectern.Unsaid(body, a.script.Text) {
		missed += wordsIn(t)
		if wordsIn(t) >= leastUnsaid {
			list = append(list, t)
		}
	}
	if len(list) == 0 || missed < leastMissed || 2*missed <= all {
		return
	}
	rest := ""
	if n := len(list) - quoted; n > 0 {
		rest = fmt.Sprintf(" and %d more", n)
		list = list[:quoted]
	}
	for i, t := range list {
		list[i] = "“" + lectern.Shorten(t) + "”"
	}
	a.add("unsaid_text", "narration", "The narration does not say %s%s. Viewers who do not see the slide miss that.",
		strings.Join(list, ", "), rest)
}

// sameWords reports whether two texts have the same letters and digits.
func sameWords(a, b string) bool {
	letters := func(s string) string {
		return strings.ToLower(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s))
	}
	return letters(a) == letters(b)
}

// wordsIn counts the words of a text that have letters. In scripts without spaces, two characters are a word.
func wordsIn(text string) int {
	n, dense := 0, 0
	for _, w := range strings.Fields(text) {
		if strings.ContainsFunc(w, unicode.IsLetter) {
			n++
		}
	}
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			dense++
		}
	}
	return max(n, dense/2)
}

func (a *adviser) length() {
	if a.stays > longSlide {
		a.add("slide_long", "narration", "The slide stays for about %s. A picture that stays for more than %s loses its "+
			"viewers. Divide the slide.", clock(a.stays), clock(longSlide))
	}
}

func (a *adviser) speed() {
	if a.script.Silent() {
		return
	}
	chars := float64(lectern.Characters(a.script.Text))
	switch {
	case !a.recorded:
		if speed := a.slide.Voice.Speed; speed*lectern.CharactersPerSecond > fastSpeech {
			a.add("narration_fast", "voice.speed", "The voice speaks %.3g times as fast as usual. Few people can follow "+
				"more than %.2g times.", speed, fastSpeech/lectern.CharactersPerSecond)
		}
	case a.slide.Sound != nil && a.slide.Sound.Length == 0 && a.slide.Sound.End == 0,
		a.deck.Recording != nil && len(a.deck.Recording.Starts) != len(a.deck.Slides):
		// the length of the sound is not known
	case chars/a.stays.Seconds() > fastSpeech:
		a.add("narration_fast", "narration", "The sound lasts about %s, in which nobody can say the %.0f characters of "+
			"the narration. Compare the text with the sound.", clock(a.stays), chars)
	}
}

func (a *adviser) reading() {
	long := time.Duration(float64(lectern.Characters(strings.Join(a.shown.Texts, " "))) / fastReading *
		float64(time.Second))
	if long <= a.stays+readingSlack {
		return
	}
	field := "narration"
	if a.script.Silent() {
		field = "hold"
	}
	a.add("slide_short", field, "Reading the slide takes about %s, but it stays for about %s. Let it stay longer, or "+
		"shorten its text.", clock(long), clock(a.stays))
}

func (a *adviser) language() {
	if a.Recognise == nil || a.recorded || a.own || a.script.Silent() || a.slide.Voice.Language == "" {
		return
	}
	text, certain := a.Recognise(a.script.Text)
	voice := a.slide.Voice.Language
	if !certain || spokenAs(text) == spokenAs(voice) {
		return
	}
	a.add("voice_mismatch", "voice", "The narration is in another language (%s) than its voice (%s). Choose a voice of "+
		"that language.", text, voice)
}

// spokenAs is the language of a tag, and one tag for those that a voice of the other reads.
func spokenAs(tag string) string {
	tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
	switch tag {
	case "nb", "nn", "no", "da":
		return "no"
	case "cmn", "yue", "zh":
		return "zh"
	case "hr", "sr", "bs", "sh":
		return "sr"
	case "id", "ms":
		return "id"
	case "cs", "sk":
		return "cs"
	}
	return tag
}

// shout matches words in capitals that follow one another, without signs between them.
var shout = regexp.MustCompile(`\p{Lu}[\p{Lu}’']*(?:[ \t]+\p{Lu}[\p{Lu}’']*){2,}`)

const vowels = "AEIOUYÄÖÜÀÂÉÈÊËÎÏÔÙÛÁÍÓÚÅØÆАЕЁИОУЫЭЮЯІЇЄ"

// capitals finds words in capitals that are a sentence and not initialisms. Voices spell some of the short ones: "IT
// IS" becomes "I T is".
func (a *adviser) capitals() {
	if a.recorded {
		return
	}
	for _, run := range shout.FindAllString(a.script.Text, -1) {
		short, long := 0, 0
		for _, w := range strings.Fields(run) {
			switch n := len([]rune(w)); {
			case !strings.ContainsAny(w, vowels):
				short = -len(run) // an initialism such as HTTP
			case n == 2 || n == 3:
				short++
			case n >= 4:
				long++
			}
		}
		if short > 0 && long > 0 {
			a.add("capitals", "narration", "“%s” is in capitals. Voices spell short words in capitals letter by letter. "+
				"Write it in small letters.", lectern.Shorten(run))
			return
		}
	}
}

// clock writes a length for people: "45 s", "3:20 minutes".
func clock(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.3g s", d.Round(time.Second/2).Seconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d:%02d minutes", d/time.Minute, d%time.Minute/time.Second)
}
