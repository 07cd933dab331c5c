package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Default()
	if s, err := c.ReadSecrets(nil); err != nil || s != (Secrets{}) {
		t.Errorf("out of nothing come secrets (%v)", err)
	}
	c.Elai.TokenFile = file
	if s, err := c.ReadSecrets([]string{"LECTERN_ELAI_WEBHOOK_SECRET=w"}); err != nil || s.ElaiToken != "from-a-file" || s.ElaiWebhook != "w" {
		t.Errorf("the file is not read (%v)", err)
	}
	s, err := c.ReadSecrets([]string{"ELAI_API_TOKEN=from-a-variable"})
	if err != nil || s.ElaiToken != "from-a-variable" {
		t.Errorf("the variable does not go first (%v)", err)
	}
	if shown := fmt.Sprintf("%v %+v %#v %s %v", s, s, s, s, c.Show()); strings.Contains(shown, "from-a-variable") {
		t.Errorf("a secret is shown: %s", shown)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadSecrets(nil); err == nil || !strings.Contains(err.Error(), "chmod 600") || strings.Contains(err.Error(), "from-a-file") {
		t.Errorf("a file that others may read gives %v", err)
	}
	if _, err := c.ReadSecrets([]string{"ELAI_API_TOKEN=two words"}); err == nil || strings.Contains(err.Error(), "two words") {
		t.Errorf("a token of two words gives %v", err)
	}
}

func TestTheWebhooksSecretIsNoMisspeltSetting(t *testing.T) {
	t.Parallel()
	if _, said, err := Load(Source{Environ: []string{ElaiWebhookVariable + "=x"}}); err != nil || len(said) > 0 {
		t.Errorf("%v %v", said, err)
	}
}
