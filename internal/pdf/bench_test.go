package pdf_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lectern/internal/pdf"
	"lectern/internal/pdf/pdftest"
)

// talk is a PDF of 200 pages with texts, shapes and transparency.
func talk() []byte {
	d := pdftest.Doc{}
	for i := range 200 {
		c := fill("blue", 0, 480, 960, 60) + "1 1 1 rg " + pdftest.Say(fmt.Sprintf("Slide %d", i+1), 40, 500, 30) + "0 g\n"
		for j := range 8 {
			c += pdftest.Say(fmt.Sprintf("Point %d of slide %d, with some more words to fill the line", j+1, i+1), 60,
				float64(430-40*j), 20)
		}
		for j := range 20 {
			c += fmt.Sprintf("/G gs %.2f 0.4 0.6 rg %d 40 30 %d re f\n", float64(j)/20, 300+31*j, 20+(i+j*13)%90)
		}
		d.Pages = append(d.Pages, pdftest.Page{Width: 960, Height: 540, Content: c,
			Resources: "/ExtGState<</G<</ca 0.7>>>>", Notes: []string{fmt.Sprintf("The notes of slide %d.", i+1)}})
	}
	return d.Bytes()
}

// The first page includes the start of PDFium: cold, it is compiled first. Run each in a process of its own to compare
// their memory.
func BenchmarkTwoHundredPages(b *testing.B) {
	file := talk()
	for _, name := range []string{"warm", "cold"} {
		b.Run(name, func(b *testing.B) {
			dir := cacheDir()
			if name == "cold" {
				dir = b.TempDir()
			}
			for b.Loop() {
				e, start := pdf.New(pdf.Options{CacheDir: dir}), time.Now()
				d, err := e.Open(b.Context(), bytes.NewReader(file), int64(len(file)), "")
				if err != nil {
					b.Fatal(err)
				}
				for page := 1; page <= d.Count(); page++ {
					if _, err := d.Draw(b.Context(), page, 1920, 1080); err != nil {
						b.Fatal(err)
					}
					if page == 1 {
						b.ReportMetric(time.Since(start).Seconds(), "s-to-page-1")
					}
				}
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(peak(b), "peak-MB")
		})
	}
}

// peak is the most memory that this process had resident, in megabytes; 0: the system does not say.
func peak(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	if !found {
		return 0
	}
	var kilobytes float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes / 1024
}
