package pdf

// memory is the memory of one instance of PDFium. Its address never changes, so that growth copies nothing; and it goes
// back to the system at once, instead of when the garbage collector runs.
type memory struct {
	bytes []byte
	size  int // in use
	free  func()
}

// reserve makes a memory that can grow to most bytes. Pages of it that were never written cost nothing.
func reserve(most uint64) *memory {
	bytes, free := mapped(int(most))
	return &memory{bytes: bytes, free: free}
}

// Reallocate implements experimental.LinearMemory. It returns nil if the memory cannot have that size.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.bytes)) {
		return nil
	}
	m.size = int(size)
	return m.bytes[:size:size]
}

// Free implements experimental.LinearMemory. It does nothing, because the library calls it while code of the instance
// can still be on the stack. See release.
func (m *memory) Free() {}

// release returns the memory to the system. The instance has ended.
func (m *memory) release() {
	if m.bytes != nil {
		m.free()
		m.bytes = nil
	}
}
