package renders

import "fmt"

// Files of a talk's folder.
const (
	film         = "film.mp4" // Lectern's ordinary path, nearly lossless, from which the material is cut
	deckName     = "deck.json"
	talkFile     = "talk.json"
	partsFile    = "parts.txt"
	cacheSpliced = "cache"
	cacheWhole   = "cache-compat"
	cacheFine    = "cache-fine"
	publicFolder = "public"
	bundleFolder = "bundle"
	remotionCLI  = "node_modules/@remotion/cli/remotion-cli.js"
)

// editedDeck names the deck of a round in which one slide is edited.
func editedDeck(round int) string { return fmt.Sprintf("deck-edited-%d.json", round) }

// render is one run of Lectern. forget lists files of the cache that are removed before it.
func render(t Tools, deck, cache, to string, count Count, forget ...string) Step {
	s := Step{Program: t.Self, Env: t.Settings, Count: count, Forget: forget,
		Args: []string{"render", deck, "--cache", cache, "-o", to}}
	if cache == cacheWhole {
		s.Env = append(append([]string{}, t.Settings...), "LECTERN_COMPAT=true")
	}
	return s
}

// joined returns the pattern of the joined video in a cache.
func joined(cache string) []string { return []string{cache + "/*/*/*.mp4"} }

// encoded returns the patterns of the joined video and of the encoded slides and transitions in a cache.
func encoded(cache string) []string {
	return append(joined(cache), cache+"/*/*/*.segment", cache+"/*/*/*.h264")
}

// ours returns the ways that measure Lectern.
//
// The time of its encode stage is the difference of two runs whose slides and voices are in the cache: one that encodes
// every slide and transition and joins them, minus one that only joins them. With an avatar the stage also draws and
// composes the avatar, which the floor does not.
func ours() []Way {
	cold := func(cache string) func(Tools, Talk, int) []Step {
		return func(t Tools, _ Talk, _ int) []Step { return []Step{render(t, deckName, cache, out, Added, cache)} }
	}
	stage := func(cache string) func(Tools, Talk, int) []Step {
		return func(t Tools, _ Talk, _ int) []Step {
			return []Step{render(t, deckName, cache, out, Subtracted, joined(cache)...),
				render(t, deckName, cache, out, Added, encoded(cache)...)}
		}
	}
	return []Way{
		{Name: "lectern", Title: "Lectern", Kinds: Kinds(), Whole: true, Steps: cold(cacheSpliced)},
		{Name: "again", Title: "Lectern, the same deck again", Kinds: Kinds(),
			Steps: func(t Tools, _ Talk, _ int) []Step {
				return []Step{render(t, deckName, cacheSpliced, out, Added)}
			}},
		{Name: "edited", Title: "Lectern, one slide edited", Kinds: []Kind{Avatar, Fifty},
			Steps: func(t Tools, _ Talk, round int) []Step {
				return []Step{render(t, editedDeck(round), cacheSpliced, out, Added)}
			}},
		{Name: "encode", Title: "Lectern's encode stage", Kinds: []Kind{Slides, Avatar, Transitions},
			Steps: stage(cacheSpliced)},
		{Name: "compat", Title: "Lectern, ordinary path (compat)", Kinds: []Kind{Slides, Avatar}, Whole: true,
			Steps: cold(cacheWhole)},
		{Name: "compat-encode", Title: "encode stage of the ordinary path", Kinds: []Kind{Slides, Avatar},
			Steps: stage(cacheWhole)},
	}
}
