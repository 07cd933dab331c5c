package mp4

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"lectern"
)

// ErrSound reports packets of sound that are damaged or do not fit together.
var ErrSound = errors.New("the sound is damaged")

// ADTS describes a stream of AAC whose packets have headers (ISO 14496-3).
type ADTS struct {
	Config []byte   // an AudioSpecificConfig (ISO 14496-3)
	Sizes  []uint32 // of the packets, without their headers
	Last   []byte   // the last packet
}

const adtsHead = 7

// ReadADTS reads a stream to its end. Packets of different kinds and a truncated last packet are errors.
func ReadADTS(r io.Reader) (ADTS, error) {
	var x ADTS
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		config, size, err := adtsPacket(in)
		if err == io.EOF && len(x.Sizes) > 0 {
			return x, nil
		}
		if err != nil {
			return ADTS{}, fmt.Errorf("%w: packet %d: %w", ErrSound, len(x.Sizes)+1, noEOF(err))
		}
		if x.Config == nil {
			x.Config = config
		}
		if !bytes.Equal(x.Config, config) {
			return ADTS{}, fmt.Errorf("%w: packet %d is of another kind than the first", ErrSound, len(x.Sizes)+1)
		}
		x.Last = append(x.Last[:0], make([]byte, size)...)
		if _, err := io.ReadFull(in, x.Last); err != nil {
			return ADTS{}, fmt.Errorf("%w: packet %d is cut short: %w", ErrSound, len(x.Sizes)+1, err)
		}
		x.Sizes = append(x.Sizes, uint32(size))
	}
}

// adtsPacket reads a packet's header. At the end of the stream it returns io.EOF.
func adtsPacket(r io.Reader) (config []byte, size int, err error) {
	var b [adtsHead]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return nil, 0, err
	}
	// Twelve set bits, no checksum, one block of data in the packet.
	if b[0] != 0xff || b[1]&0xf7 != 0xf1 || b[6]&3 != 0 {
		return nil, 0, fmt.Errorf("%x is not the header of a packet", b)
	}
	size = int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
	if size <= adtsHead {
		return nil, 0, fmt.Errorf("a packet of %d bytes, of which %d are its header", size, adtsHead)
	}
	kind, rate, channels := b[2]>>6+1, b[2]>>2&0xf, b[2]&1<<2|b[3]>>6
	// The last three bytes declare a stream without SBR, as ffmpeg does.
	return []byte{kind<<3 | rate>>1, rate<<7 | channels<<3, 0x56, 0xe5, 0}, size - adtsHead, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// packet is the number of samples in a packet of AAC (ISO 14496-3).
const packet = 1024

// Part is a separately encoded part of the sound.
type Part struct {
	At      int64 // its first packet, counted in the whole sound
	Packets int64 // number of its packets that are used, from the first on
	ADTS
	// Open returns the stream from which ADTS was read. It is called when the writer reaches the part.
	Open func() (io.ReadCloser, error)
}

// Soundtrack is the sound of a whole video: its parts, and the packets between them.
type Soundtrack struct {
	samples int64
	config  []byte
	runs    []packets
	sizes   []uint32 // of all packets
	bytes   uint64
}

// NewSoundtrack joins parts to a sound of total samples. The gaps after a part are filled with its last packet, which
// is silence, and a gap before the first part with that part's last packet.
func NewSoundtrack(total int64, parts []Part) (Soundtrack, error) {
	runs, err := arrange(total, parts)
	if err != nil {
		return Soundtrack{}, err
	}
	s := Soundtrack{samples: total, config: parts[0].Config, runs: runs}
	for _, r := range runs {
		for range r.silence {
			s.sizes = append(s.sizes, uint32(len(r.of.Last)))
		}
		s.sizes = append(s.sizes, r.sizes...)
	}
	for _, n := range s.sizes {
		s.bytes += uint64(n)
	}
	return s, nil
}

// Write writes the sound as an MP4 file.
func (s Soundtrack) Write(w io.Writer) error {
	t := s.track(1)
	t.chunks = []chunk{{samples: uint32(len(s.sizes))}}
	if _, err := w.Write(movieHead("M4A ", "M4A isomiso2", []track{t}, s.bytes)); err != nil {
		return err
	}
	in := s.reader()
	defer in.Close()
	return in.copy(w, len(s.sizes))
}

// packetReader reads the packets of a soundtrack in order. The caller must close it.
type packetReader struct {
	runs []packets
	done int // packets of the first run
	file io.ReadCloser
	in   *bufio.Reader
}

func (s Soundtrack) reader() *packetReader { return &packetReader{runs: s.runs} }

// copy writes the next n packets.
func (r *packetReader) copy(w io.Writer, n int) error {
	for range n {
		for len(r.runs) > 0 && r.done == r.runs[0].count() {
			if err := r.Close(); err != nil {
				return err
			}
			r.runs, r.done = r.runs[1:], 0
		}
		if len(r.runs) == 0 {
			return io.ErrUnexpectedEOF
		}
		if err := r.one(w, r.runs[0]); err != nil {
			return err
		}
		r.done++
	}
	return nil
}

// one writes a packet of a run, without its header.
func (r *packetReader) one(w io.Writer, of packets) (err error) {
	if of.silence > 0 {
		_, err = w.Write(of.of.Last)
		return err
	}
	if r.file == nil {
		if r.file, err = of.of.Open(); err != nil {
			return err
		}
		r.in = bufio.NewReaderSize(r.file, 64<<10)
	}
	if _, err = r.in.Discard(adtsHead); err == nil {
		err = r.pass(w, int(of.sizes[r.done]))
	}
	if err != nil {
		return fmt.Errorf("packet %d of %d: %w", r.done+1, len(of.sizes), noEOF(err))
	}
	return nil
}

// pass writes the next n bytes from the buffer.
func (r *packetReader) pass(w io.Writer, n int) error {
	b, err := r.in.Peek(n) // no packet is larger than the buffer
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		_, err = r.in.Discard(n)
	}
	return err
}

// Close closes the part that is being read.
func (r *packetReader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// packets is a run of packets: silence taken from a part, or the first ones of a part.
type packets struct {
	of      Part
	silence int64 // repetitions of its last packet
	sizes   []uint32
}

func (p packets) count() int { return int(p.silence) + len(p.sizes) }

// arrange returns the runs of packets of a sound, in order.
func arrange(total int64, parts []Part) ([]packets, error) {
	if total <= 0 || len(parts) == 0 {
		return nil, fmt.Errorf("%w: %d parts and %d samples", ErrSound, len(parts), total)
	}
	var runs []packets
	at, whole := int64(0), (total+packet-1)/packet+1
	for i, p := range parts {
		n := p.Packets
		switch {
		case int64(len(p.Sizes)) < n:
			return nil, fmt.Errorf("%w: part %d has %d packets instead of %d", ErrSound, i+1, len(p.Sizes), n)
		case p.At < at || p.At >= whole:
			return nil, fmt.Errorf("%w: part %d begins at packet %d, not between %d and %d", ErrSound, i+1, p.At, at,
				whole)
		case !bytes.Equal(p.Config, parts[0].Config):
			return nil, fmt.Errorf("%w: part %d is of another kind than the first", ErrSound, i+1)
		}
		runs = append(runs, packets{of: parts[max(i-1, 0)], silence: p.At - at},
			packets{of: p, sizes: p.Sizes[:min(n, whole-p.At)]})
		at = p.At + n
	}
	return append(runs, packets{of: parts[len(parts)-1], silence: max(whole-at, 0)}), nil
}

// track describes the sound. The first packet is not played, because it only supplies the overlap for the second.
func (s Soundtrack) track(id uint32) track {
	n, total := uint32(len(s.sizes)), uint64(s.samples)
	rate := u32(uint32(max(s.bytes*8*lectern.SampleRate/total, 1)))
	esds := full("esds", 0, 0, described(3, u16(1), zeros(1),
		described(4, []byte{0x40, 0x15}, zeros(3), rate, rate, described(5, s.config)), described(6, []byte{2})))
	return track{
		id: id, kind: "soun", name: "sound", scale: lectern.SampleRate,
		ticks: total + packet, lasts: total, skip: packet,
		media: full("smhd", 0, 0, zeros(4)),
		entry: box("mp4a", zeros(6), u16(1), zeros(8), u16(1), u16(16), zeros(4), u32(lectern.SampleRate<<16), esds),
		// The last packet lasts as long as the rest of the sound.
		lengths: []length{{n - 1, packet}, {1, uint32(total + packet - uint64(n-1)*packet)}},
		sizes:   s.sizes,
		// A player that begins at a packet must decode the one before it too.
		more: [][]byte{full("sgpd", 1, 0, []byte("roll"), u32(2), u32(1), u16(0xffff)),
			full("sbgp", 0, 0, []byte("roll"), u32(1), u32(n), u32(1))},
	}
}

// described returns a descriptor of MPEG-4 systems (ISO 14496-1). Its parts must have fewer than 128 bytes in all.
func described(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append([]byte{tag, byte(len(body))}, body...)
}
