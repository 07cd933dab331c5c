// Package pdf reads PDF files as decks: each page is a slide. Package internal/pdf draws the pages.
//
// Slides get their titles from the outline of the file, and their narration from the notes in it, or from a file of
// notes next to it.
package pdf
