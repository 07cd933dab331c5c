package main

import (
	"context"
	"log/slog"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/egress"
	"lectern/internal/httpapi"
	"lectern/internal/store/sqlstore"
	"lectern/internal/telemetry"
	"lectern/internal/webhook"
)

var _ httpapi.Webhooks = (*webhook.Service)(nil)

// newHooks makes the deliverer of webhooks on the outbox that the job service fills, and lets every change wake it.
// secret signs what goes to callback addresses.
func newHooks(cfg config.Config, secret string, r *records, watch *instruments, log *slog.Logger) (*webhook.Service, error) {
	var policy egress.Policy
	if cfg.Webhook.AllowPrivate {
		policy = egress.Everywhere()
	}
	s, err := webhook.New(webhook.Options{
		Store: counted{r.outbox, watch.metrics}, Encode: httpapi.Encoder(cfg.HTTP.BaseURL), Secret: secret, Policy: policy,
		Node: r.node, Version: programVersion(), Logger: log,
	})
	if err != nil {
		return nil, &config.Error{Key: config.WebhookVariable, Cause: err, Allowed: "whsec_ and at least 24 bytes in base64"}
	}
	watch.wake = s.Wake
	return s, nil
}

// counted is the outbox with the tries of deliveries counted.
type counted struct {
	*sqlstore.Store
	metrics *telemetry.Metrics
}

// FinishDelivery implements webhook.Outbox.
func (c counted) FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error {
	err := c.Store.FinishDelivery(ctx, d, again)
	if err == nil {
		c.metrics.Delivered(map[lectern.DeliveryState]string{
			lectern.DeliveryDelivered: "delivered", lectern.DeliveryGivenUp: "given_up", lectern.DeliveryPending: "retried",
		}[d.State])
	}
	return err
}
