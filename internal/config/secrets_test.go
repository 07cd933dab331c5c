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
		t.Errorf("there are secrets without variables and files (%v)", err)
	}
	c.Elai.TokenFile = file
	if s, err := c.ReadSecrets([]string{"LECTERN_ELAI_WEBHOOK_SECRET=w"}); err != nil || s.ElaiToken != "from-a-file" ||
		s.ElaiWebhook != "w" {
		t.Errorf("the file is not read (%v)", err)
	}
	s, err := c.ReadSecrets([]string{"ELAI_API_TOKEN=from-a-variable"})
	if err != nil || s.ElaiToken != "from-a-variable" {
		t.Errorf("the variable does not override the file (%v)", err)
	}
	if shown := fmt.Sprintf("%v %+v %#v %s %v", s, s, s, s, c.Show()); strings.Contains(shown, "from-a-variable") {
		t.Errorf("a secret is shown: %s", shown)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ReadSecrets(nil); err == nil || !strings.Contains(err.Error(), "chmod 600") ||
		strings.Contains(err.Error(), "from-a-file") {
		t.Errorf("a file that other users can read gives %v", err)
	}
	if _, err := c.ReadSecrets([]string{"ELAI_API_TOKEN=two words"}); err == nil ||
		strings.Contains(err.Error(), "two words") {
		t.Errorf("a token of two words gives %v", err)
	}
}

func TestTheWebhookSecretIsNotReportedAsMisspelt(t *testing.T) {
	t.Parallel()
	if _, said, err := Load(Source{Environ: []string{ElaiWebhookVariable + "=x"}}); err != nil || len(said) > 0 {
		t.Errorf("%v %v", said, err)
	}
}

// LECTERN_API_KEY must be long enough, and is never printed.
func TestTheKeyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	const key = "0123456789abcdef0123456789abcdef"
	c := Default()
	if s, err := c.ReadSecrets([]string{"LECTERN_API_KEY= " + key + "\n"}); err != nil || s.APIKey != key ||
		strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), key) {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{"short", key[:31], key + " " + key, key + "é", strings.Repeat(key, 9)} {
		_, err := c.ReadSecrets([]string{"LECTERN_API_KEY=" + bad})
		if err == nil || strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), "openssl rand -hex 32") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// The warning about a variable that lacks the first word of a setting names the setting. The program's own variables
// get no warning.
func TestVariablesThatLackAWord(t *testing.T) {
	t.Parallel()
	meant := map[string]string{
		"LECTERN_ORIGINS": "LECTERN_HTTP_ORIGINS", "LECTERN_HOSTS": "LECTERN_HTTP_HOSTS",
		"LECTERN_BASE_URL": "LECTERN_HTTP_BASE_URL",
		"LECTERN_ADDRESS":  "LECTERN_ADDR", "LECTERN_DATABASE_URL": "LECTERN_DB", "LECTERN_DATA_DIR": "LECTERN_DATA",
		"LECTERN_PORT":    "",
		"LECTERN_API_KEY": "", "LECTERN_KEY": "", "LECTERN_SERVER": "", "LECTERN_CONFIG": "", "LECTERN_WEBHOOK_SECRET": "",
		"LECTERN_SECRET_KEY":          "",
		"LECTERN_ELAI_WEBHOOK_SECRET": "", "LECTERN_SECRET_KEYS": "LECTERN_SECRET_KEY", "LECTERN_API_KEYS": "LECTERN_API_KEY",
	}
	for _, s := range Settings() {
		for _, name := range s.Variables() {
			meant[name] = ""
		}
	}
	for name, want := range meant {
		said := misspelt([]string{name + "=x"})
		if want == "" && len(said) > 0 || want != "" && (len(said) != 1 ||
			!strings.Contains(said[0], "did you mean "+want+"?")) {
			t.Errorf("%s: %q", name, said)
		}
	}
}
