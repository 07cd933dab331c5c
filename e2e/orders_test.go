package e2e

import (
	"strings"
	"testing"

	"lectern/internal/avatar/elai/elaitest"
	"lectern/internal/crashpoint"
	"lectern/internal/soak"
)

// TestOrderCrashPoints checks J9 for takes that cost money: the process dies after each record of an external render.
// After its restart the provider has been asked to create each take once, and to render it once.
func TestOrderCrashPoints(t *testing.T) {
	t.Parallel()
	const deck = `{"resolution":[426,240],"avatarCode":"elai:gia.casual","slidesData":[
		{"templateId":"content-slide","props":{"title":"Paid once","voiceoverText":"Hello."}},
		{"templateId":"content-slide","props":{"title":"And once","voiceoverText":"Goodbye."}}]}`
	for _, p := range soak.Pick(crashpoint.OrderPoints(), crashpoint.OrderSubmitting) {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			stand := elaitest.New(t)
			stand.Say("rendering", "ready")
			s := serve(t, crashing(), append(elaiEnv(stand), "CRASH_AT="+string(p)+"#2")...)
			ctx := patient(t)
			id := s.create(deck)
			finish := observe(ctx, s, 1, id)
			select {
			case <-s.done:
			case <-ctx.Done():
				t.Fatalf("the server did not reach the crash point %q", p)
			}
			if !strings.Contains(s.out.String(), "CRASH: "+string(p)) {
				t.Fatalf("the server ended, but not at the crash point:\n%s", tail(s.out.String(), 2000))
			}
			s.start(plain, elaiEnv(stand)...)
			if v := s.awaitEnd(id); v.Status != "completed" {
				t.Errorf("ended as %+v", v)
			}
			finish()
			if keys := stand.Keys(); len(keys) != 2 {
				t.Errorf("%d takes were ordered for two slides", len(keys))
			}
			for _, k := range stand.Keys() {
				if stand.Creates(k) != 1 || stand.Renders(k) != 1 {
					t.Errorf("J9: %.12s was created %d times and paid for %d times", k, stand.Creates(k), stand.Renders(k))
				}
			}
		})
	}
}
