//go:build !amd64

package picture

func (s *strip) convert() uint32 { return s.portable() }
