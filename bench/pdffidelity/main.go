// Package main compares the pages that Lectern draws of PDF files with those of poppler's pdftoppm, which shares no
// code with PDFium. It prints a line for each file and a summary:
//
//	go run ./bench/pdffidelity FOLDER|FILE.pdf ...
//
// A page is drawn in grey, 240 pixels wide, by both. The figure of a page is the mean absolute difference of its pixels
// on the scale from 0 to 255. Below 4 the pages look the same; letters differ by their smoothing alone. Files that one
// of the two refuses are listed with the reason.
package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern/internal/pdf"
	"lectern/internal/proc"
)

const (
	width    = 240
	maxPages = 30 // of a file
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pdffidelity:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	files, err := find(args)
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	engine := pdf.New(pdf.Options{CacheDir: filepath.Join(cache, "lectern", "pdf")})
	defer engine.Close()
	if err := engine.Start(ctx); err != nil {
		return err
	}
	var all []float64
	var ours, theirs time.Duration
	for _, f := range files {
		r := compare(ctx, engine, f)
		if r.err != nil {
			fmt.Printf("%-40s %v\n", filepath.Base(f), r.err)
			continue
		}
		fmt.Printf("%-40s %3d pages  median %5.2f  worst %5.2f (page %d)\n", filepath.Base(f), len(r.pages),
			median(r.pages), slices.Max(r.pages), slices.Index(r.pages, slices.Max(r.pages))+1)
		all, ours, theirs = append(all, r.pages...), ours+r.ours, theirs+r.theirs
	}
	if len(all) > 0 {
		fmt.Printf("%d pages: median %.2f, worst %.2f; Lectern %.1f s, pdftoppm %.1f s\n", len(all), median(all),
			slices.Max(all), ours.Seconds(), theirs.Seconds())
	}
	return nil
}

// find lists the PDF files in folders, and files as they are.
func find(args []string) ([]string, error) {
	var files []string
	for _, a := range args {
		info, err := os.Stat(a)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, a)
			continue
		}
		in, err := filepath.Glob(filepath.Join(a, "*.pdf"))
		if err != nil {
			return nil, err
		}
		files = append(files, in...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no PDF files in %s", strings.Join(args, ", "))
	}
	return files, nil
}

// result is the comparison of a file.
type result struct {
	pages        []float64 // the difference of each page
	ours, theirs time.Duration
	err          error
}

func compare(ctx context.Context, engine *pdf.Engine, path string) (r result) {
	f, err := os.Open(path)
	if err != nil {
		return result{err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return result{err: err}
	}
	doc, err := engine.Open(ctx, f, info.Size(), "")
	if err != nil {
		return result{err: err}
	}
	defer doc.Close()
	for i, size := range doc.Pages()[:min(doc.Count(), maxPages)] {
		height := max(2, int(width*size.Height/size.Width/2+0.5)*2)
		start := time.Now()
		img, err := doc.Draw(ctx, i+1, width, height)
		if err != nil {
			return result{err: err}
		}
		r.ours += time.Since(start)
		start = time.Now()
		grey, err := poppler(ctx, path, i+1, height)
		if err != nil {
			return result{err: fmt.Errorf("pdftoppm: %w", err)}
		}
		r.theirs += time.Since(start)
		r.pages = append(r.pages, difference(img, grey))
	}
	return r
}

// poppler draws a page as grey pixels.
func poppler(ctx context.Context, path string, page, height int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	n, head := strconv.Itoa(page), fmt.Appendf(nil, "P5\n%d %d\n255\n", width, height)
	for _, size := range [][2]int{{width, height}, {height, width}} { // it mixes up the sides of some rotated pages
		out, err := proc.Output(ctx, proc.Command{Path: "pdftoppm", Args: []string{"-q", "-cropbox", "-gray", "-f", n, "-l",
			n, "-scale-to-x", strconv.Itoa(size[0]), "-scale-to-y", strconv.Itoa(size[1]), path}})
		if err != nil {
			return nil, err
		}
		if pixels, ok := bytes.CutPrefix(out, head); ok && len(pixels) == width*height {
			return pixels, nil
		}
	}
	return nil, fmt.Errorf("the picture of page %d is not %d by %d grey pixels", page, width, height)
}

// difference is the mean absolute difference of the pixels of two pictures of the same size.
func difference(img *image.RGBA, grey []byte) float64 {
	sum := 0.0
	for i, g := range grey {
		p := img.Pix[4*i:]
		ours := 0.299*float64(p[0]) + 0.587*float64(p[1]) + 0.114*float64(p[2])
		sum += max(ours-float64(g), float64(g)-ours)
	}
	return sum / float64(len(grey))
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
