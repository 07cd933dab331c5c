package chrome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/runtime"

	"lectern"
)

// segmentScript lists the starts of the words of TEXT, in UTF-16 units, for the language LANGUAGE if the browser knows
// it.
const segmentScript = `(() => {
  let s;
  try { s = new Intl.Segmenter(LANGUAGE, {granularity: "word"}); } catch { s = new Intl.Segmenter("en", {granularity: "word"}); }
  return Array.from(s.segment(TEXT), x => x.index);
})()`

// Segment returns the byte offsets at which words, and the punctuation and spaces between them, begin, in order, by the
// browser's Unicode rules and dictionaries. Failures are those of Capture.
func (b *Browser) Segment(ctx context.Context, language, text string) ([]int, error) {
	t, err := b.take(ctx)
	if err != nil {
		return nil, b.explain(ctx, err)
	}
	var units []int
	for attempt := range 2 {
		units, t, err = b.segment(ctx, t, language, text)
		if err == nil || ctx.Err() != nil || attempt > 0 || !errors.Is(err, errLost) && !errors.Is(err, errCrashed) {
			break
		}
	}
	b.giveBack(t)
	if err != nil {
		return nil, b.explain(ctx, err)
	}
	return bytesOf(text, units)
}

// segment uses t or, if that no longer works, a new tab. It returns the tab if it can be used again, or nil.
func (b *Browser) segment(ctx context.Context, t *tab, language, text string) ([]int, *tab, error) {
	in, err := b.instance(ctx)
	if err != nil {
		return nil, t, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, b.o.Timeout, errTooSlow)
	defer cancel()
	if t, err = b.fit(ctx, t, in); err != nil {
		return nil, nil, err
	}
	t.uses++
	script, err := segmentCall(language, text)
	if err != nil {
		return nil, t, err
	}
	yes := true
	r, err := call(ctx, in.w, t.s, runtime.Evaluate, runtime.EvaluateParams{Expression: script, ReturnByValue: &yes})
	if err != nil {
		t.abandon()
		return nil, nil, err
	}
	var units []int
	if r.ExceptionDetails != nil || r.Result == nil || json.Unmarshal(r.Result.Value, &units) != nil {
		return nil, t, lectern.Fail(lectern.CodeCaptureFailed, "The browser could not divide the text into words.")
	}
	return units, t, nil
}

// segmentCall returns segmentScript for a text. JSON is valid JavaScript.
func segmentCall(language, text string) (string, error) {
	l, err := json.Marshal(language)
	if err != nil {
		return "", err
	}
	s, err := json.Marshal(text)
	if err != nil {
		return "", err
	}
	return "{const LANGUAGE = " + string(l) + ", TEXT = " + string(s) + "; " + segmentScript + "}", nil
}

// bytesOf converts offsets in UTF-16 units to offsets in bytes. Each byte that is not UTF-8 is one unit, as in JSON.
func bytesOf(text string, units []int) ([]int, error) {
	out := make([]int, 0, len(units))
	unit := 0
	for i, r := range text {
		if len(out) < len(units) && units[len(out)] == unit {
			out = append(out, i)
		}
		unit++
		if r >= 0x10000 {
			unit++
		}
	}
	if len(out) != len(units) {
		return nil, lectern.Fail(lectern.CodeCaptureFailed,
			"The browser divided a text into words at places that are not in the text.").
			Because(fmt.Errorf("only %d of %d places are in the text", len(out), len(units)))
	}
	return out, nil
}
