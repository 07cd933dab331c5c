-- +goose Up
-- Of the deck, as BCP 47 has it; '' where the deck does not say.
ALTER TABLE presentations ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE presentations DROP COLUMN language;
