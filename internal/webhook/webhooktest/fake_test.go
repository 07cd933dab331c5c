package webhooktest

import (
	"testing"
	"time"

	"lectern"
)

func TestFake(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) World {
		f := NewFake()
		return World{
			Store: f,
			Create: func(_ *testing.T, callback string,
				at time.Time) lectern.Presentation {
				return f.Create(callback, at)
			}, Apply: func(t *testing.T, id string, at time.Time, events ...lectern.Event) lectern.Presentation {
				t.Helper()
				p, err := f.Apply(id, at, events...)
				if err != nil {
					t.Fatal(err)
				}
				return p
			},
		}
	})
}
