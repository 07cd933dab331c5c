package blob

import (
	"os"
	"testing"
	"time"
)

// Two processes share a folder: the files of one count for the other, and neither evicts files that the other holds,
// whether it exceeds the limit or is out of space.
func TestNeitherOfTwoProcessesEvictsWhatTheOtherHolds(t *testing.T) {
	t.Parallel()
	clk := newClock()
	o := CacheOptions{Dir: t.TempDir(), Limit: 1000, MinAge: time.Hour, Now: clk.now}
	ours, theirs := cache(t, o), cache(t, o)
	h := theirs.Hold()
	defer h.Release()
	if _, err := h.Put(key(0), bytesOf(400)); err != nil {
		t.Fatal(err)
	}
	put(t, theirs, key(1), 400)
	there := func(n int) bool {
		_, err := os.Stat(ours.file(key(n)))
		return err == nil
	}
	clk.pass(100 * time.Minute) // the run with the Hold makes no file in this time
	put(t, ours, key(2), 400)   // with the files of the other process, more than the limit
	if !there(0) || there(1) || !there(2) {
		t.Errorf("held by the other: %v, used by nobody: %v, new: %v", there(0), there(1), there(2))
	}
	ours.MakeRoom()
	if !there(0) {
		t.Error("MakeRoom removed a file that the other process holds")
	}
}
