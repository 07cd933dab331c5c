-- +goose Up
-- What all attempts of a presentation have used, and those before the current one, as JSON; '' for nothing.
ALTER TABLE presentations ADD COLUMN used TEXT NOT NULL DEFAULT '';
ALTER TABLE presentations ADD COLUMN used_before TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE presentations DROP COLUMN used_before;
ALTER TABLE presentations DROP COLUMN used;
