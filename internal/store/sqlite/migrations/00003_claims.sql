-- +goose Up
-- Who holds a delivery, and under which number: a record of how a try went counts only from the last who claimed it.
ALTER TABLE deliveries ADD COLUMN claim INTEGER NOT NULL DEFAULT 0; -- how often it was claimed
ALTER TABLE deliveries ADD COLUMN claimant TEXT NOT NULL DEFAULT ''; -- '' where nobody holds it

CREATE INDEX deliveries_claimed ON deliveries (claimant) WHERE state = 'pending' AND claimant <> '';

-- +goose Down
DROP INDEX deliveries_claimed;
ALTER TABLE deliveries DROP COLUMN claimant;
ALTER TABLE deliveries DROP COLUMN claim;
