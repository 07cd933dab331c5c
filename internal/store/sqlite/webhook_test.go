package sqlite_test

import (
	"testing"

	"lectern/internal/store/sqlite"
	"lectern/internal/store/storetest"
	"lectern/internal/webhook/webhooktest"
)

// The store keeps what the deliverer relies on: the order, the claims, and one message for each milestone.
func TestWebhookOutbox(t *testing.T) {
	t.Parallel()
	webhooktest.Run(t, func(t *testing.T) webhooktest.World {
		db := openDB(t, t.TempDir())
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return webhooktest.On(sqlite.NewStore(db, enqueue(func(storetest.Ticket) error { return nil })))
	})
}
