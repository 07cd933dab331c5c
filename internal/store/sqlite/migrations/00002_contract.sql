-- +goose Up
ALTER TABLE presentations ADD COLUMN callback_url TEXT NOT NULL DEFAULT '';

-- One row for each Idempotency-Key (J13). It is removed together with its presentation.
CREATE TABLE idempotency_keys (
    key             TEXT    NOT NULL PRIMARY KEY,
    fingerprint     TEXT    NOT NULL,
    presentation_id TEXT    REFERENCES presentations (id) ON DELETE CASCADE, -- null while the first request is in flight
    reserved_at     INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL -- of the reservation; 0 with a presentation
) STRICT;

CREATE INDEX idempotency_keys_by_presentation ON idempotency_keys (presentation_id) WHERE presentation_id IS NOT NULL;
CREATE INDEX idempotency_keys_in_flight ON idempotency_keys (expires_at) WHERE presentation_id IS NULL;

-- External renders. They cost money, so they outlive the presentation that ordered them.
CREATE TABLE orders (
    key             TEXT    NOT NULL PRIMARY KEY,
    engine          TEXT    NOT NULL,
    external_id     TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('intended', 'created', 'submitting', 'submitted', 'ready', 'failed')),
    presentation_id TEXT    NOT NULL,
    attempt         INTEGER NOT NULL,
    slide           INTEGER NOT NULL,
    part            INTEGER NOT NULL,
    detail          TEXT    NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX orders_settled ON orders (updated_at) WHERE state IN ('ready', 'failed');

CREATE TABLE endpoints (
    id         TEXT    NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL,
    types      TEXT    NOT NULL, -- '' for all
    secrets    TEXT    NOT NULL,
    disabled   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX endpoints_by_age ON endpoints (created_at, id);

-- One row for each message to one address, with its whole content: it outlives the presentation and its events until it
-- is done.
CREATE TABLE deliveries (
    seq             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id              TEXT    NOT NULL UNIQUE,
    presentation_id TEXT    NOT NULL,
    endpoint        TEXT    NOT NULL, -- '' for the presentation's own callback_url
    url             TEXT    NOT NULL,
    type            TEXT    NOT NULL,
    presentation    TEXT    NOT NULL, -- as it was at the milestone
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up')),
    attempts        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    done_at         INTEGER NOT NULL,
    status_code     INTEGER NOT NULL,
    problem         TEXT    NOT NULL
) STRICT;

CREATE INDEX deliveries_due ON deliveries (next_at, seq) WHERE state = 'pending';
CREATE INDEX deliveries_turn ON deliveries (presentation_id, endpoint, seq) WHERE state = 'pending';
CREATE INDEX deliveries_pending_of ON deliveries (endpoint) WHERE state = 'pending';
CREATE INDEX deliveries_done ON deliveries (done_at) WHERE state <> 'pending';
CREATE INDEX deliveries_by_age ON deliveries (created_at DESC, seq DESC);
CREATE INDEX deliveries_by_presentation ON deliveries (presentation_id, created_at DESC, seq DESC);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE endpoints;
DROP TABLE orders;
DROP TABLE idempotency_keys;
ALTER TABLE presentations DROP COLUMN callback_url;
