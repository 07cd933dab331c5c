package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck/all"
	"lectern/internal/deck/ziptest"
	"lectern/internal/media"
	"lectern/internal/picturefile"
)

func limits() media.Limits {
	return media.Limits{PictureBytes: 1 << 20, FontBytes: 1 << 20, TextBytes: 1 << 20,
		Picture: picturefile.Limits{Pixels: 1_000_000, Elements: 10_000}}
}

func inspect(b []byte) (media.Info, error) {
	return media.Inspect(bytes.NewReader(b), int64(len(b)), all.Parsers().Kinds(), limits())
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sfnt is a font with these tables, eight bytes each.
func sfnt(magic string, tables ...string) []byte {
	b := append([]byte(magic), 0, byte(len(tables)), 0, 0, 0, 0, 0, 0)
	at := 12 + 16*len(tables)
	for i, tag := range tables {
		b = append(b, tag...)
		b = binary.BigEndian.AppendUint32(b, 0)
		b = binary.BigEndian.AppendUint32(b, uint32(at+8*i))
		b = binary.BigEndian.AppendUint32(b, 8)
	}
	return append(b, make([]byte, 8*len(tables))...)
}

// woff2 is a font with a directory of these entries and some compressed bytes.
func woff2(entries ...byte) []byte {
	b := append([]byte("wOF2\x00\x01\x00\x00"), 0, 0, 0, 0)
	b = append(b, 0, 7, 0, 0)
	b = binary.BigEndian.AppendUint32(b, 1000)
	b = binary.BigEndian.AppendUint32(b, 20)
	b = append(b, make([]byte, 48-len(b))...)
	b = append(append(b, entries...), make([]byte, 20)...)
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)))
	return b
}

var (
	common  = []string{"cmap", "head", "hhea", "hmtx", "maxp"}
	entries = []byte{0, 8, 1, 8, 2, 8, 3, 8, 4, 8, 10, 8, 7, 11, 8, 0} // common, and glyf and loca, both transformed
)

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// seeds are files of the accepted types, by media type. Of pictures they have PNG and SVG; package picturefile tests
// the others.
func seeds(t testing.TB) map[string][]byte {
	return map[string][]byte{
		"image/png": picture(t), "image/svg+xml": []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"/>`),
		"audio/wav": read(t, "tone.wav"), "audio/mpeg": read(t, "tone.mp3"), "audio/mp4": read(t, "tone.m4a"),
		"audio/ogg": read(t, "tone.ogg"), "audio/flac": read(t, "tone.flac"),
		"font/ttf":   sfnt("\x00\x01\x00\x00", append(common, "glyf", "loca")...),
		"font/otf":   sfnt("OTTO", append(common, "CFF ")...),
		"font/woff2": woff2(entries...), "application/pdf": []byte("%PDF-1.7\n"), "application/json": []byte(`{"slides":[]}`),
		"application/yaml": []byte("slides:\n- title: A\n"), "text/markdown": []byte("# Titel\n\n- Grüße\n"),
		"application/zip": ziptest.Stored(t, "deck.json", "{}"), "application/vnd.ms-powerpoint": []byte(
			"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
		"application/vnd.oasis.opendocument.presentation": ziptest.Stored(t, "mimetype",
			"application/vnd.oasis.opendocument.presentation", "content.xml", "<x/>"),
		"application/vnd.openxmlformats-officedocument.presentationml.presentation": ziptest.Stored(t, "[Content_Types].xml", "<x/>",
			"ppt/presentation.xml", "<x/>"),
	}
}

// Pictures, sounds, fonts and decks are detected by their bytes, with their size or their length.
func TestEveryKindIsDetected(t *testing.T) {
	t.Parallel()
	kinds := map[string]lectern.AssetKind{"image": lectern.AssetPicture, "audio": lectern.AssetSound,
		"font":        lectern.AssetFont,
		"application": lectern.AssetDeck, "text": lectern.AssetDeck}
	for want, b := range seeds(t) {
		got, err := inspect(b)
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		group, _, _ := strings.Cut(want, "/")
		if got.Type != want || got.Kind != kinds[group] {
			t.Errorf("%s is detected as %+v", want, got)
		}
		if off := got.Duration - 500*time.Millisecond; group == "audio" && (off < 0 || off > 80*time.Millisecond) {
			t.Errorf("%s: it lasts %v", want, got.Duration)
		}
		if want == "image/png" && (got.Width != 30 || got.Height != 20) {
			t.Errorf("the picture has %d × %d", got.Width, got.Height)
		}
	}
	if got, err := inspect(read(t, "tone.opus")); err != nil || got.Type != "audio/ogg" ||
		got.Duration.Round(20*time.Millisecond) != 500*time.Millisecond {
		t.Errorf("Opus: %+v %v", got, err)
	}
	tagged := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x20"), append(make([]byte, 32), read(t, "tone.mp3")...)...)
	if got, err := inspect(tagged); err != nil || got.Type != "audio/mpeg" || got.Duration < 500*time.Millisecond {
		t.Errorf("MP3 after a tag: %+v %v", got, err)
	}
}

// A refusal has its reason and a message.
func TestRefusalsHaveReasons(t *testing.T) {
	t.Parallel()
	wav, ttf := read(t, "tone.wav"), sfnt("\x00\x01\x00\x00", append(common, "glyf", "loca")...)
	outside := bytes.Clone(ttf)
	binary.BigEndian.PutUint32(outside[12+12:], 1<<30)
	many := ziptest.Stored(t, "a", "b")
	binary.LittleEndian.PutUint16(many[len(many)-12:], 0xFFFF)
	bomb := woff2(0, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 1, 8, 2, 8, 3, 8, 4, 8, 10, 8, 7, 11, 8, 0)
	for name, c := range map[string]struct {
		body []byte
		why  media.Why
		says string
	}{
		"empty":                 {nil, media.Unknown, "empty"},
		"noise":                 {[]byte{0, 1, 2, 3, 200, 201}, media.Unknown, "no known kind"},
		"broken UTF-8":          {[]byte("Gr\xfc\xdfe"), media.Unknown, "no known kind"},
		"text with a zero":      {append(bytes.Repeat([]byte("a"), 70_000), 0), media.Unknown, "no known kind"},
		"a video":               {read(t, "clip.mp4"), media.Unknown, "MP4 video"},
		"HTML":                  {[]byte("<!doctype html><script>1</script>"), media.Unknown, "an HTML page"},
		"a bitmap":              {[]byte("BM\x00\x00\x00\x00"), media.Unknown, "a BMP picture"},
		"half a WAV":            {wav[:1000], media.Damaged, "its end is missing"},
		"a WAV without chunks":  {wav[:12], media.Damaged, "no samples"},
		"half an MP3":           {read(t, "tone.mp3")[:100], media.Damaged, "layer III"},
		"half an M4A":           {read(t, "tone.m4a")[:3000], media.Damaged, "do not fit"},
		"a FLAC without data":   {[]byte("fLaC"), media.Damaged, "stream information"},
		"a page of Ogg":         {[]byte("OggS\x00"), media.Damaged, "first page"},
		"a picture with a bomb": {[]byte("\x89PNG\r\n\x1a\n"), media.Damaged, "damaged PNG"},
		"a large picture": {append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 2<<20)...), media.TooLarge,
			"more than 1 MiB"},
		"a long text":            {bytes.Repeat([]byte("word "), 300_000), media.TooLarge, "more than 1 MiB"},
		"a table outside":        {outside, media.Damaged, "is not in the file"},
		"a font without a table": {sfnt("OTTO", "cmap"), media.Damaged, "head is missing"},
		"a font without shapes":  {sfnt("OTTO", common...), media.Damaged, "no outlines"},
		"a font of no tables":    {[]byte("OTTO\x00\x00\x00\x00\x00\x00\x00\x00"), media.Damaged, "directory"},
		"a WOFF2, cut":           {woff2(entries...)[:60], media.Damaged, "another length"},
		"a WOFF2 bomb":           {bomb, media.TooLarge, "once it is decompressed"},
		"a ZIP, cut":             {ziptest.Stored(t, "a", "b")[:30], media.Damaged, "its end is missing"},
		"a ZIP of many":          {many, media.TooLarge, "too many members"},
		"a text document": {ziptest.Stored(t, "[Content_Types].xml", "", "word/document.xml", ""), media.Unknown,
			"not a presentation"},
		"a book": {ziptest.Stored(t, "mimetype", "application/epub+zip"), media.Unknown, "not a presentation"},
	} {
		_, err := inspect(c.body)
		u, ok := errors.AsType[*media.Unfit](err)
		if !ok || u.Why != c.why || !strings.Contains(u.Text, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

// An error of the reader is returned, and is not a verdict on the file.
func TestErrorsOfTheReaderAreReturned(t *testing.T) {
	t.Parallel()
	why := errors.New("the disk is out of order")
	if _, err := media.Inspect(broken{why}, 100, nil, limits()); !errors.Is(err, why) {
		t.Error(err)
	}
}

// counting counts the bytes that are read.
type counting struct {
	r io.ReaderAt
	n int64
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	c.n += int64(len(b))
	return c.r.ReadAt(b, at)
}

func FuzzInspect(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Add(read(f, "tone.opus"))
	f.Add(read(f, "clip.mp4"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &counting{r: bytes.NewReader(b)}
		got, err := media.Inspect(r, int64(len(b)), all.Parsers().Kinds(), limits())
		if _, refused := errors.AsType[*media.Unfit](err); err != nil && !refused {
			t.Fatalf("the error is not an Unfit: %v", err)
		}
		if err == nil && (!got.Kind.Valid() || got.Type == "" || got.Duration < 0) {
			t.Fatalf("%+v", got)
		}
		if r.n > 8*int64(len(b))+1<<20 {
			t.Fatalf("%d bytes were read of %d", r.n, len(b))
		}
	})
}
