package app

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lectern/internal/asset"
	"lectern/internal/config"
)

// A check learns the length of a recording from its header. What is not a sound has none.
func TestTheLengthOfASoundIsInItsHeader(t *testing.T) {
	t.Parallel()
	tools, err := NewTools(config.Default(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer tools.Close()
	const rate, seconds = 8000, 3
	wav := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	wav = binary.LittleEndian.AppendUint32(wav, rate)
	wav = binary.LittleEndian.AppendUint32(wav, 2*rate)
	wav = append(wav, "\x02\x00\x10\x00data"...)
	wav = binary.LittleEndian.AppendUint32(wav, 2*rate*seconds)
	wav = append(wav, make([]byte, 2*rate*seconds)...)
	binary.LittleEndian.PutUint32(wav[4:], uint32(len(wav)-8))
	at := asset.Local{"sound": filepath.Join(t.TempDir(), "a.wav"), "text": filepath.Join(t.TempDir(), "a.md")}
	for name, content := range map[string][]byte{"sound": wav, "text": []byte("# A text\n")} {
		if err := os.WriteFile(at[name], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := sounds{at, tools}
	if long, err := s.Length(t.Context(), "sound"); err != nil || long != seconds*time.Second {
		t.Errorf("a sound: %s, %v", long, err)
	}
	if long, err := s.Length(t.Context(), "text"); err != nil || long != 0 {
		t.Errorf("a text: %s, %v", long, err)
	}
	if _, err := s.Length(t.Context(), "missing"); err == nil {
		t.Error("an asset that is not there has a length")
	}
}
