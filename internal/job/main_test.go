package job_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Every test stops what it started: nothing of the service, the queue or the store is left at the end.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(dir)
		return
	}
	goleak.VerifyTestMain(m)
}
