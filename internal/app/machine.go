package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lectern"
	parsers "lectern/internal/deck/all"
	"lectern/internal/ffmpeg"
	"lectern/internal/office"
	"lectern/internal/tts"
)

// machine returns what the parsers of decks use of this machine. It starts nothing.
func machine(o *office.Converter, f *FFmpeg) parsers.Machine {
	m := &modernizer{office: o, places: make(chan struct{}, maxOld)}
	return parsers.Machine{Modern: m.convert, Fonts: fontsOf(&office.Typefaces{}), Recognise: tts.Certain,
		Sound: filmSound(f)}
}

// demuxers are ffmpeg's readers of films, by the endings of their names. ffmpeg does not guess: a playlist that is
// named like a film would load other files.
var demuxers = map[string]string{".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".3gp": "mov", ".wmv": "asf",
	".asf": "asf", ".wma": "asf", ".avi": "avi", ".mpg": "mpeg", ".mpeg": "mpeg", ".mkv": "matroska", ".webm": "matroska"}

// The bounds of the sound of a film.
const (
	longestFilm = 4 * time.Hour
	filmMemory  = 2 << 30
)

// filmSound returns what decodes the sounds of films. The result has no name in the file system.
func filmSound(f *FFmpeg) func(context.Context, io.Reader, string) (io.ReaderAt, int64, error) {
	return func(ctx context.Context, film io.Reader, ending string) (io.ReaderAt, int64, error) {
		tool, err := f.Find()
		if err != nil {
			return nil, 0, err
		}
		return throughFiles(film, "film"+ending, "sound.flac", func(in, out string) error {
			args := []string{"-threads", "1", "-protocol_whitelist", "file", "-f", demuxers[ending], "-i", "file:" + in,
				"-map", "0:a:0", "-vn", "-t", fmt.Sprint(longestFilm.Seconds()), "-map_metadata", "-1", "-c:a", "flac",
				"-sample_fmt", "s16", "-bitexact", "-f", "flac", "file:" + out}
			return tool.Run(ctx, ffmpeg.Run{Args: args, Memory: filmMemory, What: "ffmpeg could not read a film"})
		})
	}
}

// throughFiles writes a file for a program and returns the file that the program makes of it. That has no name in the
// file system any more, and is closed when nobody refers to it.
func throughFiles(r io.Reader, inName, outName string, run func(in, out string) error) (io.ReaderAt, int64, error) {
	dir, err := os.MkdirTemp("", "lectern-import-")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, inName), filepath.Join(dir, outName)
	f, err := os.Create(in)
	if err != nil {
		return nil, 0, err
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, 0, err
	}
	if err := run(in, out); err != nil {
		return nil, 0, err
	}
	made, err := os.Open(out)
	if err != nil {
		return nil, 0, err
	}
	info, err := made.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, made.Close())
	}
	return made, info.Size(), nil
}

// fontsOf returns what finds the fonts of office files on this machine.
func fontsOf(t *office.Typefaces) func(context.Context, []string) (map[string]parsers.Font, error) {
	return func(ctx context.Context, names []string) (map[string]parsers.Font, error) {
		found, err := t.Of(ctx, names)
		if err != nil {
			return nil, err
		}
		fonts := make(map[string]parsers.Font, len(found))
		for name, f := range found {
			fonts[name] = parsers.Font(f)
		}
		return fonts, nil
	}
}

// maxOld is how many old PowerPoint files are converted or wait for it at once.
const maxOld = 16

// modernizer turns PowerPoint files of the format before 2007 into PPTX.
type modernizer struct {
	office *office.Converter
	places chan struct{}
}

// convert returns the PPTX of an old PowerPoint file.
func (m *modernizer) convert(ctx context.Context, r io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	select {
	case m.places <- struct{}{}:
		defer func() { <-m.places }()
	default:
		f := lectern.Fail(lectern.CodeOverloaded, "%d PowerPoint files of the format before 2007 (.ppt) are being converted "+
			"already. Try again in a minute, or save the deck as .pptx, which needs no conversion.", maxOld)
		f.Retryable = true
		return nil, 0, f
	}
	return throughFiles(io.NewSectionReader(r, 0, size), "deck.ppt", "deck.pptx", func(in, out string) error {
		return m.office.ToPPTX(ctx, in, out)
	})
}
