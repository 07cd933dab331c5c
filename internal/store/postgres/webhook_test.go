package postgres_test

import (
	"testing"

	"lectern/internal/store/postgres"
	"lectern/internal/webhook/webhooktest"
)

// What the deliverer promises rests on this: order, leases, one message a milestone.
func TestWebhookOutbox(t *testing.T) {
	t.Parallel()
	webhooktest.Run(t, func(t *testing.T) webhooktest.World {
		return webhooktest.On(postgres.NewStore(openDB(t, database(t)), enqueue(nothing), ""))
	})
}
