-- +goose Up
-- The sealed password of a deck's file; 'opened' or 'erased' after it is erased; '' for none.
ALTER TABLE decks ADD COLUMN password TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decks DROP COLUMN password;
