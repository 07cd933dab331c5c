package postgres_test

import (
	"testing"

	"lectern/internal/store/postgres"
	"lectern/internal/webhook/webhooktest"
)

// The store keeps what the deliverer relies on: the order, the claims, and one message for each milestone.
func TestWebhookOutbox(t *testing.T) {
	t.Parallel()
	webhooktest.Run(t, func(t *testing.T) webhooktest.World {
		return webhooktest.On(postgres.NewStore(openDB(t, database(t)), enqueue(nothing), ""))
	})
}
