package h264

// Types of slice (table 7-6), modulo 5.
const (
	typeP = 0
	typeI = 2
)

// header holds the values of a slice header (7.3.3) that occur in streams of this package.
type header struct {
	first    uint32 // first_mb_in_slice
	kind     uint32 // typeP or typeI
	key      bool   // of a picture at which decoding may begin
	ref      byte   // nal_ref_idc
	frameNum uint32
	keyID    uint32 // idr_pic_id, of key pictures
	override bool   // the slice sets its own number of references, refs
	refs     uint32
	cabacIDC uint32 // cabac_init_idc, of P slices
	qpDelta  int32
	filter   uint32 // disable_deblocking_filter_idc
	alpha    int32  // slice_alpha_c0_offset_div2, if filter is not 1
	beta     int32
}

// parse reads the header of a slice's NAL unit. It returns the payload, in the memory of buf if that is large enough,
// and the bit of it at which the slice data begins, after CABAC's alignment.
func (s Sets) parse(unit, buf []byte) (h header, payload []byte, data int, err error) {
	if len(unit) < 2 {
		return h, nil, 0, damaged("an empty slice")
	}
	kind := unit[0] & 31
	h.key, h.ref = kind == nalKeySlice, unit[0]>>5&3
	if kind != nalSlice && kind != nalKeySlice {
		return h, nil, 0, damaged("a unit of kind %d where a slice should be", kind)
	}
	payload = unescape(buf[:0], unit[1:])
	r := &bitReader{b: payload}
	h.first = r.ue()
	h.kind = r.ue() % 5
	if id := r.ue(); id != s.ppsID {
		return h, nil, 0, unsupported("a slice under another picture parameter set")
	}
	h.frameNum = r.u(s.frameNumBits)
	if h.key {
		h.keyID = r.ue()
	}
	if err := s.parseRest(r, &h); err != nil {
		return h, nil, 0, err
	}
	if s.cabac {
		for r.at%8 != 0 && !r.short {
			if r.bit() != 1 {
				return h, nil, 0, damaged("a slice without its alignment")
			}
		}
	}
	if r.short || r.at >= 8*len(payload) || h.first >= uint32(s.Macroblocks()) {
		return h, nil, 0, damaged("a slice that is cut short")
	}
	return h, payload, r.at, nil
}

func (s Sets) parseRest(r *bitReader, h *header) error {
	switch h.kind {
	case typeP:
		if h.override = r.flag(); h.override {
			h.refs = r.ue() + 1
		}
		if refs := h.references(s); refs != 1 {
			return unsupported("%d references of a slice", refs)
		}
		if r.flag() {
			return unsupported("another order of references")
		}
	case typeI:
	default:
		return unsupported("slices of type %d", h.kind)
	}
	if h.ref != 0 {
		if h.key {
			r.flag() // no output of prior pictures
			if r.flag() {
				return unsupported("long-term references")
			}
		} else if r.flag() {
			return unsupported("marking of references")
		}
	}
	if s.cabac && h.kind == typeP {
		h.cabacIDC = r.ue()
	}
	h.qpDelta = r.se()
	if s.deblockFields {
		if h.filter = r.ue(); h.filter != 1 {
			h.alpha, h.beta = r.se(), r.se()
		}
	}
	return nil
}

func (h header) references(s Sets) uint32 {
	if h.override {
		return h.refs
	}
	return s.refs
}

// write writes h, up to the slice data.
func (s Sets) write(w *bitWriter, h header) {
	w.ue(h.first)
	w.ue(h.kind)
	w.ue(s.ppsID)
	w.u(s.frameNumBits, h.frameNum&(1<<s.frameNumBits-1))
	if h.key {
		w.ue(h.keyID)
	}
	if h.kind == typeP {
		one := s.refs != 1
		w.flag(one)
		if one {
			w.ue(0)
		}
		w.flag(false) // no reordering of references
	}
	if h.ref != 0 {
		w.flag(false) // key: output prior pictures; else: sliding window marking
		if h.key {
			w.flag(false)
		}
	}
	if s.cabac && h.kind == typeP {
		w.ue(h.cabacIDC)
	}
	w.se(h.qpDelta)
	if s.deblockFields {
		w.ue(h.filter)
		if h.filter != 1 {
			w.se(h.alpha)
			w.se(h.beta)
		}
	}
	if s.cabac {
		w.alignOnes()
	}
}

func (h header) nal() byte {
	if h.key {
		return nalKeySlice
	}
	return nalSlice
}
