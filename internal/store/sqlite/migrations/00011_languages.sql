-- +goose Up
-- The language of the deck, as a BCP 47 tag; '' where the deck does not name one.
ALTER TABLE presentations ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE presentations DROP COLUMN language;
