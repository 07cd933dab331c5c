package picturefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"

	"lectern"
)

// Judge decodes a few pictures at a time and caches the verdicts. It is safe for concurrent use. NewJudge makes one;
// the zero value does not work.
type Judge struct {
	places chan struct{}

	mu       sync.Mutex // guards verdicts
	verdicts map[[sha256.Size]byte]verdict
}

type verdict struct {
	done bool
	err  error
}

// Bounds of a Judge: how many pictures are decoded at once, and how many verdicts are kept.
const (
	atOnce       = 2
	maxRemember  = 8192
	forgetAtOnce = maxRemember / 4
)

// NewJudge returns a Judge without verdicts.
func NewJudge() *Judge {
	return &Judge{places: make(chan struct{}, atOnce), verdicts: map[[sha256.Size]byte]verdict{}}
}

// Decode is the package's Decode, called once per content. If ctx ends while it waits, it returns ctx's cause.
func (j *Judge) Decode(ctx context.Context, media string, body []byte) (done bool, err error) {
	key := sha256.Sum256(body)
	if v, ok := j.known(key); ok {
		return v.done, v.err
	}
	select {
	case j.places <- struct{}{}:
		defer func() { <-j.places }()
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	if v, ok := j.known(key); ok { // another caller was faster
		return v.done, v.err
	}
	v := verdict{}
	v.done, v.err = Decode(media, body)
	j.keep(key, v)
	return v.done, v.err
}

// Settle stores the verdict on a picture that the browser has decoded: nil, or an *Unfit.
func (j *Judge) Settle(body []byte, err error) {
	j.keep(sha256.Sum256(body), verdict{err == nil, err})
}

func (j *Judge) known(key [sha256.Size]byte) (verdict, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	v, ok := j.verdicts[key]
	return v, ok
}

func (j *Judge) keep(key [sha256.Size]byte, v verdict) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.verdicts) >= maxRemember {
		left := forgetAtOnce
		for k := range j.verdicts {
			if left == 0 {
				break
			}
			delete(j.verdicts, k)
			left--
		}
	}
	j.verdicts[key] = v
}

// Refusal turns a verdict on the picture at an address, or in a field, into a failure. It returns other errors
// unchanged.
func Refusal(err error, where string) error {
	if u, ok := errors.AsType[*Unfit](err); ok {
		if r := []rune(where); len(r) > 120 {
			where = string(r[:119]) + "…"
		}
		return lectern.Fail(lectern.CodeAssetRefused, "The picture %s cannot be used: %s.", where, u.Why)
	}
	return err
}
