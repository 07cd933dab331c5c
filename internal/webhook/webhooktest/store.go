package webhooktest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/webhook"
)

// Store is a store for both the job service and the deliverer.
type Store interface {
	job.Writer
	webhook.Store
}

// On is the World of a store with presentations. It writes them as the job service does.
func On(s Store) World {
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
	return World{
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
