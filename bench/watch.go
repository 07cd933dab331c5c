package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lectern/internal/proc"
)

// watched is how long `lectern watch` needs from a save to the finished draft video.
type watched struct {
	Date    time.Time      `json:"date"`
	Machine string         `json:"machine"`
	Slides  int            `json:"slides"`
	Decks   []watchedTimes `json:"decks"`
}

// watchedTimes are the times for one kind of deck, in seconds.
type watchedTimes struct {
	Kind  string    `json:"kind"`
	Video float64   `json:"videoSeconds"`
	First float64   `json:"firstSeconds"` // from the start of the program to its first video, with an empty cache
	Shown []float64 `json:"shownSeconds"` // after a word on a slide was edited
	Said  []float64 `json:"saidSeconds"`  // after a word of a narration was edited
}

// Sizes of the measurement.
const (
	watchedSlides = 20
	watchedEdits  = 5 // of each kind
)

// saves measures edits of a deck in Markdown and of one in YAML.
func saves(ctx context.Context, binary, dir string) (*watched, error) {
	program, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	w := &watched{Date: time.Now().UTC().Truncate(time.Second), Machine: machine(), Slides: watchedSlides}
	for _, d := range []struct{ kind, name, text string }{
		{"Markdown", "deck.md", watchedMarkdown()}, {"YAML", "deck.yaml", watchedYAML()},
	} {
		in := filepath.Join(dir, d.kind)
		if err := os.MkdirAll(in, 0o755); err != nil {
			return nil, err
		}
		times, err := edits(ctx, program, in, d.name, d.text)
		if err != nil {
			return nil, fmt.Errorf("watch a deck in %s: %w", d.kind, err)
		}
		times.Kind = d.kind
		w.Decks = append(w.Decks, times)
	}
	return w, nil
}

// The words that are edited, on a slide and in its narration.
const (
	shownWord = "The first point of slide 10"
	saidWord  = "what we say about slide 10"
)

// edits watches a deck, and saves it again and again with another word.
func edits(ctx context.Context, program, dir, name, text string) (t watchedTimes, err error) {
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return t, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	lines, out := io.Pipe()
	began := time.Now()
	p, err := proc.Start(ctx, proc.Command{Path: program, Dir: dir, Stdout: out,
		Args: []string{"watch", name, "-o", "talk.mp4", "--cache", "cache", "--json"}})
	if err != nil {
		return t, err
	}
	go func() { _ = out.CloseWithError(p.Wait()) }()
	defer func() {
		cancel()
		_ = lines.Close()
		<-p.Done()
	}()
	events := bufio.NewScanner(lines)
	events.Buffer(nil, 1<<20)
	if t.Video, err = nextVideo(events); err != nil {
		return t, err
	}
	t.First = time.Since(began).Seconds()
	for n := range 2 * watchedEdits {
		to := &t.Shown
		if n%2 == 1 {
			to = &t.Said
		}
		shown, said := fmt.Sprintf("%s (version %d)", shownWord, (n+2)/2), saidWord
		if n > 0 {
			said = fmt.Sprintf("%s (version %d)", saidWord, (n+1)/2)
		}
		edited := strings.NewReplacer(shownWord, shown, saidWord, said).Replace(text)
		began := time.Now()
		if err := os.WriteFile(file, []byte(edited), 0o644); err != nil {
			return t, err
		}
		if _, err := nextVideo(events); err != nil {
			return t, err
		}
		*to = append(*to, time.Since(began).Seconds())
	}
	return t, nil
}

// nextVideo reads events until a render is done, and returns the length of its video.
func nextVideo(events *bufio.Scanner) (seconds float64, err error) {
	for events.Scan() {
		var e struct {
			Type   string  `json:"type"`
			Length float64 `json:"duration_seconds"`
			Error  *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(events.Bytes(), &e); err != nil {
			return 0, err
		}
		switch {
		case e.Type == "done":
			return e.Length, nil
		case e.Type == "failed" && e.Error != nil:
			return 0, errors.New(e.Error.Message)
		}
	}
	return 0, errors.Join(errors.New("the watch has ended"), events.Err())
}

// watchedMarkdown is a deck in Markdown whose slides have a few lines each, with a narration.
func watchedMarkdown() string {
	var b strings.Builder
	b.WriteString("---\ntitle: Twenty slides\nlang: en\n---\n")
	for i := 1; i <= watchedSlides; i++ {
		if i > 1 {
			b.WriteString("\n---\n\n")
		}
		fmt.Fprintf(&b, "# Slide number %d\n\n- The first point of slide %d.\n- Another point, which is longer.\n\n<!-- "+
			"This is what we say about slide %d. It has two sentences of a usual length. -->\n", i, i, i)
	}
	return b.String()
}

// watchedYAML is the same talk in YAML, with an avatar.
func watchedYAML() string {
	var b strings.Builder
	b.WriteString("title: Twenty slides\nlanguage: en\navatar: gia\nslides:\n")
	for i := 1; i <= watchedSlides; i++ {
		fmt.Fprintf(&b, "- title: Slide number %d\n  items: [The first point of slide %d., A longer one]\n"+
			"  narration: This is what we say about slide %d. It has two sentences of a usual length.\n", i, i, i)
	}
	return b.String()
}

// middle is the median of times.
func middle(times []float64) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func (w *watched) markdown(b *strings.Builder) {
	fmt.Fprintf(b, `
## An edited word

`+"`lectern watch`"+` on a deck of %d slides, at the preset `+"`draft`"+`: from the save of the deck to the finished video. The
aim is less than 2 s on a machine that has nothing else to do. Medians of %d edits of one slide; in brackets, the slowest.
When: %s; where: %s.

| deck | video | the first video, from nothing | a word on a slide | a word of a narration |
| --- | ---: | ---: | ---: | ---: |
`, w.Slides, watchedEdits, w.Date.Format(time.RFC3339), w.Machine)
	for _, d := range w.Decks {
		fmt.Fprintf(b, "| %s | %.0f s | %.1f s | %.2f s (%.2f s) | %.2f s (%.2f s) |\n", d.Kind, d.Video, d.First,
			middle(d.Shown), slices.Max(d.Shown), middle(d.Said), slices.Max(d.Said))
	}
}
