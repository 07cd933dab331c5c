package webhook_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"lectern"
)

// Other owners have no access to an owner's webhooks, their secrets, their deliveries and the secret for callbacks.
func TestOwners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		hosts := map[string]string{"a": "https://a.example.com/", "b": "https://b.example.com/"}
		made := map[string]lectern.Endpoint{}
		for owner, address := range hosts {
			e, err := w.s.Register(t.Context(), owner, address, nil)
			if err != nil || e.Owner != owner {
				t.Fatal(e, err)
			}
			made[owner] = e
		}
		of := map[string]lectern.Presentation{}
		for _, owner := range []string{"a", "b"} {
			of[owner] = w.fake.CreateOf(owner, "https://callback-"+owner+".example.com/", now())
		}
		w.s.Wake()
		synctest.Wait()
		for _, c := range w.net.all() {
			owner := c.host[len(c.host)-len("a.example.com"):][:1]
			if c.message(t).Data.ID != of[owner].ID {
				t.Errorf("%s got a message about another owner's presentation", c.host)
			}
		}
		if n := len(w.net.all()); n != 4 {
			t.Errorf("%d messages, want one to each webhook and each callback", n)
		}
		owned(t, w, "a", made["b"].ID, of["b"].ID)
		owned(t, w, "b", made["a"].ID, of["a"].ID)

		one, err := w.s.Rotate(t.Context(), "a", lectern.CallbackEndpoint)
		if err != nil || one.ID != lectern.CallbackEndpoint {
			t.Fatal(one, err)
		}
		other, err := w.s.Rotate(t.Context(), "b", lectern.CallbackEndpoint)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(one.Secrets, func(s string) bool { return slices.Contains(other.Secrets, s) }) {
			t.Error("two owners share the secret for callbacks")
		}
		for owner, secret := range map[string]string{"a": one.Secrets[0], "b": other.Secrets[0]} {
			w.fake.CreateOf(owner, "https://callback-"+owner+".example.com/", now())
			w.s.Wake()
			synctest.Wait()
			calls := w.net.all()
			i := slices.IndexFunc(calls[4:], func(c call) bool { return c.host == "callback-"+owner+".example.com" })
			if i < 0 || verify(t, calls[4+i], secret) != nil {
				t.Errorf("the callback of %s is not signed with the owner's secret", owner)
			}
		}
		all, err := w.s.Webhooks(t.Context(), "")
		if err != nil || len(all) != 2 {
			t.Errorf("everybody's webhooks: %+v, %v", all, err)
		}
	})
}

// owned checks that owner cannot see or change the webhook theirs or the deliveries of another owner's presentation.
func owned(t *testing.T, w *world, owner, theirs, presentation string) {
	t.Helper()
	list, err := w.s.Webhooks(t.Context(), owner)
	if err != nil || len(list) != 1 || list[0].Owner != owner {
		t.Errorf("the webhooks of %s: %+v, %v", owner, list, err)
	}
	fails(t, w.s.Remove(t.Context(), owner, theirs), lectern.CodeNotFound)
	_, err = w.s.Rotate(t.Context(), owner, theirs)
	fails(t, err, lectern.CodeNotFound)
	_, err = w.s.Test(t.Context(), owner, theirs)
	fails(t, err, lectern.CodeNotFound)
	for _, id := range []string{lectern.CallbackEndpoint, lectern.CallbackEndpointOf("a"),
		lectern.CallbackEndpointOf("b")} {
		fails(t, w.s.Remove(t.Context(), owner, id), lectern.CodeNotFound)
	}
	_, err = w.s.Rotate(t.Context(), owner, lectern.CallbackEndpointOf("a"))
	fails(t, err, lectern.CodeNotFound)
	own, err := w.s.Deliveries(t.Context(), lectern.DeliveryFilter{Owner: owner})
	if err != nil || len(own) != 2 {
		t.Errorf("the deliveries of %s: %+v, %v", owner, own, err)
	}
	none, err := w.s.Deliveries(t.Context(), lectern.DeliveryFilter{Owner: owner, Presentation: presentation})
	if err != nil || len(none) != 0 {
		t.Errorf("%s sees %+v, %v", owner, none, err)
	}
	others, err := w.s.Deliveries(t.Context(), lectern.DeliveryFilter{Presentation: presentation})
	if err != nil || len(others) == 0 {
		t.Fatal(others, err)
	}
	_, err = w.s.Redeliver(t.Context(), owner, others[0].ID)
	fails(t, err, lectern.CodeNotFound)
}
