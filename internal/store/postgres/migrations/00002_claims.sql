-- +goose Up
-- The node that has claimed a delivery, and the number of its claim: only the last claim can record the result of a try.
ALTER TABLE deliveries ADD COLUMN claim BIGINT NOT NULL DEFAULT 0; -- how often it was claimed
ALTER TABLE deliveries ADD COLUMN claimant TEXT COLLATE "C" NOT NULL DEFAULT ''; -- '' where it is not claimed

CREATE INDEX deliveries_claimed ON deliveries (claimant) WHERE state = 'pending' AND claimant <> '';

-- The database's clock decides when a delivery is due: a new one is due at once, even if the clock of the node that wrote it
-- is ahead.
-- +goose StatementBegin
CREATE FUNCTION lectern_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.next_at := least(NEW.next_at, (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT);
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER deliveries_are_due BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION lectern_due();

-- +goose Down
DROP TRIGGER deliveries_are_due ON deliveries;
DROP FUNCTION lectern_due;
DROP INDEX deliveries_claimed;
ALTER TABLE deliveries DROP COLUMN claimant;
ALTER TABLE deliveries DROP COLUMN claim;
