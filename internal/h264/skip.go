package h264

// skips appends a slice whose count macroblocks, from first on, repeat the previous picture: P_Skip without neighbours
// has no motion (8.4.1.1). The slice has no coded edges, so nothing in it is deblocked. data is the result of skipped
// for count, or nil without CABAC.
func (s Sets) skips(dst []byte, first, count int, frameNum uint32, data []byte) []byte {
	h := header{first: uint32(first), kind: typeP, ref: 2, frameNum: frameNum, filter: 1}
	var w bitWriter
	w.b = make([]byte, 0, len(data)+16)
	s.write(&w, h)
	if s.cabac {
		return unit(dst, h.ref, nalSlice, append(w.b, data...))
	}
	w.ue(uint32(count)) // mb_skip_run
	w.trailing()
	return unit(dst, h.ref, nalSlice, w.b)
}

// skipped returns the data of a slice of count skipped macroblocks in CABAC, with its stop bit. The data of a slice
// begins at a whole byte, so every such slice has the same bytes.
func (s Sets) skipped(count int) []byte {
	var w bitWriter
	var a arithmetic
	a.begin(&w, 0, s.initQP)
	for i := range count {
		a.skipped()
		a.terminate(i == count-1)
	}
	return w.b
}
