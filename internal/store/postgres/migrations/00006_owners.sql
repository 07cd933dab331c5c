-- +goose Up
-- The owner, who alone sees the presentation, and the API key that created it; '' where there was none.
ALTER TABLE presentations ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT 'default';
ALTER TABLE presentations ADD COLUMN key_id TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX presentations_by_owner ON presentations (owner, created_at DESC, id DESC);
CREATE INDEX presentations_by_owner_status ON presentations (owner, status, created_at DESC, id DESC);

ALTER TABLE endpoints ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT 'default';
ALTER TABLE deliveries ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT 'default';
CREATE INDEX deliveries_by_owner ON deliveries (owner, created_at DESC, seq DESC);

-- The same Idempotency-Key of two owners is two keys.
ALTER TABLE idempotency_keys ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT 'default';
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey;
ALTER TABLE idempotency_keys ADD PRIMARY KEY (owner, key);

-- API keys. The secret itself is not stored, only its hash.
CREATE TABLE api_keys (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL,
    scope      TEXT    NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
    quota      TEXT    NOT NULL, -- '' for the server's default
    hash       TEXT    NOT NULL UNIQUE,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL -- 0: never
);
CREATE INDEX api_keys_by_age ON api_keys (created_at, id);

-- +goose Down
DROP TABLE api_keys;
DELETE FROM idempotency_keys WHERE owner <> 'default';
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey;
ALTER TABLE idempotency_keys DROP COLUMN owner;
ALTER TABLE idempotency_keys ADD PRIMARY KEY (key);
DROP INDEX deliveries_by_owner;
ALTER TABLE deliveries DROP COLUMN owner;
ALTER TABLE endpoints DROP COLUMN owner;
DROP INDEX presentations_by_owner_status;
DROP INDEX presentations_by_owner;
ALTER TABLE presentations DROP COLUMN key_id;
ALTER TABLE presentations DROP COLUMN owner;
