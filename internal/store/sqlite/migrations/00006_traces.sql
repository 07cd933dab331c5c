-- +goose Up
-- The trace of the request that created the presentation, for the spans of its runs; '' where there was none.
ALTER TABLE presentations ADD COLUMN trace_parent TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE presentations DROP COLUMN trace_parent;
