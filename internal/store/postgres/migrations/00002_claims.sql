-- +goose Up
-- Who holds a delivery, and under which number: a record of how a try went counts only from the last who claimed it.
ALTER TABLE deliveries ADD COLUMN claim BIGINT NOT NULL DEFAULT 0; -- how often it was claimed
ALTER TABLE deliveries ADD COLUMN claimant TEXT COLLATE "C" NOT NULL DEFAULT ''; -- '' where nobody holds it

CREATE INDEX deliveries_claimed ON deliveries (claimant) WHERE state = 'pending' AND claimant <> '';

-- When a delivery is due is for the database's clock to say: a new one is due at once, though the clock of the node that
-- wrote it be ahead.
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
