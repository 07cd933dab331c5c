package elai

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"time"

	"lectern"
	"lectern/internal/retry"
	"lectern/internal/usage"
)

const (
	finalErrors = 5               // after this many reports of an error in a row, a render has failed
	lostCalls   = 5               // after this many calls in a row without a valid answer, the run gives up for now
	abandoned   = 2 * time.Minute // after this time without a record, an order of another presentation is taken over
	listPages   = 4               // pages of the newest videos that are searched for the draft of an order
)

// take is the work of one run on one order.
type take struct {
	e     *Engine
	r     lectern.TakeRequest
	look  look
	order order
	path  string

	rec   lectern.Order
	fresh bool        // this run recorded the intention, and Elai cannot have the draft yet
	lost  *retry.Pace // counts the calls in a row without a valid answer
}

// do continues the order from its recorded state until there is a checked clip at t.path.
func (t *take) do(ctx context.Context) error {
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := t.recall(ctx); err != nil {
			return err
		}
		if t.foreign() {
			if err := t.e.o.Sleep(ctx, t.e.o.Poll); err != nil {
				return err
			}
			continue
		}
		var err error
		switch t.rec.State {
		case lectern.OrderIntended:
			t.progress(0.02)
			err = t.create(ctx)
		case lectern.OrderCreated:
			err = t.submit(ctx)
		case lectern.OrderSubmitting:
			err = t.settle(ctx)
		case lectern.OrderSubmitted, lectern.OrderReady:
			return t.collect(ctx)
		default:
			return lectern.Fail(lectern.CodeInternal, "An order at Elai is in the unknown state %q.", t.rec.State)
		}
		if err != nil {
			return err
		}
	}
}

// recall reads the recorded order. If there is none, or if it failed in an earlier attempt or for another presentation,
// recall records a new one. An order that failed in this attempt stays failed.
func (t *take) recall(ctx context.Context) error {
	o, found, err := t.r.Orders.Order(ctx, t.r.Key)
	if err != nil {
		return err
	}
	if found && o.State != lectern.OrderFailed {
		t.rec, t.fresh = o, t.fresh && o.State == lectern.OrderIntended
		return nil
	}
	if found && o.Presentation == t.r.Presentation && o.Attempt >= t.r.Attempt {
		return t.failure(o.Detail)
	}
	t.rec = lectern.Order{Key: t.r.Key, Engine: Name, Slide: t.r.Slide, Part: t.r.Part, Presentation: t.r.Presentation,
		Attempt: t.r.Attempt}
	err = t.record(ctx, lectern.OrderIntended, "")
	if errors.Is(err, &lectern.Failure{Code: lectern.CodeConflict}) {
		return nil // another run was faster: the next call finds its order
	}
	t.fresh = err == nil
	return err
}

// foreign reports whether a run of another presentation may still submit the order. If two runs submitted it, both
// would pay.
func (t *take) foreign() bool {
	o := t.rec
	paid := o.State == lectern.OrderSubmitted || o.State == lectern.OrderReady
	return !paid && o.Presentation != t.r.Presentation && t.e.o.Now().Sub(o.UpdatedAt) < abandoned
}

// record stores the next state. The stage of that state may begin only after record has returned nil.
func (t *take) record(ctx context.Context, state lectern.OrderState, detail string) error {
	o := t.rec
	o.State, o.Detail = state, detail
	if err := t.r.Orders.RecordOrder(ctx, o); err != nil {
		return err
	}
	t.rec = o
	return nil
}

func (t *take) progress(share float64) {
	if t.r.Progress != nil {
		t.r.Progress(share)
	}
}

// failure is the failure of a render that Elai gave up.
func (t *take) failure(reason string) error {
	f := lectern.Fail(lectern.CodeAvatarFailed, "Elai could not render the avatar. Retry to order it again.")
	if reason != "" {
		f.Message = fmt.Sprintf("Elai could not render the avatar: %s", reason)
		f.Detail = reason
	}
	f.Retryable = true // a retry orders again
	return f
}

// refused records that the order has failed, because Elai refuses it as it is, and returns the failure.
func (t *take) refused(ctx context.Context, err error, doing string) error {
	f := fault(err, doing)
	var r *reply
	detail := f.Error()
	if errors.As(err, &r) {
		detail = r.reason
	}
	return errors.Join(f, t.record(ctx, lectern.OrderFailed, detail))
}

// missed counts a call without a valid answer, and waits. After too many of them it returns the failure, marked with
// [retry.Again], because another run of the take may succeed: it continues with what was ordered.
func (t *take) missed(ctx context.Context, err error, doing string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	pause := jitter(t.e.o.Poll)
	var r *reply
	if errors.As(err, &r) {
		pause = max(pause, r.after)
	}
	f := fault(err, doing)
	if err := t.lost.Wait(ctx, f, pause); err != f { //nolint:errorlint // f itself says that there were too many
		return err
	}
	return retry.Again(f, pause)
}

func jitter(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2+1) }

// doubtful reports whether Elai may have carried out a call that returned err.
func doubtful(err error) bool {
	var r *reply
	return !errors.As(err, &r) || r.status >= 500 && r.status != http.StatusServiceUnavailable ||
		r.status == http.StatusRequestTimeout
}

// create makes the draft, unless it exists.
func (t *take) create(ctx context.Context) error {
	if !t.fresh {
		v, err := t.search(ctx)
		if err != nil {
			return err
		}
		if v.ID != "" {
			t.rec.ExternalID = v.ID
			return t.record(ctx, lectern.OrderCreated, "")
		}
	}
	var v video
	err := t.e.c.post(ctx, "/videos", t.order, &v)
	switch r := (*reply)(nil); {
	case err == nil && v.ID != "":
		t.lost.Reset()
		t.rec.ExternalID = v.ID
		return t.record(ctx, lectern.OrderCreated, "")
	case err == nil:
		err = errInvalid
	case errors.As(err, &r) && !r.passing():
		return t.refused(ctx, err, "take the order")
	}
	t.fresh = t.fresh && !doubtful(err)
	return t.missed(ctx, err, "take the order")
}

// search looks for the order's draft among the newest videos. It returns the zero video if there is none. If Elai does
// not list its videos, the draft counts as missing; a second draft costs nothing.
func (t *take) search(ctx context.Context) (video, error) {
	for page := 1; page <= listPages; page++ {
		var list videoList
		err := t.e.c.get(ctx, listPath(page), &list)
		var r *reply
		if errors.As(err, &r) && !r.passing() {
			return video{}, nil
		}
		if err != nil {
			if ctx.Err() != nil {
				return video{}, context.Cause(ctx)
			}
			return video{}, fault(err, "list what was ordered before")
		}
		for _, v := range list {
			if v.ID != "" && (v.Name == t.order.Name || slices.Contains(v.Tags, orderTag(t.r.Key))) {
				return v, nil
			}
		}
		if len(list) < listLimit {
			break
		}
	}
	return video{}, nil
}

// submit starts the render of the draft. From here on it is paid for.
func (t *take) submit(ctx context.Context) error {
	t.progress(shares["draft"])
	if err := t.record(ctx, lectern.OrderSubmitting, ""); err != nil {
		return err
	}
	return t.render(ctx)
}

// render asks Elai to render the draft, and records the outcome.
func (t *take) render(ctx context.Context) error {
	var out struct {
		Accepted *bool `json:"accepted"`
	}
	err := t.e.c.post(ctx, "/videos/render/"+t.rec.ExternalID, nil, &out)
	var r *reply
	switch {
	case err == nil && out.Accepted != nil && *out.Accepted:
		t.lost.Reset()
		return t.record(ctx, lectern.OrderSubmitted, "")
	case err == nil:
		err = errInvalid
	case errors.As(err, &r) && (r.status == http.StatusPaymentRequired || r.status == http.StatusUnauthorized ||
		r.status == http.StatusForbidden):
		// The order itself is right: the draft can be submitted again when the account is in order.
		return errors.Join(fault(err, "start the render"), t.record(ctx, lectern.OrderCreated, r.reason))
	case errors.As(err, &r) && !r.passing():
		return t.refused(ctx, err, "start the render")
	}
	if !doubtful(err) {
		if err := t.record(ctx, lectern.OrderCreated, ""); err != nil { // Elai has certainly not started it
			return err
		}
	}
	return t.missed(ctx, err, "start the render") // if Elai may have started it, settle finds out
}

// settle asks Elai whether a render that may have been ordered was ordered: any state other than draft means that it
// was.
func (t *take) settle(ctx context.Context) error {
	var v video
	err := t.e.c.get(ctx, videoPath(t.rec.ExternalID), &v)
	var r *reply
	switch {
	case errors.As(err, &r) && r.status == http.StatusNotFound:
		return t.refused(ctx, err, "find the video again")
	case err != nil:
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fault(err, "report the state of the render")
	case v.Status == "":
		return t.missed(ctx, errInvalid, "report the state of the render")
	case v.Status != "draft":
		return t.record(ctx, lectern.OrderSubmitted, v.Status)
	}
	return t.render(ctx)
}

// shares are how much of a take is done in the states that Elai is known to report, from 0 to 1.
var shares = map[string]float64{"draft": 0.1, "queued": 0.2, "rendering": 0.5, "validating": 0.8, "rendered": 1,
	"ready": 1}

// collect waits for the render and fetches the clip.
func (t *take) collect(ctx context.Context) error {
	until := t.e.o.Now().Add(t.e.o.Limit)
	bell := t.e.bell.listen(t.rec.ExternalID)
	defer t.e.bell.leave(t.rec.ExternalID, bell)
	bad, fetched := 0, 0
	for {
		var v video
		err := t.e.c.once(ctx, http.MethodGet, videoPath(t.rec.ExternalID), nil, &v)
		var r *reply
		switch {
		case errors.As(err, &r) && r.status == http.StatusNotFound:
			return t.refused(ctx, err, "find the video again")
		case errors.As(err, &r) && !r.passing():
			return fault(err, "report the state of the render")
		case err == nil && v.Status == "":
			err = errInvalid
		}
		if err != nil {
			if err := t.missed(ctx, err, "report the state of the render"); err != nil {
				return err
			}
			continue
		}
		t.lost.Reset()
		t.progress(shares[v.Status])
		switch v.Status {
		case "error", "failed":
			if bad++; bad >= finalErrors {
				reason := t.e.c.clean(v.appError())
				return errors.Join(t.failure(reason), t.record(ctx, lectern.OrderFailed, reason))
			}
		case "ready", "rendered":
			bad = 0
			if v.address() == "" {
				break // ready, but without an address yet
			}
			length, err := t.download(ctx, v.address())
			if err == nil {
				return t.taken(ctx, length)
			}
			if fetched++; fetched >= t.e.o.Tries || ctx.Err() != nil || permanent(err) {
				return t.undelivered(ctx, err)
			}
		default:
			bad = 0 // an unknown state counts as progress
		}
		if !t.e.o.Now().Before(until) {
			f := lectern.Fail(lectern.CodeAvatarFailed, "Elai has not finished the avatar within %s. Retry to continue to "+
				"wait: it is not paid for again.", t.e.o.Limit)
			f.Retryable, f.Detail = true, "the last state was "+t.e.c.clean(v.Status)
			return f
		}
		if err := t.pause(ctx, bell); err != nil {
			return err
		}
	}
}

// pause waits until the next poll is due or a webhook reports a change.
func (t *take) pause(ctx context.Context, bell <-chan struct{}) error {
	ctx2, cancel := context.WithCancel(ctx)
	defer cancel()
	slept := make(chan error, 1)
	go func() { slept <- t.e.o.Sleep(ctx2, jitter(t.e.o.Poll)) }()
	select {
	case err := <-slept:
		return err
	case <-bell:
		cancel()
		<-slept
		return context.Cause(ctx)
	}
}

// undelivered returns the failure for a clip that could not be downloaded.
func (t *take) undelivered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f
	}
	f := lectern.Fail(lectern.CodeAvatarFailed, "Elai's video could not be fetched. Retry to fetch it again: it is not "+
		"paid for again.").Because(err)
	f.Retryable = true
	return f
}

// permanent reports whether err is a failure of this machine that another try does not solve.
func permanent(err error) bool {
	f, ok := errors.AsType[*lectern.Failure](err)
	return ok && (f.Code == lectern.CodeMissingTool || f.Code == lectern.CodeDiskFull)
}

// taken records that the clip is stored. Its length counts for the usage of the first run that stores it.
func (t *take) taken(ctx context.Context, length time.Duration) error {
	first := t.rec.State != lectern.OrderReady
	if err := t.record(ctx, lectern.OrderReady, ""); err != nil {
		return err
	}
	if first {
		usage.From(ctx).Clip(Name, length)
	}
	return nil
}

// download fetches the clip to t.path, checks it, and returns its length.
func (t *take) download(ctx context.Context, address string) (length time.Duration, err error) {
	f, err := os.Create(t.path)
	if err != nil {
		return 0, err
	}
	whole, cancel := context.WithTimeoutCause(ctx, t.e.o.Limit, fmt.Errorf("it was not complete after %s", t.e.o.Limit))
	defer cancel()
	err = t.e.c.fetch(whole, address, f, maxClip)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return 0, err
	}
	facts, err := t.e.o.Probe(ctx, t.path)
	if err != nil {
		if permanent(err) || ctx.Err() != nil {
			return 0, err
		}
		return 0, errors.New("the file is not a video")
	}
	longest := time.Duration(2*t.look.limit+30) * time.Second
	switch {
	case !facts.Video || !facts.Audio:
		return 0, errors.New("the video has no picture or no sound")
	case facts.Width*9 != facts.Height*16 || facts.Height < 360:
		return 0, fmt.Errorf("the video has %d×%d pixels, not 16:9 with at least 360 lines", facts.Width, facts.Height)
	case facts.Duration < 100*time.Millisecond || facts.Duration > longest:
		return 0, fmt.Errorf("the video lasts %s, not 100ms to %s", facts.Duration, longest)
	case !facts.Whole:
		return 0, errors.New("the video is cut off")
	}
	return facts.Duration, nil
}
