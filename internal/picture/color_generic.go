//go:build !amd64

package compose

func (s *strip) convert() uint32 { return s.portable() }
