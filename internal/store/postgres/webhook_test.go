package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/postgres"
	"lectern/internal/store/storetest"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

// outbox is a store as the job service writes to it and the deliverer of webhooks empties it.
type outbox interface {
	job.Store
	webhook.Store
}

// What the deliverer promises rests on this: order, leases, one message a milestone.
func TestWebhookOutbox(t *testing.T) {
	t.Parallel()
	webhooktest.Run(t, func(t *testing.T) webhooktest.World {
		return world(postgres.NewStore(openDB(t, database(t)), enqueue(func(storetest.Ticket) error { return nil }), ""))
	})
}

func world(s outbox) webhooktest.World {
	write := func(t *testing.T, spec job.WriteSpec) lectern.Presentation {
		t.Helper()
		spec.ScratchIn, spec.KeepFor = time.Minute, time.Hour
		outs, err := s.Commit(t.Context(), []job.Write{job.TestWrite(t, spec)})
		if err != nil {
			t.Fatal(err)
		}
		if outs[0].Err != nil {
			t.Fatal(outs[0].Err)
		}
		return outs[0].After
	}
	return webhooktest.World{
		Store: s,
		Create: func(t *testing.T, callback string, at time.Time) lectern.Presentation {
			t.Helper()
			d := lectern.Deck{Title: "A talk", Slides: make([]lectern.Slide, 1)}
			p := lectern.NewPresentation(uuid.NewString(), d, at)
			p.CallbackURL = callback
			return write(t, job.WriteSpec{ID: p.ID, At: at, Create: &p, Deck: d})
		},
		Apply: func(t *testing.T, id string, at time.Time, events ...lectern.Event) lectern.Presentation {
			t.Helper()
			return write(t, job.WriteSpec{ID: id, At: at, Events: events})
		},
	}
}
