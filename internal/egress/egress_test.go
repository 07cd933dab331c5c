package egress

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
)

// The tests of package fetch check the list of notations and networks; these check the rest of this package.

func TestZeroPolicyReachesThePublicInternetAlone(t *testing.T) {
	t.Parallel()
	for address, allowed := range map[string]bool{
		"https://example.com/hook":              true,
		"http://93.184.215.14:8080/":            true,
		"http://127.0.0.1/":                     false,
		"http://2130706433/":                    false,
		"http://[::ffff:169.254.169.254]/":      false,
		"http://localhost:9000/":                false,
		"http://metadata.google.internal/":      false,
		"http://user:secret@example.com/":       false,
		"ftp://example.com/":                    false,
		"https://example.com:99999/":            false,
		"https://exa mple.com/":                 false,
		"https://[64:ff9b::7f00:1]/nat64":       false,
		"https://[2002:c0a8:0101::1]/sixtofour": false,
	} {
		if _, r := (Policy{}).Judge(address); (r == nil) != allowed {
			t.Errorf("%s: %v", address, r)
		}
	}
	if _, r := Everywhere().Judge("http://127.0.0.1/"); r != nil {
		t.Errorf("the operator's own policy refuses this machine: %v", r)
	}
}

// The dialer checks the address that it dials, for any name.
func TestControlStopsTheConnection(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	u, _ := url.Parse(s.URL)
	if err := (Policy{}).Control(t.Context(), "tcp4", u.Host, nil); err == nil {
		t.Error("a connection to this machine was allowed")
	}
	if err := Everywhere().Control(t.Context(), "tcp4", u.Host, nil); err != nil {
		t.Error(err)
	}
	if err := Everywhere().Control(t.Context(), "unix", "/run/x.sock", nil); err == nil {
		t.Error("a socket of this machine was allowed")
	}
}

func FuzzJudge(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1/", "http://0x7f.1", "https://[::ffff:1.2.3.4]:80/a?b#c",
		"http://1.2.3.4.5", "http://user@h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, r := Policy{}.Judge(s)
		if r != nil {
			if r.Why == "" {
				t.Error("refused without a reason")
			}
			return
		}
		if ip, ok := literal(u.Hostname()); ok && (Policy{}).JudgeIP(ip) != nil || u.User != nil {
			t.Errorf("%q passed", s)
		}
		if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsLoopback() {
			t.Errorf("%q passed", s)
		}
	})
}
