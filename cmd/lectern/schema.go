package main

import "lectern/internal/deck/all"

// schemaCmd prints the schema of decks.
type schemaCmd struct{}

// Help is what --help says beyond the flags.
func (schemaCmd) Help() string {
	return `Editors that know the schema of a deck complete its fields and mark its faults. Put it next to the deck, and name it
in the first line of a YAML file, or as the first field of a JSON file:

  lectern schema > deck.schema.json

  # yaml-language-server: $schema=deck.schema.json

  "$schema": "deck.schema.json",`
}

// Run implements the command.
func (schemaCmd) Run(io streams) error {
	text, err := all.Schema()
	if err == nil {
		_, err = io.out.Write(text)
	}
	return err
}
