package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lectern"
)

// lengths sets the lengths of recordings, as far as the headers of their files say them. Whether each file may be used
// is found out elsewhere, so a file that cannot be read has no length here.
func (v *visit) lengths(ctx context.Context) {
	if v.Sounds == nil {
		return
	}
	known := map[string]time.Duration{} // slides may share a file
	of := func(file string) time.Duration {
		sha, _, ok := lectern.AssetAddress(strings.TrimSpace(file))
		if !ok || ctx.Err() != nil {
			return 0
		}
		long, there := known[sha]
		if !there {
			var err error
			if long, err = v.Sounds.Length(ctx, sha); err != nil {
				long = 0
			}
			known[sha] = long
		}
		return long
	}
	if r := v.deck.Recording; r != nil {
		c := *r
		c.Length = of(c.File)
		v.deck.Recording = &c
	}
	for i := range v.deck.Slides[:min(len(v.deck.Slides), v.Limits.Slides)] {
		if s := v.deck.Slides[i].Sound; s != nil {
			c := *s
			c.Length = of(c.File)
			v.deck.Slides[i].Sound = &c
		}
	}
}

// recorded checks a slide whose narration people recorded: its text is not spoken.
func (v *visit) recorded(i int) error {
	s := v.deck.Slides[i]
	if s.Sound != nil {
		if err := v.recording(s.Sound.File, fmt.Sprintf("slides[%d].sound.file", i), i+1); err != nil {
			return err
		}
	}
	if v.own {
		v.note(i+1, lectern.Warning{Code: "avatar_silent", Message: "The avatar speaks itself and cannot move its lips to " +
			"a recorded sound, so it is not shown on this slide."})
	}
	return nil
}

// recording checks that the file of a recording is an asset.
func (v *visit) recording(file, param string, slide int) error {
	if _, asset, _ := lectern.AssetAddress(file); asset || slices.Contains(v.wrong, param) {
		return nil
	}
	f := lectern.Fail(lectern.CodeAssetRefused, "The sound cannot be used: %s.", lectern.AbsentFile(file))
	return v.blame(f, param, slide)
}
