-- Times are microseconds since 1970, UTC; 0 means "not yet". Durations are microseconds. Lists and maps are JSON.

-- +goose Up
CREATE TABLE presentations (
    id               TEXT    NOT NULL PRIMARY KEY,
    title            TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'canceled')),
    stage            TEXT    NOT NULL,
    progress         INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 10000),
    message          TEXT    NOT NULL,
    slides_done      INTEGER NOT NULL,
    slides_total     INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    attempt          INTEGER NOT NULL,
    worker           TEXT    NOT NULL,
    cancel_requested INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    started_at       INTEGER NOT NULL,
    completed_at     INTEGER NOT NULL,
    last_heartbeat   INTEGER NOT NULL,
    eta              INTEGER NOT NULL,
    failure          TEXT    NOT NULL, -- '' where there is none
    warnings         TEXT    NOT NULL,
    metadata         TEXT    NOT NULL,
    scratch_at       INTEGER NOT NULL DEFAULT 0, -- when scratch and the finer history are removed
    expires_at       INTEGER NOT NULL DEFAULT 0, -- when all of it is removed
    removing         INTEGER NOT NULL DEFAULT 0, -- 1: gone for every reader; its files are being removed
    CHECK ((progress = 10000) = (status = 'completed'))
) STRICT;

CREATE INDEX presentations_by_age ON presentations (created_at DESC, id DESC);
CREATE INDEX presentations_by_status ON presentations (status, created_at DESC, id DESC);
CREATE INDEX presentations_by_scratch ON presentations (scratch_at) WHERE scratch_at > 0;
CREATE INDEX presentations_by_expiry ON presentations (expires_at) WHERE expires_at > 0;
CREATE INDEX presentations_removing ON presentations (removing) WHERE removing = 1;

-- Decks have rows of their own: a heartbeat rewrites the row of its presentation, and a deck may be large.
CREATE TABLE decks (
    presentation_id TEXT NOT NULL PRIMARY KEY REFERENCES presentations (id) ON DELETE CASCADE,
    deck            TEXT NOT NULL
) STRICT;

-- The versions of presentations, one row each. seq is the order of commits over all presentations.
CREATE TABLE events (
    seq             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    presentation_id TEXT    NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    version         INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    milestone       INTEGER NOT NULL, -- 1: the status, the attempt or the request to cancel changed
    snapshot        TEXT    NOT NULL,
    UNIQUE (presentation_id, version)
) STRICT;

CREATE TABLE steps (
    seq             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    presentation_id TEXT    NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    attempt         INTEGER NOT NULL,
    kind            TEXT    NOT NULL,
    slide           INTEGER NOT NULL,
    key             TEXT    NOT NULL,
    reused          INTEGER NOT NULL,
    started_at      INTEGER NOT NULL,
    took            INTEGER NOT NULL,
    UNIQUE (presentation_id, attempt, kind, slide, key)
) STRICT;

CREATE TABLE artifacts (
    seq             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    presentation_id TEXT    NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    kind            TEXT    NOT NULL,
    slide           INTEGER NOT NULL,
    key             TEXT    NOT NULL,
    content_type    TEXT    NOT NULL,
    size            INTEGER NOT NULL,
    sha256          TEXT    NOT NULL,
    UNIQUE (presentation_id, kind, slide)
) STRICT;

-- +goose Down
DROP TABLE artifacts;
DROP TABLE steps;
DROP TABLE events;
DROP TABLE decks;
DROP TABLE presentations;
