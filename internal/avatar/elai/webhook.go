package elai

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// bell wakes the runs that wait for a video.
type bell struct {
	mu      sync.Mutex
	waiting map[string][]chan struct{}
}

func (b *bell) listen(id string) chan struct{} {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting[id] = append(b.waiting[id], ch)
	return ch
}

func (b *bell) leave(id string, ch chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.waiting[id]
	for i, c := range list {
		if c == ch {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(b.waiting, id)
		return
	}
	b.waiting[id] = list
}

func (b *bell) ring(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range b.waiting[id] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

const (
	maxHook = 1 << 20
	hookAge = 5 * time.Minute // a message whose time differs more from now is refused, as a replay
)

// Webhook returns a handler for Elai's messages. A message only wakes the runs that wait for its video; they ask Elai
// for the state of the render and do not rely on the message. secret is agreed with Elai. Messages without its
// signature are refused, and with an empty secret all are.
func (e *Engine) Webhook(secret string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Only POST is allowed.", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxHook))
		if err != nil {
			http.Error(w, "The body cannot be read.", http.StatusBadRequest)
			return
		}
		stamp := r.Header.Get("Elai-Timestamp")
		ms, err := strconv.ParseInt(stamp, 10, 64)
		age := e.o.Now().Sub(time.UnixMilli(ms))
		if err != nil || secret == "" || r.Header.Get("Delivery-ID") == "" || age > hookAge || age < -hookAge ||
			!hmac.Equal([]byte(Sign(secret, stamp, body)), []byte(r.Header.Get("Elai-Signature"))) {
			http.Error(w, "The signature or the time is wrong, or a header is missing.", http.StatusUnauthorized)
			return
		}
		var m struct {
			ID    string `json:"_id"`
			Video string `json:"videoId"`
			Data  struct {
				ID    string `json:"_id"`
				Video string `json:"videoId"`
			} `json:"data"`
		}
		if json.Unmarshal(body, &m) == nil {
			for _, id := range []string{m.ID, m.Video, m.Data.ID, m.Data.Video} {
				if id != "" {
					e.bell.ring(id)
				}
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// Sign returns the signature of a message from Elai: hex HMAC-SHA256 over timestamp, a dot and the body.
func Sign(secret, timestamp string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(timestamp + "."))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}
