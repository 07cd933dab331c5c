package app

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/ffmpeg"
	"lectern/internal/media"
)

// The sound of a film is its first sound, whole. A file that is no film, but named like one, is not read as anything
// else.
func TestTheSoundOfAFilm(t *testing.T) {
	t.Parallel()
	f := newFFmpeg(config.Default(), slog.New(slog.DiscardHandler))
	tool, err := f.Find()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for ending, codec := range map[string]string{".mp4": "aac", ".wma": "wmav2"} {
		path := filepath.Join(dir, "film"+ending)
		args := []string{"-f", "lavfi", "-i", "sine=d=1.5:r=44100"}
		if ending == ".mp4" {
			args = append(args, "-f", "lavfi", "-i", "color=s=64x64:d=1.5:r=10", "-c:v", "mpeg4")
		}
		if err := tool.Run(t.Context(), ffmpeg.Run{Args: append(args, "-c:a", codec, "file:"+path)}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sound, size, err := filmSound(f)(t.Context(), bytes.NewReader(b), ending)
		if err != nil {
			t.Fatal(err)
		}
		info, err := media.Inspect(sound, size, nil, media.Limits{})
		off := (info.Duration - 1500*time.Millisecond).Abs()
		if err != nil || info.Kind != lectern.AssetSound || off > 60*time.Millisecond {
			t.Errorf("%s: %+v, %v", ending, info, err)
		}
	}
	playlist := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + filepath.Join(dir, "film.mp4") + "\n#EXT-X-ENDLIST\n"
	if _, _, err := filmSound(f)(t.Context(), strings.NewReader(playlist), ".mp4"); err == nil {
		t.Error("a playlist is read as a film")
	}
}

func TestOldFilesBeyondTheBoundAreRefused(t *testing.T) {
	t.Parallel()
	m := &modernizer{} // it has no place
	_, _, err := m.convert(t.Context(), strings.NewReader("x"), 1)
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || f.Code != lectern.CodeOverloaded || !f.Retryable {
		t.Errorf("%v", err)
	}
}

// What a program makes of a file can be read after its folder is gone, and nothing is left if it fails.
func TestFilesForProgramsAreTemporary(t *testing.T) {
	t.Parallel()
	dir := ""
	made, size, err := throughFiles(strings.NewReader("in"), "a", "b", func(in, out string) error {
		dir = filepath.Dir(in)
		b, err := os.ReadFile(in)
		return errors.Join(err, os.WriteFile(out, append(b, " and out"...), 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(io.NewSectionReader(made, 0, size)); err != nil || string(b) != "in and out" {
		t.Errorf("%q %v", b, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	failed := errors.New("the program failed")
	_, _, err = throughFiles(strings.NewReader("in"), "a", "b", func(in, _ string) error {
		dir = filepath.Dir(in)
		return failed
	})
	if _, left := os.Stat(dir); !errors.Is(err, failed) || !errors.Is(left, os.ErrNotExist) {
		t.Errorf("%v; the folder is left: %v", err, left)
	}
}
