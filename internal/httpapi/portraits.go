package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/http"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"

	"lectern"
)

// maxPortraits bounds the pictures that are kept: a few hundred kilobytes each at most.
const maxPortraits = 128

// portraits keeps drawn portraits. Each is drawn once, however many ask for it at once, and never under the lock.
type portraits struct {
	source Avatars
	flight singleflight.Group
	mu     sync.Mutex
	drawn  map[string][]byte
	order  []string // the oldest first
}

func newPortraits(source Avatars) *portraits {
	return &portraits{source: source, drawn: map[string][]byte{}}
}

// get returns the portrait as PNG, size pixels wide and high. Drawing goes on when this caller leaves, since others may
// wait for it.
func (p *portraits) get(c context.Context, code string, size int) ([]byte, error) {
	key := code + "/" + strconv.Itoa(size)
	p.mu.Lock()
	b, ok := p.drawn[key]
	p.mu.Unlock()
	if ok {
		return b, nil
	}
	result := p.flight.DoChan(key, func() (v any, err error) {
		// The guard of the handlers does not recover panics of this goroutine: one here would end the process.
		defer func() {
			if r := recover(); r != nil {
				v, err = nil, lectern.Fail(lectern.CodeInternal, "The portrait could not be drawn.").Because(fmt.Errorf("panic: %v",
					r))
			}
		}()
		img, err := p.source.Portrait(context.WithoutCancel(c), code, lectern.Size{Width: size, Height: size})
		if err != nil {
			return nil, err
		}
		var buf bytes.Buffer
		if err := png.Encode(&buf, img); err != nil {
			return nil, err
		}
		p.keep(key, buf.Bytes())
		return buf.Bytes(), nil
	})
	select {
	case <-c.Done():
		return nil, c.Err()
	case r := <-result:
		b, _ := r.Val.([]byte)
		return b, r.Err
	}
}

func (p *portraits) keep(key string, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.drawn[key]; ok {
		return
	}
	if len(p.order) >= maxPortraits {
		delete(p.drawn, p.order[0])
		p.order = p.order[1:]
	}
	p.drawn[key] = b
	p.order = append(p.order, key)
}

// portraitSizes are the sizes that are drawn. A request gets the next larger one, so that similar requests share a
// picture.
var portraitSizes = []int{96, 240, 480, 960}

// portrait answers with an avatar's picture.
func (s *server) portrait(w http.ResponseWriter, r *http.Request, code string, size int) error {
	for _, step := range portraitSizes {
		if size <= step {
			size = step
			break
		}
	}
	b, err := s.portraits.get(r.Context(), code, size)
	if err != nil {
		if f := asFailure(err); f.Code == lectern.CodeUnknownAvatar {
			gone := *f
			gone.Code = lectern.CodeNotFound // the path names the avatar, not a field of a deck
			return &gone
		}
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", fmt.Sprintf(`"%s"`, hash(b)))
	http.ServeContent(w, r, "", zeroTime, bytes.NewReader(b))
	return nil
}
