package pptx

import (
	"bytes"
	"context"
	"encoding/xml"
)

// element is a start tag that is being rewritten.
type element struct {
	name, parent string // as in a node
	prefix       string // of its name, as it is written; "": none
	attrs        []editable

	// What an editor may set: XML before the element, XML at the beginning of its content, another local name, and a text
	// in place of its content; "": nothing changes.
	before, within, rename, text string
}

// editable is an attribute that an editor may change or remove.
type editable struct {
	name, value string
	raw         xml.Name // as it is written
	drop        bool
}

// attr returns the value of an attribute; "": it is not there.
func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// editor changes a part while it is copied.
type editor interface {
	// start may change the attributes of an element. The element is left out if it returns false.
	start(*element) bool
	// end is called for elements that are not left out. The element is left out after all if it returns false.
	end(name string) bool
}

// rewrite copies a part through an editor. Comments and processing instructions are left out, and what the copy looks
// like depends only on the content of the part.
func rewrite(ctx context.Context, part string, text []byte, lim Limits, e editor) ([]byte, error) {
	c := &copier{edit: e}
	c.out.WriteString(xml.Header)
	s := &scanner{ctx: ctx, part: part, lim: lim, copy: c}
	if err := s.scan(text); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

// copier writes the tokens of a scanner.
type copier struct {
	edit editor
	out  bytes.Buffer
	open []copied
	skip int  // open elements that are left out
	bare bool // the last start tag is not closed yet, because the element may be empty
}

// copied is an open element.
type copied struct {
	name string
	raw  xml.Name
	at   int  // position of its start tag in out
	mute bool // its text was replaced
}

func (c *copier) start(s *scanner, name string, t xml.StartElement) error {
	if c.skip > 0 {
		c.skip++
		return nil
	}
	el := &element{name: name, prefix: t.Name.Space}
	if len(c.open) > 0 {
		el.parent = c.open[len(c.open)-1].name
	}
	for _, a := range t.Attr {
		e := editable{value: a.Value, raw: a.Name}
		if a.Name.Space != "xmlns" && !(a.Name.Space == "" && a.Name.Local == "xmlns") {
			var err error
			if e.name, err = s.name(a.Name, true); err != nil {
				return err
			}
		}
		el.attrs = append(el.attrs, e)
	}
	kept := c.edit.start(el)
	if kept || el.before != "" {
		c.close()
		c.out.WriteString(el.before)
	}
	if !kept {
		c.skip = 1
		return nil
	}
	raw := t.Name
	if el.rename != "" {
		raw.Local = el.rename
	}
	c.open = append(c.open, copied{name, raw, c.out.Len(), el.text != ""})
	c.out.WriteByte('<')
	c.write(raw)
	for _, a := range el.attrs {
		if a.drop {
			continue
		}
		c.out.WriteByte(' ')
		c.write(a.raw)
		c.out.WriteString(`="` + escape(a.value) + `"`)
	}
	c.bare = true
	if content := el.within + escape(el.text); content != "" {
		c.close()
		c.out.WriteString(content)
	}
	return nil
}

func (c *copier) end() {
	if c.skip > 0 {
		c.skip--
		return
	}
	el := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	switch {
	case !c.edit.end(el.name):
		c.out.Truncate(el.at)
		c.bare = false
	case c.bare:
		c.out.WriteString("/>")
		c.bare = false
	default:
		c.out.WriteString("</")
		c.write(el.raw)
		c.out.WriteByte('>')
	}
}

func (c *copier) chars(t []byte) {
	if c.skip > 0 || len(t) == 0 || len(c.open) > 0 && c.open[len(c.open)-1].mute {
		return
	}
	c.close()
	c.out.WriteString(escape(string(t)))
}

// close ends the last start tag.
func (c *copier) close() {
	if c.bare {
		c.out.WriteByte('>')
		c.bare = false
	}
}

func (c *copier) write(n xml.Name) {
	if n.Space != "" {
		c.out.WriteString(n.Space + ":")
	}
	c.out.WriteString(n.Local)
}
