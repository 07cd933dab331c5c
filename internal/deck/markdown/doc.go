// Package markdown reads decks in Markdown: plain text, and the conventions of Marp, Slidev and reveal.js. Of Narakeet
// and deck2video it reads notes and pauses.
//
// A text becomes slides in three steps. The front matter gives settings of the deck. The dialect decides where slides
// begin, and what a comment is: a note, a directive, or neither. Each slide loses its notes and directives; what is
// left is its body. The body stays Markdown: it is a prop of the template "markdown", which the page turns into HTML.
//
// The package runs no code and fetches nothing. It opens files only for imports and snippets, only in the folder of the
// deck. What another tool would draw and Lectern does not is a warning that names it, and its text is kept.
package markdown
