-- +goose Up
-- What the parser of a deck's file made of each slide, as JSON; '' for none. The size of a deck includes it.
ALTER TABLE decks ADD COLUMN report TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decks DROP COLUMN report;
