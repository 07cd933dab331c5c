package sqlstore

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"lectern"
	"lectern/internal/store/sqlstore/rows"
)

// micros returns a time as it is stored; 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// encodeUnlessEmpty returns "" for an empty v, so that most rows stay small.
func encodeUnlessEmpty[T any](empty bool, v T) (string, error) {
	if empty {
		return "", nil
	}
	return encode(v)
}

// decode reads what encode wrote; "" leaves v as it is.
func decode(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

func toRow(p lectern.Presentation) (rows.Presentation, error) {
	row := rows.Presentation{
		ID: p.ID, Title: p.Title, Status: string(p.Status), Stage: p.Stage, Progress: int64(p.Progress), Message: p.Message,
		SlidesDone: int64(p.SlidesDone), SlidesTotal: int64(p.SlidesTotal), Version: p.Version, Attempt: int64(p.Attempt),
		Worker: p.Worker, CancelRequested: p.CancelRequested, CreatedAt: micros(p.CreatedAt), StartedAt: micros(p.StartedAt),
		CompletedAt: micros(p.CompletedAt), LastHeartbeat: micros(p.LastHeartbeat), Eta: p.ETA.Microseconds(),
		CallbackUrl: p.CallbackURL, TraceParent: p.TraceParent, Owner: cmp.Or(p.Owner, lectern.DefaultOwner), KeyID: p.KeyID,
		Language: p.Language,
	}
	var err error
	if row.Failure, err = encodeUnlessEmpty(p.Error == nil, p.Error); err != nil {
		return row, err
	}
	if row.Warnings, err = encodeUnlessEmpty(len(p.Warnings) == 0, p.Warnings); err != nil {
		return row, err
	}
	if row.Files, err = encodeUnlessEmpty(len(p.Files) == 0, p.Files); err != nil {
		return row, err
	}
	if row.Used, err = encodeUnlessEmpty(p.Usage.IsZero(), p.Usage); err != nil {
		return row, err
	}
	if row.UsedBefore, err = encodeUnlessEmpty(p.UsedBefore.IsZero(), p.UsedBefore); err != nil {
		return row, err
	}
	row.Metadata, err = encodeUnlessEmpty(len(p.Metadata) == 0, p.Metadata)
	return row, err
}

func fromRow(r rows.Presentation) (lectern.Presentation, error) {
	p := lectern.Presentation{
		ID: r.ID, Title: r.Title, Status: lectern.Status(r.Status), Stage: r.Stage, Progress: lectern.Progress(r.Progress),
		Message: r.Message, SlidesDone: int(r.SlidesDone), SlidesTotal: int(r.SlidesTotal), Version: r.Version,
		Attempt: int(r.Attempt), Worker: r.Worker, CancelRequested: r.CancelRequested, CreatedAt: fromMicros(r.CreatedAt),
		StartedAt: fromMicros(r.StartedAt), CompletedAt: fromMicros(r.CompletedAt),
		LastHeartbeat: fromMicros(r.LastHeartbeat),
		ETA:           time.Duration(r.Eta) * time.Microsecond, CallbackURL: r.CallbackUrl, TraceParent: r.TraceParent,
		Owner:    r.Owner,
		KeyID:    r.KeyID,
		Language: r.Language,
	}
	p.ExpiresAt = fromMicros(r.ExpiresAt)
	if err := decode(r.Files, &p.Files); err != nil {
		return p, err
	}
	if err := errors.Join(decode(r.Used, &p.Usage), decode(r.UsedBefore, &p.UsedBefore)); err != nil {
		return p, err
	}
	if err := decode(r.Failure, &p.Error); err != nil {
		return p, err
	}
	if err := decode(r.Warnings, &p.Warnings); err != nil {
		return p, err
	}
	return p, decode(r.Metadata, &p.Metadata)
}

// snapshot is the part of a presentation that an event keeps; the row has the rest. Of the warnings it keeps the
// number, which is enough because warnings are only added at the end.
type snapshot struct {
	Status          lectern.Status      `json:"status"`
	Stage           string              `json:"stage"`
	Progress        lectern.Progress    `json:"progress"`
	Message         string              `json:"message"`
	SlidesDone      int                 `json:"slidesDone"`
	Attempt         int                 `json:"attempt"`
	Worker          string              `json:"worker,omitempty"`
	CancelRequested bool                `json:"cancelRequested,omitempty"`
	StartedAt       int64               `json:"startedAt,omitempty"`
	CompletedAt     int64               `json:"completedAt,omitempty"`
	LastHeartbeat   int64               `json:"lastHeartbeat,omitempty"`
	ETA             int64               `json:"eta,omitempty"`
	Failure         *lectern.Failure    `json:"failure,omitempty"`
	Warnings        int                 `json:"warnings,omitempty"`
	ExpiresAt       int64               `json:"expiresAt,omitempty"`
	Usage           lectern.Consumption `json:"usage,omitzero"`
}

func toSnapshot(p lectern.Presentation) (string, error) {
	return encode(snapshot{
		Status: p.Status, Stage: p.Stage, Progress: p.Progress, Message: p.Message, SlidesDone: p.SlidesDone,
		Attempt: p.Attempt, Worker: p.Worker, CancelRequested: p.CancelRequested, StartedAt: micros(p.StartedAt),
		CompletedAt: micros(p.CompletedAt), LastHeartbeat: micros(p.LastHeartbeat), ETA: p.ETA.Microseconds(),
		Failure: p.Error, Warnings: len(p.Warnings), ExpiresAt: micros(p.ExpiresAt),
		Usage: p.Usage,
	})
}

// fromSnapshot returns the presentation p as it was at the version.
func fromSnapshot(p lectern.Presentation, version int64, text string) (lectern.Presentation, error) {
	var s snapshot
	if err := decode(text, &s); err != nil {
		return p, err
	}
	p.Version, p.Status, p.Stage, p.Progress, p.Message = version, s.Status, s.Stage, s.Progress, s.Message
	p.SlidesDone, p.Attempt, p.Worker, p.CancelRequested = s.SlidesDone, s.Attempt, s.Worker, s.CancelRequested
	p.StartedAt, p.CompletedAt, p.LastHeartbeat = fromMicros(s.StartedAt), fromMicros(s.CompletedAt),
		fromMicros(s.LastHeartbeat)
	p.ETA, p.Error = time.Duration(s.ETA)*time.Microsecond, s.Failure
	p.ExpiresAt, p.Usage = fromMicros(s.ExpiresAt), s.Usage
	if p.Status != lectern.StatusCompleted {
		p.Files = nil
	}
	n := min(s.Warnings, len(p.Warnings))
	p.Warnings = p.Warnings[:n:n]
	if n == 0 {
		p.Warnings = nil
	}
	return p, nil
}

func orderRow(o lectern.Order) rows.Order {
	return rows.Order{
		Key: o.Key, Engine: o.Engine, ExternalID: o.ExternalID, State: string(o.State), PresentationID: o.Presentation,
		Attempt: int64(o.Attempt), Slide: int64(o.Slide), Part: int64(o.Part), Detail: o.Detail,
		UpdatedAt: micros(o.UpdatedAt),
	}
}

func fromOrderRow(r rows.Order) lectern.Order {
	return lectern.Order{
		Key: r.Key, Engine: r.Engine, ExternalID: r.ExternalID, State: lectern.OrderState(r.State),
		Presentation: r.PresentationID,
		Attempt:      int(r.Attempt), Slide: int(r.Slide), Part: int(r.Part), Detail: r.Detail,
		UpdatedAt: fromMicros(r.UpdatedAt),
	}
}

func fromEndpointRow(r rows.Endpoint) (lectern.Endpoint, error) {
	e := lectern.Endpoint{
		ID: r.ID, Owner: r.Owner, URL: r.Url, Disabled: r.Disabled, CreatedAt: fromMicros(r.CreatedAt), Revision: r.Revision,
	}
	if err := decode(r.Types, &e.Types); err != nil {
		return e, err
	}
	return e, decode(r.Secrets, &e.Secrets)
}

// fromDeliveryRow returns the delivery without its endpoint's secrets.
func fromDeliveryRow(r rows.Delivery) (lectern.Delivery, error) {
	d := lectern.Delivery{
		ID: r.ID, Owner: r.Owner, Endpoint: r.Endpoint, URL: r.Url, Type: r.Type, State: lectern.DeliveryState(r.State),
		Attempts: int(r.Attempts),
		NextAt:   fromMicros(r.NextAt), CreatedAt: fromMicros(r.CreatedAt), DoneAt: fromMicros(r.DoneAt),
		StatusCode: int(r.StatusCode), Problem: r.Problem, Claim: r.Claim,
	}
	err := decode(r.Presentation, &d.Presentation)
	d.Presentation.Owner = r.Owner // missing in rows of a version without owners
	return d, err
}
