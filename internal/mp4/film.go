package mp4

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"lectern"
	"lectern/internal/captions"
	"lectern/internal/h264"
)

// Film is a whole video: pictures, sound, captions, chapters and a title. It does not encode: it sets where every
// sample is stored and when it is played, to the frame and to the sample.
type Film struct {
	Size     lectern.Size
	Rate     int // frames a second
	Title    string
	Language string // of sound and captions, as [Language] returns it
	Chapters []captions.Chapter
	Cues     []captions.Cue
	ShowCues bool // players show the captions unless their viewer turns them off
	Sound    Soundtrack

	sps, pps []byte
	sizes    []uint32 // of the pictures
	keys     []uint32 // counted from 1
}

// Add appends the first frames pictures of a stream. It refuses a shorter stream, and one whose parameter sets differ
// from those of earlier streams, because players would show garbage.
func (f *Film) Add(x h264.Index, frames int64) error {
	if frames <= 0 || frames > int64(len(x.Sizes)) {
		return fmt.Errorf("%w: it has %d pictures where %d are needed", h264.ErrDamaged, len(x.Sizes), frames)
	}
	switch {
	case f.sps == nil:
		f.sps, f.pps = x.SPS, x.PPS
	case !bytes.Equal(f.sps, x.SPS) || !bytes.Equal(f.pps, x.PPS):
		return fmt.Errorf("%w: its parameter sets differ from those of earlier streams", h264.ErrDamaged)
	}
	for _, k := range x.Keys {
		if int64(k) < frames {
			f.keys = append(f.keys, uint32(len(f.sizes)+k+1))
		}
	}
	f.sizes = append(f.sizes, x.Sizes[:frames]...)
	return nil
}

// The tracks of a film, by their numbers.
const (
	pictureTrack = iota + 1
	soundTrack
	captionTrack // if there are captions
	chapterTrack
)

// Write writes the film as one MP4 file. pictures holds the pictures of the added streams in order, in the sizes of
// their indexes. All samples of a second are stored together, so that a player has them in time.
func (f *Film) Write(w io.Writer, pictures io.Reader) error {
	if len(f.sps) < 4 || len(f.sizes) == 0 || len(f.Sound.sizes) == 0 {
		return fmt.Errorf("%w: the film has no pictures or no sound", h264.ErrDamaged)
	}
	tracks, texts := f.tracks()
	turns, total := f.interleave(tracks)
	head := movieHead("isom", "isomiso2avc1mp41", tracks, total, f.about())
	if _, err := w.Write(head); err != nil {
		return err
	}
	sound := f.Sound.reader()
	defer sound.Close()
	for _, t := range turns {
		var err error
		switch t.track {
		case pictureTrack:
			_, err = io.CopyN(w, pictures, int64(t.bytes))
			err = noEOF(err)
		case soundTrack:
			err = sound.copy(w, t.samples)
		default:
			_, err = w.Write(texts[t.track][:t.bytes])
			texts[t.track] = texts[t.track][t.bytes:]
		}
		if err != nil {
			return err
		}
	}
	if n, err := pictures.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		return fmt.Errorf("%w: the pictures have more bytes than their indexes state", h264.ErrDamaged)
	}
	return nil
}

// turn is a run of samples of one track in the order of the file.
type turn struct {
	track   uint32
	samples int
	bytes   uint64
}

// interleave orders the samples of all tracks: first the titles of chapters, then one second of each other track at a
// time. It records the chunks in tracks and returns the turns and the size of all samples, in bytes.
func (f *Film) interleave(tracks []track) (turns []turn, at uint64) {
	done := make([]int, len(tracks))
	lay := func(i, until int) {
		until = min(until, len(tracks[i].sizes))
		if until <= done[i] {
			return
		}
		t := turn{track: tracks[i].id, samples: until - done[i]}
		for _, n := range tracks[i].sizes[done[i]:until] {
			t.bytes += uint64(n)
		}
		tracks[i].chunks = append(tracks[i].chunks, chunk{at, uint32(t.samples)})
		turns = append(turns, t)
		at += t.bytes
		done[i] = until
	}
	lay(len(tracks)-1, len(f.Chapters))
	shown := uint64(0) // when the next caption begins, in ticks
	seconds := (len(f.sizes) + f.Rate - 1) / f.Rate
	for s := 1; s <= seconds; s++ {
		for i, t := range tracks {
			until := done[i]
			switch {
			case s == seconds:
				until = len(t.sizes)
			case t.id == pictureTrack:
				until = s * f.Rate
			case t.id == soundTrack:
				until = s*lectern.SampleRate/packet + 1
			case t.id == captionTrack:
				for ; until < len(t.lengths) && shown < uint64(s)*captionScale; until++ {
					shown += uint64(t.lengths[until].ticks)
				}
			}
			lay(i, until)
		}
	}
	return turns, at
}

// tracks describes the tracks, with the chapters' track last, and returns the samples of the text tracks.
func (f *Film) tracks() ([]track, map[uint32][]byte) {
	sound := f.Sound.track(soundTrack)
	sound.group, sound.language, sound.chapters = 1, f.Language, chapterTrack
	list, texts := []track{f.pictures(), sound}, map[uint32][]byte{}
	if len(f.Cues) > 0 {
		captions, text := f.captions()
		list = append(list, captions)
		texts[captionTrack] = text
	}
	chapters, titles := f.chapters()
	texts[chapterTrack] = titles
	return append(list, chapters), texts
}

// ticksPerFrame is the length of a frame in ticks of the pictures' timescale.
const ticksPerFrame = 512

// timescale is the number of ticks in a second in the tracks of pictures and chapters.
func (f *Film) timescale() uint32 { return uint32(f.Rate) * ticksPerFrame }

// lasts returns the length of the film in ticks of the file.
func (f *Film) lasts() uint64 {
	rate := uint64(f.Rate)
	return (uint64(len(f.sizes))*movieScale + rate - 1) / rate
}

func (f *Film) pictures() track {
	avcC := box("avcC", []byte{1, f.sps[1], f.sps[2], f.sps[3], 0xff, 0xe1}, u16(uint16(len(f.sps))), f.sps,
		[]byte{1}, u16(uint16(len(f.pps))), f.pps, []byte{0xfd, 0xf8, 0xf8, 0})
	// Primaries, transfer and matrix of bt709, in the limited range.
	colr := box("colr", []byte("nclx"), u16(1), u16(1), u16(1), []byte{0})
	avc1 := box("avc1", zeros(6), u16(1), zeros(16), u16(uint16(f.Size.Width)), u16(uint16(f.Size.Height)),
		u32(0x480000), u32(0x480000),
		zeros(4), u16(1), zeros(32), u16(24), u16(0xffff), avcC, colr)
	n := uint32(len(f.sizes))
	return track{
		id: pictureTrack, kind: "vide", name: "video", scale: f.timescale(), ticks: uint64(n) * ticksPerFrame,
		lasts: f.lasts(), size: f.Size,
		chapters: chapterTrack, media: full("vmhd", 0, 1, zeros(8)), entry: avc1,
		lengths: []length{{n, ticksPerFrame}}, keys: f.keys, sizes: f.sizes,
	}
}

// text appends a sample of text.
func (t *track) text(samples []byte, ticks uint32, text string, more ...byte) []byte {
	b := []byte(cutText(text, 1<<16-1)) // its length has 16 bits
	t.lengths = append(t.lengths, length{1, ticks})
	t.ticks += uint64(ticks)
	t.sizes = append(t.sizes, uint32(2+len(b)+len(more)))
	return append(append(append(samples, u16(uint16(len(b)))...), b...), more...)
}

// cutText shortens a text to at most the given number of bytes, between two characters.
func cutText(s string, most int) string {
	for len(s) > most {
		at := most
		for at > 0 && s[at]&0xc0 == 0x80 {
			at--
		}
		s = s[:at]
	}
	return s
}

// captionScale is the number of ticks in a second of captions. They are exact to the millisecond, as in the caption
// files.
const captionScale = 1000

// captions returns the track of the captions (3GPP TS 26.245), with an empty caption wherever none is shown.
func (f *Film) captions() (t track, samples []byte) {
	now, end := int64(0), int64(f.lasts()*captionScale/movieScale)
	for _, c := range f.Cues {
		from, to := max(c.Start.Milliseconds(), now), min(c.End.Milliseconds(), end)
		if to <= from {
			continue
		}
		if from > now {
			samples = t.text(samples, uint32(from-now), "")
		}
		samples = t.text(samples, uint32(to-from), strings.Join(c.Lines, "\n"))
		now = to
	}
	if now < end {
		samples = t.text(samples, uint32(end-now), "")
	}
	// At the bottom, centred, white on black, in the first font of the table.
	tx3g := box("tx3g", zeros(6), u16(1), zeros(4), []byte{1, 0xff, 0, 0, 0, 0xff}, zeros(8), zeros(4), u16(1),
		[]byte{0, 16, 0xff, 0xff, 0xff, 0xff},
		box("ftab", u16(1), u16(1), []byte{5}, []byte("Arial")))
	t.id, t.kind, t.name, t.scale, t.lasts = captionTrack, "sbtl", "captions", captionScale, f.lasts()
	t.disabled = !f.ShowCues
	t.group, t.language, t.chapters, t.media, t.entry = 3, f.Language, chapterTrack, full("nmhd", 0, 0), tx3g
	return t, samples
}

// chapters returns the track of the chapters' titles, in the form of QuickTime.
func (f *Film) chapters() (t track, samples []byte) {
	encd := append(u32(12), "encd\x00\x00\x01\x00"...) // the titles are UTF-8
	for _, c := range f.Chapters {
		samples = t.text(samples, uint32(c.End-c.Start)*ticksPerFrame, c.Title, encd...)
	}
	gmhd := box("gmhd", full("gmin", 0, 0, u16(0x40), u16(0x8000), u16(0x8000), u16(0x8000), zeros(4)),
		box("text", matrix()))
	text := box("text", zeros(6), u16(1), u32(1), zeros(18), u16(1), zeros(6), box("ftab", u16(1), u16(1), zeros(1)))
	t.id, t.kind, t.name, t.scale, t.lasts = chapterTrack, "text", "chapters", f.timescale(), f.lasts()
	t.disabled, t.media, t.entry = true, gmhd, text
	return t, samples
}

// chapterScale is the number of ticks in a second in the list of chapters.
const chapterScale = 10_000_000

// about returns the file's metadata: its title, the program that made it, and the list of chapters for players that do
// not read the chapter track.
func (f *Film) about() []byte {
	say := func(kind, text string) []byte {
		if text == "" {
			return nil
		}
		return box(kind, box("data", u32(1, 0), []byte(text)))
	}
	hdlr := full("hdlr", 0, 0, zeros(4), []byte("mdirappl"), zeros(9))
	meta := full("meta", 0, 0, hdlr, box("ilst", say("\xa9nam", f.Title), say("\xa9too", "Lectern")))
	list := f.Chapters[:min(len(f.Chapters), 255)]
	chpl := append(zeros(4), byte(len(list)))
	for _, c := range list {
		title := cutText(c.Title, 255)
		chpl = binary.BigEndian.AppendUint64(chpl, uint64(c.Start)*chapterScale/uint64(f.Rate))
		chpl = append(append(chpl, byte(len(title))), title...)
	}
	return box("udta", meta, full("chpl", 1, 0, chpl))
}
