-- +goose Up
-- The files of a completed presentation, as JSON; '' before its completion, and where an earlier version of Lectern completed
-- it. A file is looked up by its row in artifacts.
ALTER TABLE presentations ADD COLUMN files TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE presentations DROP COLUMN files;
