package jsondeck

import (
	"bytes"
	"encoding/json"
	"fmt"

	"lectern"
	"lectern/internal/deck/form"
)

// Encode writes a deck as JSON, with durations in seconds and without empty fields. If d came from a parser,
// [Parser.Parse] reads the result as the same deck. Equal decks give equal bytes. The result ends with a newline.
// Encode fails if a prop cannot be written as JSON.
func Encode(d lectern.Deck) ([]byte, error) {
	var b bytes.Buffer
	if err := write(&b, form.Write(d)); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func write(b *bytes.Buffer, v any) error {
	switch value := v.(type) {
	case nil, bool, string:
		e := json.NewEncoder(b)
		e.SetEscapeHTML(false)
		return e.Encode(value)
	case form.Number:
		b.WriteString(string(value))
	case []any:
		return writeAll(b, value)
	case *form.Object:
		return writeObject(b, value)
	default:
		return fmt.Errorf("a deck has no values of type %T", v)
	}
	return nil
}

func writeAll(b *bytes.Buffer, list []any) error {
	b.WriteByte('[')
	for i, e := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := write(b, e); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func writeObject(b *bytes.Buffer, o *form.Object) error {
	b.WriteByte('{')
	first := true
	for name, value := range o.All() {
		if !first {
			b.WriteByte(',')
		}
		first = false
		if err := write(b, name); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := write(b, value); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}
