package config

import (
	"strings"
	"testing"
)

// http.base_url must have no user name, query or fragment, and http.hosts no "*". The message does not repeat a
// password.
func TestInvalidAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"LECTERN_HTTP_BASE_URL=https://user:hunter2@example.com", "http.base_url"},
		{"LECTERN_HTTP_BASE_URL=https://example.com/a?b=c", "http.base_url"},
		{"LECTERN_HTTP_BASE_URL=https://example.com/#top", "http.base_url"}, {"LECTERN_HTTP_HOSTS=*", "http.hosts"},
		{"LECTERN_HTTP_HOSTS=*.example.com", "http.hosts"},
	} {
		_, _, err := Load(Source{Environ: []string{c[0]}})
		if err == nil || !strings.Contains(err.Error(), c[1]) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", c[0], err)
		}
	}
	if _, _, err := Load(Source{Environ: []string{"LECTERN_HTTP_BASE_URL=https://example.com/lectern/",
		"LECTERN_HTTP_HOSTS=a.example.com, ::1"}}); err != nil {
		t.Error(err)
	}
}
