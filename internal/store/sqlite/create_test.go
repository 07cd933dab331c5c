package sqlite_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/queue"
	"lectern/internal/store/sqlite"
)

// BenchmarkCreate measures one creation while a thousand presentations wait. Most of its time is the commit to the
// disk.
func BenchmarkCreate(b *testing.B) {
	for name, bound := range bounds {
		b.Run(name, func(b *testing.B) {
			db := openDB(b, b.TempDir())
			defer db.Close()
			tickets, err := queue.OnSQLite(b.Context(), db.Writer(), nil)
			if err != nil {
				b.Fatal(err)
			}
			s := sqlite.NewStore(db, tickets)
			create := func(n int) {
				var batch []job.Write
				for range n {
					d := lectern.Deck{Title: "t", Slides: make([]lectern.Slide, 10)}
					p := lectern.NewPresentation(uuid.NewString(), d, time.Now().UTC())
					batch = append(batch, job.TestWrite(b, bound(job.WriteSpec{ID: p.ID, At: p.CreatedAt, Create: &p, Deck: d})))
				}
				outs, err := s.Commit(b.Context(), batch)
				if err != nil || outs[0].Err != nil {
					b.Fatal(outs, err)
				}
			}
			for range 20 {
				create(50)
			}
			for b.Loop() {
				create(1)
			}
		})
	}
}

// bounds has the cases of BenchmarkCreate: no limits, the limits that exist by default, these for an API key, and these
// for an API key with a quota. All limits are so high that no creation is refused.
var bounds = map[string]func(job.WriteSpec) job.WriteSpec{
	"unbounded": func(s job.WriteSpec) job.WriteSpec { return s },
	"default": func(s job.WriteSpec) job.WriteSpec {
		s.Limits = job.Limits{Queued: 1 << 20, Stored: 1 << 40}
		return s
	},
	"key": func(s job.WriteSpec) job.WriteSpec {
		s.Limits = job.Limits{Queued: 1 << 20, Stored: 1 << 40}
		s.Create.KeyID = s.ID[:2] // one of 256
		return s
	},
	"quota": func(s job.WriteSpec) job.WriteSpec {
		s.Limits = job.Limits{Queued: 1 << 20, Stored: 1 << 40}
		s.Create.KeyID, s.Quota = s.ID[:2], lectern.Quota{Running: 1000, Queued: 1000, Minutes: 1 << 20}
		return s
	},
}
