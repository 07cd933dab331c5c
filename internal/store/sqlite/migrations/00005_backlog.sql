-- +goose Up
-- How many deliveries wait, and for how long, is asked at every scrape of the metrics.
CREATE INDEX deliveries_waiting ON deliveries (created_at) WHERE state = 'pending';

-- +goose Down
DROP INDEX deliveries_waiting;
