-- +goose Up
-- The place in the queue, and the estimated length of the video in microseconds, for the limits of the queue and of API
-- keys.
ALTER TABLE presentations ADD COLUMN estimate BIGINT NOT NULL DEFAULT 0;
ALTER TABLE presentations ADD COLUMN ticket BIGINT NOT NULL DEFAULT 0; -- counts up; the lower goes first
ALTER TABLE presentations ADD COLUMN resumed BIGINT NOT NULL DEFAULT 0; -- 1: goes ahead of all with 0
CREATE INDEX presentations_waiting ON presentations (resumed DESC, ticket, id, estimate) WHERE status = 'queued';
CREATE INDEX presentations_finished ON presentations (completed_at DESC) WHERE status = 'completed' AND attempt = 1 AND estimate > 0;
CREATE INDEX presentations_of_key ON presentations (key_id, status) WHERE status IN ('queued', 'processing');

-- The estimated video that API keys have ordered, kept for a day even if the presentations are removed. A row adds up the
-- five minutes that end at "at".
CREATE TABLE key_usage (
    key_id   TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    estimate BIGINT NOT NULL,
    PRIMARY KEY (key_id, at)
);
CREATE INDEX key_usage_by_age ON key_usage (at);

-- The bytes of all decks. A creation locks the row until its transaction ends, so that concurrent creations are checked one
-- after another.
ALTER TABLE decks ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
UPDATE decks SET size = octet_length(deck);
CREATE TABLE totals (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    amount BIGINT NOT NULL
);
INSERT INTO totals (name, amount) SELECT 'decks', COALESCE(SUM(size), 0) FROM decks;

-- How many presentations a node renders at once.
ALTER TABLE nodes ADD COLUMN workers BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE nodes DROP COLUMN workers;
DROP TABLE totals;
ALTER TABLE decks DROP COLUMN size;
DROP TABLE key_usage;
DROP INDEX presentations_of_key;
DROP INDEX presentations_finished;
DROP INDEX presentations_waiting;
ALTER TABLE presentations DROP COLUMN resumed;
ALTER TABLE presentations DROP COLUMN ticket;
ALTER TABLE presentations DROP COLUMN estimate;
