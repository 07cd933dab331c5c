package webhook

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"lectern"
)

// MaxEndpoints bounds the addresses that an owner may register: each receives the messages of all the owner's
// presentations.
const MaxEndpoints = 100

// TestType is the type of the message that Test sends.
const TestType = "webhook.test"

// Types are the types of messages about presentations, in the order in which they come.
func Types() []string {
	var out []string
	for _, s := range []lectern.Status{lectern.StatusQueued, lectern.StatusProcessing, lectern.StatusCompleted,
		lectern.StatusFailed, lectern.StatusCanceled} {
		out = append(out, lectern.WebhookType(s))
	}
	return out
}

func fault(param, format string, args ...any) *lectern.Failure {
	f := lectern.Fail(CodeInvalid, format, args...)
	f.Param = param
	return f
}

func newID(prefix string) string { return prefix + strings.ReplaceAll(uuid.NewString(), "-", "") }

// Allowed refuses an address whose text shows that it is forbidden (CodeCallbackRefused), so that no undeliverable
// message is stored.
func (s *Service) Allowed(address string) error {
	if _, r := s.opt.Policy.Judge(address); r != nil {
		f := lectern.Fail(lectern.CodeCallbackRefused, "Messages cannot be sent to this address: %s.", r.Why)
		return f
	}
	return nil
}

// Register makes an endpoint of an owner for the given types, or for all if there are none. Its secret is in
// Secrets[0], shown only this once. Of the methods with an owner, this one takes "" for lectern.DefaultOwner.
func (s *Service) Register(ctx context.Context, owner, address string, types []string) (lectern.Endpoint, error) {
	if err := s.Allowed(address); err != nil {
		f := *lectern.AsFailure(err)
		f.Param = "url"
		return lectern.Endpoint{}, &f
	}
	for i, t := range types {
		if !slices.Contains(Types(), t) {
			return lectern.Endpoint{}, fault(fmt.Sprintf("types[%d]", i),
				"There is no type %.60q. The types are %s.", t, strings.Join(Types(), ", "))
		}
	}
	owner = cmp.Or(owner, lectern.DefaultOwner)
	all, err := s.Webhooks(ctx, owner)
	if err != nil {
		return lectern.Endpoint{}, err
	}
	if len(all) >= MaxEndpoints {
		return lectern.Endpoint{}, lectern.Fail(lectern.CodeConflict,
			"There are %d webhooks, which is the limit. Remove one first.", len(all))
	}
	types = slices.Compact(slices.Sorted(slices.Values(types)))
	e := lectern.Endpoint{ID: newID("wh_"), Owner: owner, URL: address, Types: types, Secrets: []string{NewSecret()},
		CreatedAt: stamp()}
	return s.put(ctx, e)
}

// put stores e and returns the stored value.
func (s *Service) put(ctx context.Context, e lectern.Endpoint) (lectern.Endpoint, error) {
	if err := s.opt.Store.PutEndpoint(ctx, e); err != nil {
		return e, err
	}
	e.Revision++
	return e, nil
}

// Webhooks returns the registered endpoints of owner, or with "" of all, the oldest first.
func (s *Service) Webhooks(ctx context.Context, owner string) ([]lectern.Endpoint, error) {
	all, err := s.opt.Store.Endpoints(ctx)
	return slices.DeleteFunc(all, func(e lectern.Endpoint) bool {
		return e.KeepsCallbacks() || owner != "" && e.Owner != owner
	}), err
}

// Remove removes an endpoint of owner, or with "" of any owner. Its pending deliveries are given up.
func (s *Service) Remove(ctx context.Context, owner, id string) error {
	e, err := s.find(ctx, owner, id)
	if err != nil {
		return err
	}
	if e.KeepsCallbacks() {
		return unknown(id) // the endpoint for callbacks cannot be removed
	}
	return s.opt.Store.DeleteEndpoint(ctx, id)
}

// Rotate replaces the secret of an endpoint of owner, or with "" of any owner; the new one is in Secrets[0], shown only
// this once. The old one signs next to it for Overlap. CallbackEndpoint has the secret for every CallbackURL of the
// owner, with "" of lectern.DefaultOwner. A disabled endpoint is enabled again.
func (s *Service) Rotate(ctx context.Context, owner, id string) (lectern.Endpoint, error) {
	if id == lectern.CallbackEndpoint && s.opt.Secret != "" {
		return lectern.Endpoint{}, lectern.Fail(lectern.CodeConflict,
			"The secret for callback addresses is in the variable LECTERN_WEBHOOK_SECRET; change it there and restart.")
	}
	for {
		if e, err := s.rotateOnce(ctx, owner, id); !isStale(err) { // otherwise it was changed meanwhile
			return e, err
		}
	}
}

func (s *Service) rotateOnce(ctx context.Context, owner, id string) (lectern.Endpoint, error) {
	e, err := s.find(ctx, owner, id)
	if err != nil {
		return lectern.Endpoint{}, err
	}
	now := stamp()
	if len(active(e.Secrets, now)) > 4 {
		return lectern.Endpoint{}, lectern.Fail(lectern.CodeConflict,
			"This webhook has five valid secrets, which is the limit. Each old one expires a day after it was replaced; try "+
				"again then.")
	}
	e.Secrets = rotate(e.Secrets, NewSecret(), now)
	e.Disabled = e.KeepsCallbacks()
	e, err = s.put(ctx, e)
	if e.KeepsCallbacks() {
		e.ID = lectern.CallbackEndpoint // the name by which its owner knows it
	}
	return e, err
}

func unknown(id string) *lectern.Failure {
	return lectern.Fail(lectern.CodeNotFound, "There is no webhook %.60s.", id)
}

// find returns an endpoint of owner, or with "" of any owner. It makes the one for callbacks if that does not exist
// yet.
func (s *Service) find(ctx context.Context, owner, id string) (lectern.Endpoint, error) {
	callbacks := id == lectern.CallbackEndpoint
	if callbacks {
		owner = cmp.Or(owner, lectern.DefaultOwner)
		id = lectern.CallbackEndpointOf(owner)
	}
	all, err := s.opt.Store.Endpoints(ctx)
	if err != nil {
		return lectern.Endpoint{}, err
	}
	for _, e := range all {
		if e.ID == id && (owner == "" || e.Owner == owner) && e.KeepsCallbacks() == callbacks {
			return e, nil
		}
	}
	if callbacks {
		return lectern.Endpoint{ID: id, Owner: owner, Disabled: true, CreatedAt: stamp()}, nil
	}
	return lectern.Endpoint{}, unknown(id)
}

// callbackSecrets returns the secrets that sign messages to a CallbackURL of owner.
func (s *Service) callbackSecrets(ctx context.Context, owner string) ([]string, error) {
	if s.opt.Secret != "" {
		return []string{s.opt.Secret}, nil
	}
	e, err := s.find(ctx, owner, lectern.CallbackEndpoint)
	if err != nil {
		return nil, err
	}
	if len(e.Secrets) == 0 {
		e.Secrets = []string{NewSecret()}
		if e, err = s.put(ctx, e); isStale(err) { // another node was faster; use its secret
			e, err = s.find(ctx, owner, lectern.CallbackEndpoint)
		}
		if err != nil {
			return nil, err
		}
	}
	return active(e.Secrets, time.Now()), nil
}

// Deliveries returns the deliveries that f selects, in any state, the newest first.
func (s *Service) Deliveries(ctx context.Context, f lectern.DeliveryFilter) ([]lectern.Delivery, error) {
	return s.opt.Store.Deliveries(ctx, f)
}

// Redeliver sends a message of owner, or with "" of any owner, again under the same id. Its count of tries begins
// again.
func (s *Service) Redeliver(ctx context.Context, owner, id string) (lectern.Delivery, error) {
	if owner != "" {
		d, err := s.opt.Store.Delivery(ctx, id)
		if err != nil {
			return d, err
		}
		if d.Owner != owner {
			return lectern.Delivery{}, lectern.Fail(lectern.CodeNotFound, "There is no delivery %.64q.", id)
		}
	}
	d, err := s.opt.Store.Redeliver(ctx, id)
	if err == nil {
		s.Wake()
	}
	return d, err
}

// Test sends a message of TestType to an endpoint of owner, or with "" of any owner, immediately and only once. It
// returns the outcome as a delivery that was never in the outbox: delivered, or given up with the reason.
func (s *Service) Test(ctx context.Context, owner, id string) (lectern.Delivery, error) {
	if id == lectern.CallbackEndpoint {
		return lectern.Delivery{}, unknown(id)
	}
	e, err := s.find(ctx, owner, id)
	if err != nil {
		return lectern.Delivery{}, err
	}
	d := lectern.Delivery{ID: newID("msg_"), Owner: e.Owner, Endpoint: e.ID, URL: e.URL, Type: TestType, Attempts: 1,
		CreatedAt: stamp()}
	data, err := json.Marshal(map[string]string{"webhook": e.ID, "message": "This is a test. Lectern can reach you."})
	if err != nil {
		return d, err
	}
	b, err := body(d.Type, d.CreatedAt, data)
	if err != nil {
		return d, err
	}
	a := s.post(ctx, message{d.ID, d.URL, active(e.Secrets, d.CreatedAt), b})
	if ctx.Err() != nil {
		return d, context.Cause(ctx)
	}
	d.State, d.StatusCode, d.Problem, d.DoneAt = lectern.DeliveryDelivered, a.status, a.problem, d.CreatedAt.Add(a.took)
	if a.problem != "" {
		d.State = lectern.DeliveryGivenUp
	}
	return d, nil
}

// disable disables the endpoint of d, which answered with 410; the store gives up its pending deliveries. An endpoint
// that changed after d was sent stays enabled: the change is newer than the refusal.
func (s *Service) disable(ctx context.Context, d lectern.Delivery) {
	e, err := s.find(ctx, "", d.Endpoint)
	if err == nil && e.Revision == d.Revision {
		e.Disabled = true
		if _, err = s.put(ctx, e); err == nil {
			s.log.Warn("webhook disabled", "endpoint", d.Endpoint, "reason", "it answered 410")
			return
		}
	}
	if err == nil || isStale(err) || errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		s.log.Info("a receiver answered 410, but its webhook has changed since and stays enabled", "endpoint", d.Endpoint)
		return
	}
	s.log.Warn("a webhook whose receiver answered 410 cannot be disabled", "endpoint", d.Endpoint, "reason", err.Error())
}
