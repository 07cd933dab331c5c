-- +goose Up
-- The usage of all attempts of a presentation, and of those before the current one, as JSON; '' for none.
ALTER TABLE presentations ADD COLUMN used TEXT NOT NULL DEFAULT '';
ALTER TABLE presentations ADD COLUMN used_before TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE presentations DROP COLUMN used_before;
ALTER TABLE presentations DROP COLUMN used;
