// Package lectern holds the words of the product: decks and slides, narrations, avatars and clips, and
// presentations with the rules by which their state may change.
//
// Everything else in this module points at this package; it points at nothing but the standard library, does no
// I/O, reads no clock and rolls no dice. A presentation is a value here. Where its row is stored, who runs it and who
// watches it are the business of other packages; what it may become is decided by [Presentation.Apply] alone.
package lectern
