// Package lectern defines the vocabulary of the product: decks and slides, narrations, avatars and clips, and
// presentations with the rules by which their state may change.
//
// The packages of this module share these types. This package imports the standard library only, does no I/O, reads no
// clock and uses no randomness. A presentation is a value here: [Presentation.Apply] alone decides how its state
// changes. Other packages store it, run it and watch it.
package lectern
