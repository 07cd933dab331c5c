package h264

// skips appends a slice in which count macroblocks from first on are what they were in the picture before: P_Skip without
// neighbours has no motion (8.4.1.1). Nothing in it is deblocked: there are no edges with anything to smooth.
func (s Sets) skips(dst []byte, first, count int, frameNum uint32) []byte {
	h := header{first: uint32(first), kind: typeP, ref: 2, frameNum: frameNum, filter: 1}
	var w bitWriter
	s.write(&w, h)
	if !s.cabac {
		w.ue(uint32(count)) // mb_skip_run
		w.trailing()
		return unit(dst, h.ref, nalSlice, w.b)
	}
	var a arithmetic
	a.begin(&w, h.cabacIDC, s.initQP)
	for i := range count {
		a.skipped()
		a.terminate(i == count-1)
	}
	return unit(dst, h.ref, nalSlice, w.b)
}
