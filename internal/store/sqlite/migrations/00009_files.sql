-- +goose Up
-- The files that a completed presentation left, as JSON; '' before its completion, and where a version completed it that did not
-- note them here. Their rows in artifacts stay what a file is looked up by.
ALTER TABLE presentations ADD COLUMN files TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE presentations DROP COLUMN files;
