-- +goose Up
-- How often an endpoint was stored: who changes it says what it has seen, and does not undo what it has not.
ALTER TABLE endpoints ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE endpoints DROP COLUMN revision;
