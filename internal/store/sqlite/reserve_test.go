package sqlite

import (
	"os"
	"testing"
	"time"
)

// J11: the reserve is removed once, so that the end of a run that filled the disk can be stored, and made again when
// there is space.
func TestReserveMakesWayAndComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openReserve(dir)
	size := func() int64 {
		info, err := os.Stat(r.path)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	if size() != reserveSize {
		t.Fatalf("the reserve has %d bytes, not %d", size(), reserveSize)
	}
	if !r.spend() || size() != 0 {
		t.Fatalf("spent, the reserve has %d bytes", size())
	}
	if r.spend() {
		t.Error("the reserve was spent twice")
	}
	if r.restore(); size() != 0 {
		t.Error("the reserve came back at once, into a disk that is full")
	}
	r.next = time.Now().Add(-time.Second)
	if r.restore(); size() != reserveSize {
		t.Errorf("restored, the reserve has %d bytes", size())
	}
	if again := openReserve(dir); again.spent || !again.spend() {
		t.Error("a reserve that is there already is not used")
	}
}
