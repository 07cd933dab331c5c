// Package slides turns the slides of a deck into HTML pages that a browser can take a picture of.
//
// It exists so that how a slide looks is data, not code. A template is a folder under data/templates: a manifest that
// says which props it takes and shows a sample, an html/template and a style sheet. A theme is one file of tokens under
// data/themes. The package reads both once, checks them, and from then on only fills in words: [Library.Page] for the
// picture of one slide, [Library.Document] for a preview of all of them.
//
// Props come from strangers. They may have any shape that JSON can have, so they are first read into a [view], in which
// every word is a string, every list a list of items, and every picture an address that was looked at. Whatever does
// not fit is shown as well as it can be; nothing panics. All words go through html/template into text, never into CSS,
// script or markup; pictures go into the src of an img element and nowhere else.
//
// Where things stand follows from [lectern.Deck.Placement]: a [frame] says which part of the page a template may use
// and which corner belongs to the presenter. Text never runs below the presenter: the page's own script measures every
// line in the browser, steps sizes down to a floor of 28 pixels, and names in window.__lectern.overflow what does not
// fit even then.
package slides
