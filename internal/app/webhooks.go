package app

import (
	"context"
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

// newWebhooks makes the service that delivers the webhooks in the outbox. A secret in the wrong format is a
// *config.Error.
func (a *App) newWebhooks() (*webhook.Service, error) {
	var policy egress.Policy
	if a.Config.Webhook.AllowPrivate {
		policy = egress.Everywhere()
	}
	s, err := webhook.New(webhook.Options{
		Store: counted{a.storage.outbox, a.telemetry.metrics}, Encode: httpapi.Encoder(a.Config.HTTP.BaseURL),
		Secret: a.secrets.Webhook, Policy: policy, Node: a.storage.node, Version: a.opt.Version, Logger: a.opt.Log,
	})
	if err != nil {
		return nil, &config.Error{Key: config.WebhookVariable, Cause: err, Allowed: "whsec_ and at least 24 bytes in base64"}
	}
	return s, nil
}

// counted is the outbox; it also counts the tries of deliveries for the metrics.
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
