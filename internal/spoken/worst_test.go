package spoken

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// nasty are pieces that make readers look far ahead or back when they are repeated.
var nasty = []string{
	"1", "1.", "1,", "1/", "1-", "1–", "1:", "1 ", "1 000 ", "1 1/2 " +
		"", "1½", "1x", "1×", "1e1", "1^", "1+", "1'1\"", "00:", "00:00–", "10am–", "1st–", "1.–", "0x", "0a", "5%-", "5-й",
	"5-jährig",
	"XVIII ", "XIX-", "ХХ ", "IVXLCDM", "Elisabeth II. ", "XX ст. ", "в. ", "г. " +
		"", "H₂", "x²", "⁻", "₂", "^2", "(", ")", "[", "](", "[a](", "/", "\\", "a/", "/a", "$5/", "€5/kg", "5 " +
		"kg/", "#a", "#", "@", "a@a.",
	"192.168.0.1.", "z. B. ", "d. h.", "p. ", "EE. UU. ", "т. ", "e.g.", "M. ", "S. 5–7", "5 Jan. " +
		"", "§", "+", "-", "–", "=", "!=", "<=", ".", "…", "'", "\"", "*", "_", "~", "🎉", "👩🏽‍💻", "\u200d", "\u00a0", "世",
	"1世", "e\u0301",
	"(555) 123-4567 ", "+1 ", "06 12 ", "550e8400-e29b-41d4-a716-446655440000", "01:23:45:67:89:ab " +
		"", "UTC+2", "2026-03-01T10:00Z",
}

var worstTags = []string{"en-US", "de", "fr", "es", "pl", "uk", "ru"}

// Repeated pieces of all kinds keep the spans whole.
func TestSpansCoverRepeatedPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit := strings.Join(rapid.SliceOfN(rapid.SampledFrom(nasty), 1, 4).Draw(t, "pieces"), "")
		text := strings.Repeat(unit, rapid.IntRange(1, 40).Draw(t, "times"))
		tag := rapid.SampledFrom(tags).Draw(t, "tag")
		for _, s := range normalised(t, text, tag) {
			if digitIn(s.Say) || !utf8.ValidString(s.Say) {
				t.Fatalf("%q in %s: %q is said", text, tag, s.Say)
			}
		}
	})
}

func FuzzRepeated(f *testing.F) {
	for i, piece := range nasty {
		f.Add(piece, nasty[(i*7+3)%len(nasty)], worstTags[i%len(worstTags)])
	}
	f.Fuzz(func(t *testing.T, a, b, tag string) {
		if len(a)+len(b) == 0 || len(a)+len(b) > 200 {
			return
		}
		text := strings.Repeat(a+b, 1+2000/(len(a)+len(b)))
		normalised(t, text, tag)
	})
}

// BenchmarkWorst reads 6 KB and 60 KB of each nasty piece and of a pair, and reports the slowest: the time of 60 KB,
// and how much longer a byte takes in the long text than in the short one.
func BenchmarkWorst(b *testing.B) {
	for _, tag := range []string{"en-US", "de", "ru"} {
		b.Run(tag, func(b *testing.B) {
			var slowest, ratio float64
			for b.Loop() {
				slowest, ratio = 0, 0
				for i, piece := range nasty {
					for _, unit := range []string{piece, piece + nasty[(i*7+3)%len(nasty)]} {
						short, long := timed(unit, 6_000, tag), timed(unit, 60_000, tag)
						slowest, ratio = max(slowest, long/1e6), max(ratio, long/short/10)
					}
				}
			}
			b.ReportMetric(slowest, "ms/60KB")
			b.ReportMetric(ratio, "long/short")
		})
	}
}

// timed is the shortest of three times, in nanoseconds, that size bytes of unit take.
func timed(unit string, size int, tag string) float64 {
	text := strings.Repeat(unit, size/len(unit)+1)
	best := time.Duration(1 << 62)
	for range 3 {
		start := time.Now()
		Normalise(text, tag)
		best = min(best, time.Since(start))
	}
	return float64(best)
}
