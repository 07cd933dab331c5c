-- These tables have all columns of SQLite's tables, because both databases run the same queries. beat_at, its trigger
-- and nodes are for several nodes that share the database. Times are microseconds since 1970, UTC; 0 means "not yet".
-- Durations are microseconds. Flags are 0 and 1. Lists and maps are JSON. Ids compare by their bytes.

-- +goose Up
CREATE TABLE presentations (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title            TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'canceled')),
    stage            TEXT    NOT NULL,
    progress         BIGINT  NOT NULL CHECK (progress BETWEEN 0 AND 10000),
    message          TEXT    NOT NULL,
    slides_done      BIGINT  NOT NULL,
    slides_total     BIGINT  NOT NULL,
    version          BIGINT  NOT NULL,
    attempt          BIGINT  NOT NULL,
    worker           TEXT    NOT NULL,
    cancel_requested BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    started_at       BIGINT  NOT NULL,
    completed_at     BIGINT  NOT NULL,
    last_heartbeat   BIGINT  NOT NULL,
    eta              BIGINT  NOT NULL,
    failure          TEXT    NOT NULL, -- '' where there is none
    warnings         TEXT    NOT NULL,
    metadata         TEXT    NOT NULL,
    scratch_at       BIGINT  NOT NULL DEFAULT 0, -- when scratch and the finer history are removed
    expires_at       BIGINT  NOT NULL DEFAULT 0, -- when all of it is removed
    removing         BIGINT  NOT NULL DEFAULT 0, -- 1: gone for every reader; its files are being removed
    callback_url     TEXT    NOT NULL DEFAULT '',
    beat_at          BIGINT  NOT NULL DEFAULT 0, -- when last_heartbeat was written, by the database's clock
    CHECK ((progress = 10000) = (status = 'completed'))
);

CREATE INDEX presentations_by_age ON presentations (created_at DESC, id DESC);
CREATE INDEX presentations_by_status ON presentations (status, created_at DESC, id DESC);
CREATE INDEX presentations_by_scratch ON presentations (scratch_at) WHERE scratch_at > 0;
CREATE INDEX presentations_by_expiry ON presentations (expires_at) WHERE expires_at > 0;
CREATE INDEX presentations_removing ON presentations (removing) WHERE removing = 1;

-- Decks have rows of their own: a heartbeat rewrites the row of its presentation, and a deck may be large.
CREATE TABLE decks (
    presentation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES presentations (id) ON DELETE CASCADE,
    deck            TEXT NOT NULL
);

-- The versions of presentations, one row each. seq increases with the versions of a presentation. Between presentations
-- it need not follow the order of commits.
CREATE TABLE events (
    seq             BIGINT  NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    presentation_id TEXT COLLATE "C" NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    version         BIGINT  NOT NULL,
    at              BIGINT  NOT NULL,
    milestone       BIGINT  NOT NULL, -- 1: the status, the attempt or the request to cancel changed
    snapshot        TEXT    NOT NULL,
    UNIQUE (presentation_id, version)
);

CREATE TABLE steps (
    seq             BIGINT  NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    presentation_id TEXT COLLATE "C" NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    attempt         BIGINT  NOT NULL,
    kind            TEXT    NOT NULL,
    slide           BIGINT  NOT NULL,
    key             TEXT COLLATE "C" NOT NULL,
    reused          BIGINT  NOT NULL,
    started_at      BIGINT  NOT NULL,
    took            BIGINT  NOT NULL,
    UNIQUE (presentation_id, attempt, kind, slide, key)
);

CREATE TABLE artifacts (
    seq             BIGINT  NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    presentation_id TEXT COLLATE "C" NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    kind            TEXT    NOT NULL,
    slide           BIGINT  NOT NULL,
    key             TEXT COLLATE "C" NOT NULL,
    content_type    TEXT    NOT NULL,
    size            BIGINT  NOT NULL,
    sha256          TEXT    NOT NULL,
    UNIQUE (presentation_id, kind, slide)
);

-- One row for each Idempotency-Key (J13). It is removed together with its presentation.
CREATE TABLE idempotency_keys (
    key             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint     TEXT    NOT NULL,
    presentation_id TEXT COLLATE "C" REFERENCES presentations (id) ON DELETE CASCADE, -- null while the first request is in flight
    reserved_at     BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL -- of the reservation; 0 with a presentation
);

CREATE INDEX idempotency_keys_by_presentation ON idempotency_keys (presentation_id) WHERE presentation_id IS NOT NULL;
CREATE INDEX idempotency_keys_in_flight ON idempotency_keys (expires_at) WHERE presentation_id IS NULL;

-- External renders. They cost money, so they outlive the presentation that ordered them.
CREATE TABLE orders (
    key             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    engine          TEXT    NOT NULL,
    external_id     TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('intended', 'created', 'submitting', 'submitted', 'ready', 'failed')),
    presentation_id TEXT COLLATE "C" NOT NULL,
    attempt         BIGINT  NOT NULL,
    slide           BIGINT  NOT NULL,
    part            BIGINT  NOT NULL,
    detail          TEXT    NOT NULL,
    updated_at      BIGINT  NOT NULL
);

CREATE INDEX orders_settled ON orders (updated_at) WHERE state IN ('ready', 'failed');

CREATE TABLE endpoints (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    url        TEXT    NOT NULL,
    types      TEXT    NOT NULL, -- '' for all
    secrets    TEXT    NOT NULL,
    disabled   BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL
);

CREATE INDEX endpoints_by_age ON endpoints (created_at, id);

-- One row for each message to one address, with its whole content: it outlives the presentation and its events until it
-- is done.
CREATE TABLE deliveries (
    seq             BIGINT  NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    presentation_id TEXT COLLATE "C" NOT NULL,
    endpoint        TEXT COLLATE "C" NOT NULL, -- '' for the presentation's own callback_url
    url             TEXT    NOT NULL,
    type            TEXT    NOT NULL,
    presentation    TEXT    NOT NULL, -- as it was at the milestone
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up')),
    attempts        BIGINT  NOT NULL,
    next_at         BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    done_at         BIGINT  NOT NULL,
    status_code     BIGINT  NOT NULL,
    problem         TEXT    NOT NULL
);

CREATE INDEX deliveries_due ON deliveries (next_at, seq) WHERE state = 'pending';
CREATE INDEX deliveries_turn ON deliveries (presentation_id, endpoint, seq) WHERE state = 'pending';
CREATE INDEX deliveries_pending_of ON deliveries (endpoint) WHERE state = 'pending';
CREATE INDEX deliveries_done ON deliveries (done_at) WHERE state <> 'pending';
CREATE INDEX deliveries_by_age ON deliveries (created_at DESC, seq DESC);
CREATE INDEX deliveries_by_presentation ON deliveries (presentation_id, created_at DESC, seq DESC);

-- The database's clock decides whether a run is silent, because the clocks of nodes differ.
-- +goose StatementBegin
CREATE FUNCTION lectern_beat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.beat_at := (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER presentations_beat BEFORE UPDATE ON presentations
    FOR EACH ROW WHEN (NEW.last_heartbeat <> OLD.last_heartbeat) EXECUTE FUNCTION lectern_beat();

CREATE INDEX presentations_at_work ON presentations (worker) WHERE status = 'processing';

-- One row for each node that is alive, or that died and whose work is not back in the queue yet. A living node holds
-- the advisory lock of its id.
CREATE TABLE nodes (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seen_at TIMESTAMPTZ      NOT NULL -- by the database's clock
);

-- +goose Down
DROP TABLE nodes;
DROP TABLE deliveries;
DROP TABLE endpoints;
DROP TABLE orders;
DROP TABLE idempotency_keys;
DROP TABLE artifacts;
DROP TABLE steps;
DROP TABLE events;
DROP TABLE decks;
DROP TABLE presentations;
DROP FUNCTION lectern_beat;
