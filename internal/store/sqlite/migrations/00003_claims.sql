-- +goose Up
-- The node that has claimed a delivery, and the number of its claim: only the last claim can record the result of a try.
ALTER TABLE deliveries ADD COLUMN claim INTEGER NOT NULL DEFAULT 0; -- how often it was claimed
ALTER TABLE deliveries ADD COLUMN claimant TEXT NOT NULL DEFAULT ''; -- '' where it is not claimed

CREATE INDEX deliveries_claimed ON deliveries (claimant) WHERE state = 'pending' AND claimant <> '';

-- +goose Down
DROP INDEX deliveries_claimed;
ALTER TABLE deliveries DROP COLUMN claimant;
ALTER TABLE deliveries DROP COLUMN claim;
