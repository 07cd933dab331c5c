package picturefile

import (
	"maps"
	"slices"
)

// maxItems bounds the items, properties and extents of an AVIF: a picture of 40 megapixels in small tiles has fewer.
const maxItems = 4096

// box is one of ISO/IEC 14496-12.
type box struct {
	name string
	data []byte
}

// nextBox reads the box at the beginning of b and returns the rest of b.
func nextBox(b []byte) (x box, rest []byte, ok bool) {
	if len(b) < 8 {
		return x, nil, false
	}
	head, n := 8, uint64(be32(b))
	switch n {
	case 0:
		n = uint64(len(b))
	case 1:
		if len(b) < 16 {
			return x, nil, false
		}
		head, n = 16, uint64(be32(b[8:]))<<32|uint64(be32(b[12:]))
	}
	if n < uint64(head) || n > uint64(len(b)) {
		return x, nil, false
	}
	return box{string(b[4:8]), b[head:n]}, b[n:], true
}

// boxes lists the boxes in b. ok is false if they do not fill it.
func boxes(b []byte) (list []box, ok bool) {
	for len(b) > 0 {
		x, rest, ok := nextBox(b)
		if !ok || len(list) == maxItems {
			return list, false
		}
		list, b = append(list, x), rest
	}
	return list, true
}

func find(list []box, name string) ([]byte, bool) {
	for _, x := range list {
		if x.name == name {
			return x.data, true
		}
	}
	return nil, false
}

// cursor reads numbers; past the end it returns 0 and sets bad.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) num(bytes int) uint64 {
	if bytes > len(c.b) {
		c.b, c.bad = nil, true
		return 0
	}
	var v uint64
	for _, x := range c.b[:bytes] {
		v = v<<8 | uint64(x)
	}
	c.b = c.b[bytes:]
	return v
}

func inspectAVIF(body []byte, lim Limits) (Picture, *Unfit) {
	w, h, u := avifSize(body, lim)
	if u != nil {
		return Picture{}, u
	}
	p, u := measure(body, w, h, lim)
	if u == nil && string(body[8:12]) != "avif" {
		p.Body = slices.Clone(body) // a still, even if the file also has a sequence of pictures
		copy(p.Body[8:12], "avif")
	}
	return p, u
}

// avifSize returns the largest of the sizes that the properties, grids and compressed pixels of an AVIF's items state.
func avifSize(body []byte, lim Limits) (w, h int, u *Unfit) {
	broken := damaged("AVIF", "its boxes are wrong")
	var meta []byte
	for rest := body; len(rest) > 0 && meta == nil; {
		x, next, ok := nextBox(rest)
		if !ok {
			return 0, 0, damaged("AVIF", cutOff)
		}
		if x.name == "meta" {
			meta = x.data
		}
		rest = next
	}
	if len(meta) < 4 {
		return 0, 0, damaged("AVIF", "it has no still picture")
	}
	inner, ok := boxes(meta[4:])
	if !ok {
		return 0, 0, broken
	}
	larger := func(a, b int) bool {
		if a == 0 || b == 0 {
			u = damaged("AVIF", "its header states no size")
			return false
		}
		if _, u = measure(nil, a, b, lim); u != nil {
			return false
		}
		if a*b > w*h {
			w, h = a, b
		}
		return true
	}
	if n := properties(inner, larger); u != nil || n <= 0 {
		if u == nil {
			u = broken
		}
		return 0, 0, u
	}
	kinds, ok := itemKinds(inner)
	if !ok {
		return 0, 0, broken
	}
	items, ok := locate(inner, body)
	if !ok {
		return 0, 0, damaged("AVIF", cutOff)
	}
	coded, sum := 0, 0
	for _, id := range slices.Sorted(maps.Keys(items)) {
		data := items[id]
		switch kinds[id] {
		case "av01":
			coded++
			tile := func(a, b int) bool { sum += a * b; return larger(a, b) }
			if !sequences(data, tile) {
				if u == nil {
					u = broken
				}
				return 0, 0, u
			}
		case "grid":
			if a, b, ok := grid(data); !ok || !larger(a, b) {
				if u == nil {
					u = broken
				}
				return 0, 0, u
			}
		}
	}
	switch {
	case coded == 0:
		return 0, 0, damaged("AVIF", "it has no pixels")
	case lim.Pixels > 0 && sum > 3*lim.Pixels: // colour, alpha and a thumbnail have fewer
		return 0, 0, unfit("its parts have %s pixels together, which is too many (limits.picture_pixels)", Million(sum))
	}
	return w, h, nil
}

// properties calls each for every size in the box iprp, and counts them. n is negative if the box is damaged or a size
// was refused.
func properties(meta []box, each func(w, h int) bool) (n int) {
	iprp, _ := find(meta, "iprp")
	list, ok := boxes(iprp)
	if !ok {
		return -1
	}
	ipco, _ := find(list, "ipco")
	if list, ok = boxes(ipco); !ok {
		return -1
	}
	for _, x := range list {
		if x.name != "ispe" {
			continue
		}
		if len(x.data) < 12 || !each(int(be32(x.data[4:])), int(be32(x.data[8:]))) {
			return -1
		}
		n++
	}
	return n
}

// itemKinds reads the box iinf: the type of each item.
func itemKinds(meta []box) (map[uint64]string, bool) {
	iinf, _ := find(meta, "iinf")
	c := &cursor{b: iinf}
	if c.num(1) == 0 {
		c.num(5)
	} else {
		c.num(7)
	}
	list, ok := boxes(c.b)
	if c.bad || !ok {
		return nil, false
	}
	kinds := map[uint64]string{}
	for _, x := range list {
		c := &cursor{b: x.data}
		version := c.num(1)
		c.num(3)
		width := 2
		if version == 3 {
			width = 4
		}
		id := c.num(width)
		c.num(2)
		kind := c.num(4)
		if x.name != "infe" || version < 2 || c.bad {
			continue
		}
		kinds[id] = string([]byte{byte(kind >> 24), byte(kind >> 16), byte(kind >> 8), byte(kind)})
	}
	return kinds, true
}

// locate reads the box iloc: the bytes of each item. ok is false if some are not in the file.
func locate(meta []box, body []byte) (items map[uint64][]byte, ok bool) {
	iloc, _ := find(meta, "iloc")
	idat, _ := find(meta, "idat")
	c := &cursor{b: iloc}
	version := c.num(1)
	c.num(3)
	sizes := c.num(2)
	offsetSize, lengthSize := int(sizes>>12), int(sizes>>8&15)
	baseSize, indexSize := int(sizes>>4&15), int(sizes&15)
	if version == 0 {
		indexSize = 0
	}
	wide := 2
	if version == 2 {
		wide = 4
	}
	count := c.num(wide)
	if c.bad || version > 2 || count > maxItems || max(offsetSize, lengthSize, baseSize, indexSize) > 8 {
		return nil, false
	}
	items = map[uint64][]byte{}
	total, bytes := 0, uint64(0)
	for range count {
		id := c.num(wide)
		from := body
		if version > 0 {
			switch c.num(2) & 15 {
			case 0:
			case 1:
				from = idat
			default:
				return nil, false
			}
		}
		if c.num(2) != 0 { // in another file
			return nil, false
		}
		base, extents := c.num(baseSize), c.num(2)
		var data []byte
		for range extents {
			c.num(indexSize)
			at, n := base+c.num(offsetSize), c.num(lengthSize)
			if n == 0 && at <= uint64(len(from)) {
				n = uint64(len(from)) - at
			}
			if total++; c.bad || total > maxItems || at < base || at > uint64(len(from)) || n > uint64(len(from))-at {
				return nil, false
			}
			if bytes += n; bytes > 2*uint64(len(body)) {
				return nil, false // the same bytes again and again
			}
			if extents == 1 {
				data = from[at : at+n]
			} else {
				data = append(data, from[at:at+n]...)
			}
		}
		if c.bad {
			return nil, false
		}
		items[id] = data
	}
	return items, true
}

// grid reads the size of a picture that consists of tiles.
func grid(d []byte) (w, h int, ok bool) {
	c := &cursor{b: d}
	c.num(1)
	flags := c.num(1)
	c.num(2)
	width := 2
	if flags&1 != 0 {
		width = 4
	}
	w, h = int(c.num(width)), int(c.num(width))
	return w, h, !c.bad
}
