// Package pptx reads the decks of office programs: PPTX with its variants PPSX, POTX and PPTM, in the transitional and
// the strict form, and ODP.
//
// It reads the XML of the package itself. It does not draw: a converter makes the pictures. Therefore it also reports
// what a converter would hide, such as a part that is not valid XML and would become a blank page, or a slide that is
// hidden and would shift all following pages.
//
// Nothing of a package is trusted. The names, the number and the size of its members, the size and the depth of its XML
// and the number of its slides are bounded, sizes are counted while members are unpacked, no entity is expanded, and no
// file or address outside the package is read.
package pptx
