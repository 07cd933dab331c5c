-- +goose Up
-- The owner, who alone sees the presentation, and the API key that created it; '' where there was none.
ALTER TABLE presentations ADD COLUMN owner TEXT NOT NULL DEFAULT 'default';
ALTER TABLE presentations ADD COLUMN key_id TEXT NOT NULL DEFAULT '';
CREATE INDEX presentations_by_owner ON presentations (owner, created_at DESC, id DESC);
CREATE INDEX presentations_by_owner_status ON presentations (owner, status, created_at DESC, id DESC);

ALTER TABLE endpoints ADD COLUMN owner TEXT NOT NULL DEFAULT 'default';
ALTER TABLE deliveries ADD COLUMN owner TEXT NOT NULL DEFAULT 'default';
CREATE INDEX deliveries_by_owner ON deliveries (owner, created_at DESC, seq DESC);

-- The same Idempotency-Key of two owners is two keys.
CREATE TABLE owned_keys (
    owner           TEXT    NOT NULL DEFAULT 'default',
    key             TEXT    NOT NULL,
    fingerprint     TEXT    NOT NULL,
    presentation_id TEXT    REFERENCES presentations (id) ON DELETE CASCADE, -- null while the first request is in flight
    reserved_at     INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL, -- of the reservation; 0 with a presentation
    PRIMARY KEY (owner, key)
) STRICT;
INSERT INTO owned_keys (owner, key, fingerprint, presentation_id, reserved_at, expires_at)
    SELECT 'default', key, fingerprint, presentation_id, reserved_at, expires_at FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE owned_keys RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_by_presentation ON idempotency_keys (presentation_id) WHERE presentation_id IS NOT NULL;
CREATE INDEX idempotency_keys_in_flight ON idempotency_keys (expires_at) WHERE presentation_id IS NULL;

-- API keys. The secret itself is not stored, only its hash.
CREATE TABLE api_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    scope      TEXT    NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
    quota      TEXT    NOT NULL, -- '' for the server's default
    hash       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL -- 0: never
) STRICT;
CREATE INDEX api_keys_by_age ON api_keys (created_at, id);

-- +goose Down
DROP TABLE api_keys;
DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
    key             TEXT    NOT NULL PRIMARY KEY,
    fingerprint     TEXT    NOT NULL,
    presentation_id TEXT    REFERENCES presentations (id) ON DELETE CASCADE,
    reserved_at     INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_by_presentation ON idempotency_keys (presentation_id) WHERE presentation_id IS NOT NULL;
CREATE INDEX idempotency_keys_in_flight ON idempotency_keys (expires_at) WHERE presentation_id IS NULL;
DROP INDEX deliveries_by_owner;
ALTER TABLE deliveries DROP COLUMN owner;
ALTER TABLE endpoints DROP COLUMN owner;
DROP INDEX presentations_by_owner_status;
DROP INDEX presentations_by_owner;
ALTER TABLE presentations DROP COLUMN key_id;
ALTER TABLE presentations DROP COLUMN owner;
