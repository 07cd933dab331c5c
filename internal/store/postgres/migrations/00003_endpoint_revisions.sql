-- +goose Up
-- How often an endpoint was stored. A change names the revision that it is based on, so that it does not undo another
-- change.
ALTER TABLE endpoints ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE endpoints DROP COLUMN revision;
