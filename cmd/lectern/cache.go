package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lectern/internal/app"
	"lectern/internal/blob"
	"lectern/internal/config"
)

// cacheCmd shows and prunes the caches, which are folders with the output of finished steps.
type cacheCmd struct {
	Stats cacheStatsCmd `cmd:"" help:"Say where the caches are and what is in them."`
	Prune cachePruneCmd `cmd:"" help:"Remove what was not used for the longest time. What a render or a server uses stays."`
}

// cacheFolder is one cache of this machine.
type cacheFolder struct {
	Of    string // the command that uses it, "render" or "serve"; "": the user named the folder
	Dir   string
	Limit int64
}

// whichCaches returns the caches that a command is about: the named folder, or else the caches of render and of serve.
func whichCaches(cfg config.Config, named string) ([]cacheFolder, error) {
	if named != "" {
		dir, err := filepath.Abs(named)
		if err != nil {
			return nil, fmt.Errorf("find the folder %s: %w", named, err)
		}
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			err = errors.New("it is not a folder")
		}
		if err != nil {
			return nil, &usageError{fmt.Errorf("--cache %s: %w; name the folder of a cache, or leave the flag out", named,
				bare(err))}
		}
		return []cacheFolder{{"", dir, cfg.CacheLimit}}, nil
	}
	var out []cacheFolder
	if dir, err := app.UserCache(); err == nil {
		out = append(out, cacheFolder{"render", dir, cfg.CacheLimit})
	}
	dir, err := filepath.Abs(cfg.Path("cache"))
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	return append(out, cacheFolder{"serve", dir, cfg.CacheLimit}), nil
}

// title returns the name of a cache for people.
func (f cacheFolder) title(io streams) string {
	text := "The cache " + io.bold(f.Dir)
	if f.Of != "" {
		text = "The cache of lectern " + f.Of + ", " + io.bold(f.Dir)
	}
	return text
}

type cacheStatsCmd struct {
	Cache string `help:"This folder; without it, the caches of render (in your cache folder) and of serve (in the data folder)." placeholder:"DIR"`
	JSON  bool   `help:"As JSON."`
}

// cacheStats is what is in a cache.
type cacheStats struct {
	Of      string      `json:"of,omitempty"` // "render" or "serve"
	Dir     string      `json:"dir"`
	Size    int64       `json:"size"`
	Limit   int64       `json:"limit"`
	Entries int         `json:"entries"`
	InUse   int         `json:"in_use"` // by runs, now
	Kinds   []cacheKind `json:"kinds"`
	Oldest  *time.Time  `json:"oldest_use,omitempty"`
	Newest  *time.Time  `json:"newest_use,omitempty"`
}

// cacheKind is a kind of entry.
type cacheKind struct {
	Kind    string    `json:"kind"`
	Entries int       `json:"entries"`
	Size    int64     `json:"size"`
	Newest  time.Time `json:"newest_use"`
}

// kindOf returns what kind of output an entry is, by the ending of its key.
func kindOf(key string) string {
	_, ending, _ := strings.Cut(key, ".")
	switch ending {
	case "narration":
		return "narrations"
	case "png", "json": // the picture, and what did not fit on it
		return "slide pictures"
	case "segment":
		return "segments"
	case "h264":
		return "transitions"
	case "aac", "m4a": // m4a: of older versions
		return "sound"
	case "mp4":
		return "videos"
	case "jpg":
		return "thumbnails"
	case "take.mp4":
		return "takes"
	case "words":
		return "word boundaries"
	case "sums":
		return "checksums"
	}
	return "others"
}

// survey counts what is in a cache.
func (f cacheFolder) survey() (cacheStats, error) {
	s := cacheStats{Of: f.Of, Dir: f.Dir, Limit: f.Limit, Kinds: []cacheKind{}}
	all, err := blob.Survey(f.Dir)
	if err != nil || len(all) == 0 {
		return s, err
	}
	for _, e := range all {
		s.Entries++
		s.Size += e.Size
		if e.Held {
			s.InUse++
		}
		i := slices.IndexFunc(s.Kinds, func(k cacheKind) bool { return k.Kind == kindOf(e.Key) })
		if i < 0 {
			i = len(s.Kinds)
			s.Kinds = append(s.Kinds, cacheKind{Kind: kindOf(e.Key)})
		}
		k := &s.Kinds[i]
		k.Entries, k.Size, k.Newest = k.Entries+1, k.Size+e.Size, e.Used
	}
	slices.SortFunc(s.Kinds, func(a, b cacheKind) int { return int(min(max(b.Size-a.Size, -1), 1)) })
	s.Oldest, s.Newest = &all[0].Used, &all[len(all)-1].Used
	return s, nil
}

// Run implements the command.
func (c *cacheStatsCmd) Run(io streams, s *settings) error {
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	folders, err := whichCaches(cfg, c.Cache)
	if err != nil {
		return err
	}
	var all []cacheStats
	for _, f := range folders {
		one, err := f.survey()
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	if c.JSON {
		return printJSON(io, map[string]any{"caches": all})
	}
	for i, one := range all {
		if i > 0 {
			fmt.Fprintln(io.out)
		}
		one.print(io, folders[i], time.Now())
	}
	return nil
}

func (s cacheStats) print(io streams, f cacheFolder, now time.Time) {
	if s.Entries == 0 {
		what := "is empty"
		if _, err := os.Stat(f.Dir); errors.Is(err, fs.ErrNotExist) {
			what = "does not exist yet"
		}
		fmt.Fprintf(io.out, "%s, %s.\n", f.title(io), what)
		return
	}
	full := fmt.Sprintf("%d %%", s.Size*100/max(s.Limit, 1))
	if s.Size > 0 && s.Size*100 < s.Limit {
		full = "under 1 %"
	}
	fmt.Fprintf(io.out, "%s\n", f.title(io))
	row := func(name, text string) { fmt.Fprintf(io.out, "%s  %s\n", io.dim(pad(name, 9)), text) }
	row("size", fmt.Sprintf("%s of %s (%s)", megabytes(s.Size), megabytes(s.Limit), full))
	entries := fmt.Sprint(s.Entries)
	if s.InUse > 0 {
		entries += fmt.Sprintf(", %d of them in use now", s.InUse)
	}
	row("entries", entries)
	row("last used", fmt.Sprintf("the oldest %s, the newest %s", ago(now, *s.Oldest), ago(now, *s.Newest)))
	var rows [][]string
	for _, k := range s.Kinds {
		rows = append(rows, []string{k.Kind, fmt.Sprintf("%7d", k.Entries), fmt.Sprintf("%9s", megabytes(k.Size)),
			ago(now, k.Newest)})
	}
	fmt.Fprintln(io.out)
	io.table([]string{"KIND", "ENTRIES", "     SIZE", "LAST USED"}, rows)
}

type cachePruneCmd struct {
	To        string `help:"Remove entries until the cache has no more than this: 500MB, 2GiB." placeholder:"SIZE"`
	OlderThan string `help:"Remove what was not used for this long: 12h, 7d." placeholder:"TIME"`
	All       bool   `help:"Remove everything that is not in use now."`
	Of        string `help:"The command whose cache it is: ${enum}." enum:"render,serve" default:"render"`
	Cache     string `help:"The cache in this folder, instead of one by --of." placeholder:"DIR"`
	DryRun    bool   `help:"Say what would be removed, and remove nothing."`
	JSON      bool   `help:"As JSON."`
}

// Help is what --help says beyond the flags.
func (cachePruneCmd) Help() string {
	return `What was not used for the longest time is removed first. This is safe while renders and servers run: what they use now
stays, and what they need later is made again.

  lectern cache prune --to 2GiB
  lectern cache prune --of serve --older-than 7d`
}

// pruning returns what the flags ask for.
func (c *cachePruneCmd) pruning(now time.Time) (blob.Pruning, error) {
	o := blob.Pruning{To: -1, DryRun: c.DryRun}
	if c.All && (c.To != "" || c.OlderThan != "") || !c.All && c.To == "" && c.OlderThan == "" {
		return o, &usageError{errors.New("say what to remove: --to SIZE, --older-than TIME, both of them, or --all")}
	}
	if c.All {
		o.To = 0
	}
	if c.To != "" {
		n, err := config.ParseSize(c.To)
		if err != nil {
			return o, &usageError{fmt.Errorf("--to: %w; write it like 500MB or 2GiB", err)}
		}
		o.To = n
	}
	if c.OlderThan != "" {
		d, err := config.ParseSpan(c.OlderThan)
		if err != nil {
			return o, &usageError{fmt.Errorf("--older-than: %w; write it like 12h or 7d", err)}
		}
		o.Before = now.Add(-d)
	}
	return o, nil
}

// Run implements the command.
func (c *cachePruneCmd) Run(ctx context.Context, io streams, s *settings) error {
	o, err := c.pruning(time.Now())
	if err != nil {
		return err
	}
	cfg, err := s.load(io, nil)
	if err != nil {
		return err
	}
	folders, err := whichCaches(cfg, c.Cache)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(folders, func(f cacheFolder) bool { return c.Cache != "" || f.Of == c.Of })
	if at < 0 {
		return &usageError{errors.New("this user has no cache folder, since HOME is not set; name one with --cache")}
	}
	done, err := blob.Prune(ctx, folders[at].Dir, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io, map[string]any{
			"dir": folders[at].Dir, "dry_run": c.DryRun, "removed": done.Entries, "freed": done.Bytes,
			"in_use": done.InUse, "entries": done.Left, "size": done.Size,
		})
	}
	c.print(io, folders[at], done)
	return nil
}

func (c *cachePruneCmd) print(io streams, f cacheFolder, done blob.Pruned) {
	verb, left := "freed", fmt.Sprintf("%s in %s stay", megabytes(done.Size), entries(done.Left))
	if done.Left == 0 {
		left = "nothing is left"
	}
	if c.DryRun {
		verb = "would free"
	}
	switch {
	case done.Entries > 0:
		fmt.Fprintf(io.out, "%s: %s %s in %s; %s.\n", f.title(io), verb, io.bold(megabytes(done.Bytes)),
			entries(done.Entries), left)
	case done.Left == 0:
		fmt.Fprintf(io.out, "%s: it is empty.\n", f.title(io))
	default:
		fmt.Fprintf(io.out, "%s: there is nothing to remove; %s.\n", f.title(io), left)
	}
	if done.InUse > 0 {
		fmt.Fprintf(io.out, "%s\n",
			io.dim(fmt.Sprintf("%s would be removed too, but a render or a server uses them now.", entries(done.InUse))))
	}
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
