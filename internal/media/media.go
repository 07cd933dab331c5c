// Package media detects the type of a file by its bytes: whether it is a picture, a sound, a font or a deck, its media
// type, and its size or length. It ignores names and declared types, because a browser that gets the file later relies
// on the detected type.
//
// Package picturefile judges pictures. Of sounds, fonts and archives this package reads only headers and tables, and a
// bounded amount of them; it decodes and unpacks nothing. It never has a whole file in memory, except pictures, whose
// size is bounded.
package media

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"time"
	"unicode/utf8"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/picturefile"
)

// Limits bound the accepted files. A field that is zero sets no bound.
type Limits struct {
	PictureBytes int64 // of a picture
	FontBytes    int64 // of a font
	TextBytes    int64 // of a deck in a text format
	Picture      picturefile.Limits
}

// Info describes a file.
type Info struct {
	Kind     lectern.AssetKind
	Type     string // its media type
	Width    int    // of a picture, in pixels; 0 for SVG, which is drawn at any size
	Height   int
	Duration time.Duration // of a sound; 0: its header does not say
}

// Why is the reason for which a file is refused.
type Why int

// The reasons.
const (
	Unknown  Why = iota // the file is not of an accepted kind
	Damaged             // it begins as a file of an accepted kind, but the rest is invalid or exceeds Limits.Picture
	TooLarge            // it has more bytes than Limits allows for its kind
)

// Unfit is the verdict on a file that is refused. Text ends a sentence: "it is an MP4 video; …".
type Unfit struct {
	Why  Why
	Text string
}

// Error implements error.
func (u *Unfit) Error() string { return u.Text }

// Accepted lists the accepted kinds, for messages.
const Accepted = "PNG, JPEG, GIF, WebP, AVIF and SVG pictures, WAV, MP3, M4A, Ogg and FLAC sounds, WOFF2, TTF and " +
	"OTF fonts, and decks (JSON, YAML, Markdown, PPTX, PPT, ODP, PDF, ZIP) are accepted"

// headBytes is how many bytes at the beginning of a file decide its kind.
const headBytes = 64 << 10

// Mapped is a reader whose file is already in memory, so that a picture need not be copied.
type Mapped interface{ Bytes() []byte }

// Inspect judges a file of size bytes. texts are the kinds of decks in text formats; a text that looks like none of
// them is Markdown. The error is an *[Unfit], or an error of r.
func Inspect(r io.ReaderAt, size int64, texts []deck.Kind, lim Limits) (Info, error) {
	f := &file{r: r, size: size, left: maxReads}
	head, ok := f.at(0, int(min(size, headBytes)))
	if !ok {
		return Info{}, f.verdict(damaged("file", "it cannot be read"))
	}
	info, u := f.judge(head, texts, lim)
	if u != nil || f.err != nil {
		return Info{}, f.verdict(u)
	}
	return info, nil
}

// compound begins the files of office programs before 2007, and those with a password since. The parser of such decks
// says whether one is a presentation that it can read.
const compound = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// judge calls the function that reads the file's kind.
func (f *file) judge(head []byte, texts []deck.Kind, lim Limits) (Info, *Unfit) {
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	within := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	picture := picturefile.Sniff(head)
	switch {
	case len(head) == 0:
		return Info{}, &Unfit{Unknown, "it is empty"}
	case picture != "":
		return f.picture(lim)
	case begins("RIFF") && within(8, "WAVE"):
		return f.wav()
	case begins("fLaC"):
		return f.flac(0, "audio/flac")
	case begins("OggS"):
		return f.ogg()
	case within(4, "ftyp"):
		return f.m4a()
	case begins("ID3") || isMP3(head):
		return f.mp3()
	case begins("wOF2"):
		return f.font(lim, f.woff2)
	case begins("\x00\x01\x00\x00") || begins("OTTO") || begins("true"):
		return f.font(lim, f.sfnt)
	case begins("PK\x03\x04"):
		return f.zip()
	case begins("%PDF-"):
		return Info{Kind: lectern.AssetDeck, Type: "application/pdf"}, nil
	case begins(compound):
		return Info{Kind: lectern.AssetDeck, Type: "application/vnd.ms-powerpoint"}, nil
	}
	return f.text(head, texts, lim)
}

func (f *file) picture(lim Limits) (Info, *Unfit) {
	if lim.PictureBytes > 0 && f.size > lim.PictureBytes {
		return Info{}, tooLarge("picture", lim.PictureBytes)
	}
	body, ok := f.whole()
	if !ok {
		return Info{}, damaged("picture", "it cannot be read")
	}
	p, err := picturefile.Inspect(body, "", lim.Picture)
	if err != nil {
		return Info{}, &Unfit{Damaged, err.Error()}
	}
	return Info{Kind: lectern.AssetPicture, Type: p.Type, Width: p.Width, Height: p.Height}, nil
}

// text judges a file that has no signature. It accepts decks in text formats, in UTF-8.
func (f *file) text(head []byte, texts []deck.Kind, lim Limits) (Info, *Unfit) {
	if name := picturefile.Describe(head); name != "" {
		return Info{}, &Unfit{Unknown, "it is " + name + "; " + Accepted}
	}
	if u := f.utf8(lim.TextBytes); u != nil {
		return Info{}, u
	}
	deckOf := func(kind string) (Info, *Unfit) { return Info{Kind: lectern.AssetDeck, Type: kind}, nil }
	for _, k := range texts {
		if k.Looks(head) {
			return deckOf(k.MediaTypes[0])
		}
	}
	return deckOf("text/markdown")
}

// utf8 refuses a file that is not text in UTF-8, or has more than most bytes.
func (f *file) utf8(most int64) *Unfit {
	unknown := &Unfit{Unknown, "it is of no known kind; " + Accepted}
	var rest []byte
	for at := int64(0); at < f.size; {
		b, ok := f.at(at, int(min(f.size-at, headBytes)))
		if !ok {
			return unknown
		}
		at += int64(len(b))
		b = append(rest, b...)
		for len(b) > 0 {
			c, n := utf8.DecodeRune(b)
			if c == utf8.RuneError && n == 1 && (utf8.FullRune(b) || at == f.size) ||
				c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
				return unknown
			}
			if c == utf8.RuneError && n == 1 {
				break
			}
			b = b[n:]
		}
		rest = bytes.Clone(b)
		if most > 0 && at > most { // checked after the bytes, since only a text can be too long a text
			return tooLarge("text", most)
		}
	}
	return nil
}

// maxReads bounds the reads of one file, and so the tables and boxes that are read.
const maxReads = 100_000

// file reads parts of a file. Once a read fails, err has the reason and every further part is missing.
type file struct {
	r    io.ReaderAt
	size int64
	left int // reads that are still allowed
	err  error
}

// at returns n bytes from an offset. ok is false if the file does not have that many, or cannot be read.
func (f *file) at(off int64, n int) (b []byte, ok bool) {
	if f.err != nil || off < 0 || n < 0 || off > f.size || int64(n) > f.size-off || f.left <= 0 {
		return nil, false
	}
	f.left--
	b = make([]byte, n)
	if got, err := f.r.ReadAt(b, off); got < n {
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			f.err = err
		}
		return nil, false
	}
	return b, true
}

// whole returns all bytes of the file.
func (f *file) whole() ([]byte, bool) {
	if m, ok := f.r.(Mapped); ok && int64(len(m.Bytes())) == f.size {
		return m.Bytes(), true
	}
	return f.at(0, int(f.size))
}

// verdict is u or, if a read failed, the error of that read.
func (f *file) verdict(u *Unfit) error {
	if f.err != nil {
		return f.err
	}
	return u
}

func damaged(what, why string) *Unfit {
	return &Unfit{Damaged, fmt.Sprintf("it is a damaged %s: %s", what, why)}
}

func tooLarge(what string, most int64) *Unfit {
	return &Unfit{TooLarge, fmt.Sprintf("it is a %s of more than %d MiB", what, most>>20)}
}

// longest is the longest duration of a sound. A header that states more is ignored.
const longest = 1000 * time.Hour

// span is how long n units of 1/rate seconds last; 0 if rate is 0 or the result exceeds longest.
func span(n, rate uint64) time.Duration {
	if rate == 0 || n/rate >= uint64(longest/time.Second) {
		return 0
	}
	hi, lo := bits.Mul64(n%rate, uint64(time.Second))
	part, _ := bits.Div64(hi, lo, rate)
	return time.Duration(n/rate)*time.Second + time.Duration(part)
}

func sound(kind string, length time.Duration) (Info, *Unfit) {
	return Info{Kind: lectern.AssetSound, Type: kind, Duration: length}, nil
}
