package e2e

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// bomb is a small file whose decoding takes much memory or time.
type bomb struct {
	name  string
	media string // as the deck, or the server, names it
	body  []byte
	says  string        // what the refusal names
	cpu   time.Duration // the most processor time until it is refused
}

// bombs returns bombs of every kind of picture, of sizes that do not harm the machine even if they are decoded.
func bombs(t *testing.T) []bomb {
	t.Helper()
	avif, err := os.ReadFile("testdata/black.avif")
	if err != nil {
		t.Fatal(err)
	}
	const pixels = "limits.picture_pixels"
	return []bomb{
		{"BMP, RLE8, 22000 × 22000", "image/bmp", rleBMP(22_000, 22_000), "it is a BMP picture", 5 * time.Second},
		{"the same, named image/png", "image/png", rleBMP(22_000, 22_000),
			"it is a BMP picture, although it is named image/png", 5 * time.Second},
		{"PNG 10000 × 10000", "image/png", zeroPNG(10_000, 10_000), pixels, 5 * time.Second},
		{"JPEG 10000 × 10000", "image/jpeg", zeroJPEG(10_000, 10_000), pixels, 5 * time.Second},
		{"GIF 10000 × 10000, 3 frames", "image/gif", zeroGIF(10_000, 10_000, 3), pixels, 5 * time.Second},
		{"WebP, lossless, 10000 × 10000", "image/webp", zeroWebP(10_000, 10_000), pixels, 5 * time.Second},
		{"AVIF 8192 × 8192", "image/avif", avif, pixels, 5 * time.Second},
		{"SVG, 10 levels of use × 10", "image/svg+xml", usesSVG(10), "limits.svg_elements", 10 * time.Second},
		{"SVG, 40 × turbulence", "image/svg+xml", noiseSVG(40), "limits.svg_elements", 10 * time.Second},
	}
}

// TestH1H8BombsAreRefused: each bomb, in a data address and from the web, is refused in a sentence that names the limit
// or the kind, and costs little: all processes together grow by at most 300 MiB over idle. LECTERN_E2E_COMPARE names
// another program that gets the same decks; its results are logged and not checked.
func TestH1H8BombsAreRefused(t *testing.T) {
	list := bombs(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := strconv.Atoi(strings.Trim(r.URL.Path, "/")); err == nil && n < len(list) {
			w.Header().Set("Content-Type", list[n].media)
			_, _ = w.Write(list[n].body)
		}
	}))
	t.Cleanup(web.Close)
	programs := []string{plain}
	if other := os.Getenv("LECTERN_E2E_COMPARE"); other != "" {
		programs = append(programs, other)
	}
	for _, program := range programs {
		s := serve(t, program, "LECTERN_ASSETS_ALLOW_PRIVATE=true")
		// The first render starts the browser.
		explode(t, s, pictureDeck("data:image/png;base64,"+base64.StdEncoding.EncodeToString(zeroPNG(10, 10))))
		for i, b := range list {
			data := "data:" + b.media + ";base64," + base64.StdEncoding.EncodeToString(b.body)
			for way, address := range map[string]string{"data": data, "http": web.URL + "/" + strconv.Itoa(i)} {
				says, growth, cpu := explode(t, s, pictureDeck(address))
				t.Logf("%-30s %4s %7d bytes | %5d MB | %6.2f s | %s", b.name, way, len(b.body), growth>>20, cpu.Seconds(),
					tail(says, 160))
				if program != plain {
					continue
				}
				if !strings.Contains(says, b.says) {
					t.Errorf("%s (%s): %q does not say %q", b.name, way, says, b.says)
				}
				if growth > 300<<20 || cpu > b.cpu {
					t.Errorf("%s (%s): %d MB over idle and %s of CPU", b.name, way, growth>>20, cpu)
				}
			}
		}
		s.stop()
		s.cmd = nil
	}
}

func pictureDeck(address string) string {
	b, _ := json.Marshal(map[string]any{"avatar": "none", "preset": "draft", "slides": []any{
		map[string]any{"template": "big-image", "props": map[string]any{"title": "x", "image": address}}}})
	return string(b)
}

// explode sends a deck and waits for its end. It returns the server's answer, the growth of its processes meanwhile,
// and their processor time.
func explode(t *testing.T, s *server, deck string) (says string, growth int64, cpu time.Duration) {
	t.Helper()
	before, used := tree(s.cmd.Process.Pid)
	peak := before
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		poll(ctx, 10*time.Millisecond, func() bool {
			now, _ := tree(s.cmd.Process.Pid)
			peak = max(peak, now)
			if now-before > 5<<30 { // the machine must not run out of memory
				_ = s.cmd.Process.Kill()
				return true
			}
			return false
		})
	})
	a := s.must("POST", "/v1/presentations", deck)
	says = fmt.Sprint(a.json(t)["detail"])
	if a.status == http.StatusAccepted {
		id, _ := a.json(t)["id"].(string)
		v := s.awaitEnd(id)
		says = v.Status
		if fault, ok := v.Error.(map[string]any); ok {
			says = fmt.Sprint(fault["message"])
		}
	}
	stop()
	wg.Wait()
	_, after := tree(s.cmd.Process.Pid)
	return says, peak - before, after - used
}

// tree returns the memory (PSS) of a process and all its descendants, and the time of the processors that they have
// used.
func tree(root int) (memory int64, cpu time.Duration) {
	parents := map[int]int{}
	ticks := map[int]int64{}
	entries, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, e := range entries {
		b, err := os.ReadFile(e)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(e)))
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		parents[pid], _ = strconv.Atoi(f[1])
		for _, n := range f[11:15] {
			v, _ := strconv.ParseInt(n, 10, 64)
			ticks[pid] += v
		}
	}
	for pid := range parents {
		at := pid
		for at != root && at > 1 {
			at = parents[at]
		}
		if at != root {
			continue
		}
		cpu += time.Duration(ticks[pid]) * 10 * time.Millisecond
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
				memory += kb << 10
			}
		}
	}
	return memory, cpu
}

// rleBMP returns a BMP file whose pixel data is far shorter than its size needs.
func rleBMP(w, h uint32) []byte {
	pixels := bytes.Repeat([]byte{255, 1}, 200)
	pixels = append(pixels, 0, 1)
	b := append([]byte("BM"), make([]byte, 52+1024)...)
	binary.LittleEndian.PutUint32(b[2:], uint32(len(b)+len(pixels)))
	binary.LittleEndian.PutUint32(b[10:], uint32(len(b)))
	binary.LittleEndian.PutUint32(b[14:], 40)
	binary.LittleEndian.PutUint32(b[18:], w)
	binary.LittleEndian.PutUint32(b[22:], h)
	binary.LittleEndian.PutUint16(b[26:], 1)
	binary.LittleEndian.PutUint16(b[28:], 8)
	binary.LittleEndian.PutUint32(b[30:], 1)
	binary.LittleEndian.PutUint32(b[34:], uint32(len(pixels)))
	binary.LittleEndian.PutUint32(b[46:], 256)
	return append(b, pixels...)
}

func pngChunk(name string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// zeroPNG returns a black PNG file of one bit a pixel.
func zeroPNG(w, h int) []byte {
	var z bytes.Buffer
	c := zlib.NewWriter(&z)
	_, _ = io.CopyN(c, zeros{}, int64(h)*int64(1+(w+7)/8))
	_ = c.Close()
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	b := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(head, 1, 0, 0, 0, 0))...)
	return append(append(b, pngChunk("IDAT", z.Bytes())...), pngChunk("IEND", nil)...)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// zeroJPEG returns a grey JPEG file. Its codes are chosen so that a block of 64 pixels takes two zero bits.
func zeroJPEG(w, h int) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xff, 0xc0, 0, 11, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 1, 1, 0x11, 0)
	for _, class := range []byte{0, 0x10} {
		b = append(b, 0xff, 0xc4, 0, 20, class, 1)
		b = append(b, make([]byte, 16)...) // one code of one bit, for the symbol 0
	}
	b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0)
	b = append(b, make([]byte, ((w+7)/8)*((h+7)/8)/4+1)...)
	return append(b, 0xff, 0xd9)
}

func zeroGIF(w, h, frames int) []byte {
	var z bytes.Buffer
	c := lzw.NewWriter(&z, lzw.LSB, 2)
	_, _ = io.CopyN(c, zeros{}, int64(w)*int64(h))
	_ = c.Close()
	b := append([]byte("GIF89a"), byte(w), byte(w>>8), byte(h), byte(h>>8), 0x81, 0, 0)
	b = append(b, make([]byte, 12)...)
	for range frames {
		b = append(b, 0x2c, 0, 0, 0, 0, byte(w), byte(w>>8), byte(h), byte(h>>8), 0, 2)
		for data := z.Bytes(); len(data) > 0; {
			n := min(len(data), 255)
			b = append(append(b, byte(n)), data[:n]...)
			data = data[n:]
		}
		b = append(b, 0)
	}
	return append(b, 0x3b)
}

// zeroWebP returns a black WebP file. All its codes have one symbol, so that its pixels take no bits.
func zeroWebP(w, h uint32) []byte {
	bits := uint64(w-1) | uint64(h-1)<<14 // no alpha, version 0
	data := []byte{0x2f, byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)}
	var codes uint64 // no transform, no cache, no groups; five codes of one symbol, 0, each in four bits
	for i := range 5 {
		codes |= 1 << (3 + 4*i)
	}
	for range 8 {
		data = append(data, byte(codes))
		codes >>= 8
	}
	data = append(data, 0)
	b := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8L"), binary.LittleEndian.AppendUint32(nil, uint32(len(data)))...)
	b = append(b, data...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

func usesSVG(levels int) []byte {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99 99"><defs><rect id="l0" width="9" height="9" fill="red" opacity=".5"/>`)
	for l := range levels {
		fmt.Fprintf(&b, `<g id="l%d">%s</g>`, l+1, strings.Repeat(fmt.Sprintf(`<use href="#l%d" x="1"/>`, l), 10))
	}
	fmt.Fprintf(&b, `</defs><use href="#l%d"/></svg>`, levels)
	return []byte(b.String())
}

func noiseSVG(n int) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1920 1080"><filter id="f"><feTurbulence baseFrequency=".9" numOctaves="9"/></filter>` +
		strings.Repeat(`<rect width="1920" height="1080" filter="url(#f)"/>`, n) + `</svg>`)
}
