package h264

import (
	"bytes"
	"errors"

	"lectern"
)

// ErrUnsupported reports a stream of a kind that this package does not read.
var ErrUnsupported = errors.New("a kind of H.264 stream that Lectern does not write")

// ErrDamaged reports a stream that breaks the standard or ends early.
var ErrDamaged = errors.New("the encoded stream is damaged")

// Kinds of NAL unit (table 7-1).
const (
	nalSlice     = 1
	nalKeySlice  = 5
	nalSEI       = 6
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
)

// Sets are the values of a stream's parameter sets that this package needs.
type Sets struct {
	SPS, PPS []byte // the NAL units

	Width, Height int          // in macroblocks, of the coded picture
	Size          lectern.Size // in pixels, after cropping
	Level         int          // level_idc: ten times the level

	spsID, ppsID  uint32
	frameNumBits  int
	cabac         bool
	refs          uint32 // num_ref_idx_l0_default_active
	deblockFields bool   // slice headers set the deblocking
	eight         bool   // transforms of 8×8 may occur
	initQP        int32
}

// ParseSets reads a sequence and a picture parameter set.
func ParseSets(sps, pps []byte) (Sets, error) {
	s := Sets{SPS: bytes.Clone(sps), PPS: bytes.Clone(pps)}
	if len(sps) < 4 || len(pps) < 2 || sps[0]&31 != nalSPS || pps[0]&31 != nalPPS {
		return Sets{}, damaged("no parameter sets")
	}
	if err := s.sequence(unescape(nil, sps[1:])); err != nil {
		return Sets{}, err
	}
	return s, s.picture(unescape(nil, pps[1:]))
}

// sequence reads a sequence parameter set (7.3.2.1.1), except for its display information.
func (s *Sets) sequence(b []byte) error {
	r := &bitReader{b: b}
	profile := r.u(8)
	r.u(8)
	s.Level = int(r.u(8))
	s.spsID = r.ue()
	switch profile {
	case 66, 77:
	case 100:
		if chroma, luma8, chroma8 := r.ue(), r.ue(), r.ue(); chroma != 1 || luma8 != 0 || chroma8 != 0 {
			return unsupported("not 4:2:0 with 8 bits")
		}
		if lossless, scaling := r.flag(), r.flag(); lossless || scaling {
			return unsupported("lossless blocks or scaling matrices")
		}
	default:
		return unsupported("profile %d", profile)
	}
	s.frameNumBits = int(r.ue()) + 4
	if poc := r.ue(); poc != 2 {
		return unsupported("picture order count type %d", poc)
	}
	if refs := r.ue(); refs != 1 {
		return unsupported("%d reference pictures", refs)
	}
	r.flag() // gaps in frame_num
	s.Width, s.Height = int(r.ue())+1, int(r.ue())+1
	if !r.flag() {
		return unsupported("interlaced pictures")
	}
	r.flag() // direct 8×8 inference
	s.Size = lectern.Size{Width: 16 * s.Width, Height: 16 * s.Height}
	if r.flag() {
		left, right, top, bottom := int(r.ue()), int(r.ue()), int(r.ue()), int(r.ue())
		s.Size.Width -= 2 * (left + right)
		s.Size.Height -= 2 * (top + bottom)
	}
	const most = 1 << 12
	if r.short || s.Width > most || s.Height > most || s.frameNumBits > 16 || s.Size.Width <= 0 || s.Size.Height <= 0 {
		return damaged("a sequence parameter set with impossible values")
	}
	return nil
}

// picture reads a picture parameter set (7.3.2.2).
func (s *Sets) picture(b []byte) error {
	r := &bitReader{b: b}
	s.ppsID = r.ue()
	if id := r.ue(); id != s.spsID {
		return unsupported("a picture parameter set of another sequence")
	}
	s.cabac = r.flag()
	if r.flag() {
		return unsupported("bottom field order in slices")
	}
	if groups := r.ue(); groups != 0 {
		return unsupported("several slice groups")
	}
	s.refs = r.ue() + 1
	r.ue() // of list 1
	weighted, bipred := r.flag(), r.u(2)
	if weighted || bipred != 0 {
		return unsupported("weighted prediction")
	}
	s.initQP = 26 + r.se()
	r.se() // pic_init_qs
	r.se() // chroma_qp_index_offset
	s.deblockFields = r.flag()
	if r.flag() {
		return unsupported("constrained intra prediction")
	}
	if r.flag() {
		return unsupported("redundant pictures")
	}
	if r.short {
		return damaged("a picture parameter set that is cut short")
	}
	s.eight = r.at < dataEnd(b) && r.flag()
	return nil
}

// Fits reports whether slices that were coded with other can be part of pictures of s: both have the same picture
// parameter set, and the pictures of s are at least as large.
func (s Sets) Fits(other Sets) bool {
	return bytes.Equal(s.PPS, other.PPS) && s.spsID == other.spsID && s.Width >= other.Width && s.Height >= other.Height
}

// Macroblocks returns the number of macroblocks in a picture.
func (s Sets) Macroblocks() int { return s.Width * s.Height }

// MaxSlices returns the largest number of slices in a picture at a frame rate (A.3.1, A.3.2: MaxMBPS of the level,
// times 1/rate, over the SliceRate of table A-4). 0 means that no bound is known.
func (s Sets) MaxSlices(rate int) int {
	l, ok := levels[s.Level]
	if !ok || l.sliceRate == 0 || rate <= 0 {
		return 0
	}
	return l.mbps / rate / l.sliceRate
}

// levels holds MaxMBPS (table A-1) and SliceRate (table A-4, High profile) by level_idc.
var levels = map[int]struct{ mbps, sliceRate int }{
	30: {40500, 22}, 31: {108000, 60}, 32: {216000, 60}, 40: {245760, 60}, 41: {245760, 24}, 42: {522240, 24},
	50: {589824, 24}, 51: {983040, 24}, 52: {2073600, 24},
}
