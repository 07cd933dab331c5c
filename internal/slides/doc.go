// Package slides turns the slides of a deck into HTML pages that a browser can take a picture of.
//
// It exists so that the look of a slide is data, not code. A template is a folder under data/templates: a manifest with
// its props and a sample, an html/template and a style sheet. A theme is one file of tokens under data/themes. The
// package reads both once, checks them, and then only fills in text: [Library.Page] for the picture of one slide,
// [Library.Document] for a preview of all of them.
//
// Props are untrusted. They may have any shape of JSON, so they are first read into a [view], in which every text is a
// string, every list a list of items, and every picture a checked address. A prop of the wrong shape is shown as well
// as possible, and nothing panics. All text goes through html/template into text nodes and quoted attributes, never
// into CSS, script or markup. Pictures go only into the src of an img element.
//
// The layout follows from [lectern.Deck.Placement]: a [frame] is the part of the page that a template may use, and the
// corner that belongs to the presenter. Unless the presenter leaves no space for text, it covers none: the page's own
// script measures every line in the browser, reduces sizes down to 28 pixels (code to 24), and lists in
// window.__lectern.overflow what does not fit even then.
package slides
