package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"pgregory.net/rapid"
)

const example = "../../lectern.example.yaml"

func write(t *testing.T, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "lectern.yaml")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExampleFileNamesEverySettingWithItsDefault(t *testing.T) {
	t.Parallel()
	k := koanf.New(".")
	if err := k.Load(file.Provider(example), yaml.Parser()); err != nil {
		t.Fatal(err)
	}
	inFile, inTable := k.Keys(), Keys()
	slices.Sort(inFile)
	sorted := slices.Sorted(slices.Values(inTable))
	if !slices.Equal(inFile, sorted) {
		t.Errorf("lectern.example.yaml and the table of settings disagree:\nfile  %v\ntable %v", inFile, sorted)
	}
	got, _, err := Load(Source{File: example})
	if err != nil {
		t.Fatal(err)
	}
	if got != Default() {
		t.Errorf("the example file gives\n%+v\nbut the defaults are\n%+v", got, Default())
	}
}

// Every setting, given alone, changes exactly one leaf of Config, and every leaf has a setting.
func TestSettingsAndStructAgree(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"addr": "127.0.0.1:1", "data": "d", "log.file": "f", "log.level": "warn", "log.max_size": "2MiB",
		"tools.ffmpeg": "a", "tools.chromium": "b", "tools.flite": "c", "avatar": "gia",
		"cache.limit": "1GiB", "limits.narration": "2KB", "limits.props": "3KB", "limits.body": "4KB",
		"heartbeat.interval": "1s", "lease.timeout": "60s", "cleanup.delay": "1m", "retention": "5m", "limits.hold": "1m",
		"stop.grace": "1s", "elai.poll": "2s", "elai.timeout": "5m", "assets.allow_private": "yes", "compat": "yes",
		"encoder": "software", "webhook.allow_private": "yes",
		"http.keyless": "yes", "http.hosts": "a.example", "http.origins": "https://a.example",
		"http.trusted_proxies": "10.0.0.0/8", "http.base_url": "https://a.example",
		"admin.addr": "127.0.0.1:2", "chromium.sandbox": "off", "chromium.memory": "1GiB", "chromium.page": "20s",
		"subtitles": "yes", "assets.ports": "80",
		"db_session": "postgres://me:hunter2@h/m", "secret_key_file": "k", "limits.duration": "1h", "limits.stored": "1GiB",
		"limits.check": "20s", "limits.ranges": "17",
		"limits.picture_pixels": "5000", "limits.slide_pixels": "6000", "limits.picture_bytes": "2GiB",
		"limits.svg_elements": "700", "limits.json_tokens": "8000",
		"db": "postgres://me:hunter2@h/n", "role": "api", "elai.price": "1.5 EUR", "assets.keep": "2d",
		"limits.upload": "2MiB", "office.program": "libreoffice", "office.timeout": "5m", "office.memory": "8GiB",
		"telemetry.otlp": "http://h:4318",
	}
	// settings that it requires
	needs := map[string]map[string]string{"role": {"db": values["db"]}, "db_session": {"db": values["db"]}}
	touched := map[string]string{}
	for _, s := range Settings() {
		v := values[s.Key]
		if v == "" {
			v = "300"
			if strings.Contains(s.Allowed, "to 256") || strings.Contains(s.Allowed, "to 64") {
				v = "7"
			}
		}
		before, _, err := Load(Source{Flags: needs[s.Key]})
		if err != nil {
			t.Fatal(err)
		}
		flags := map[string]string{s.Key: v}
		maps.Copy(flags, needs[s.Key])
		cfg, _, err := Load(Source{Flags: flags})
		if err != nil {
			t.Errorf("%s=%s: %v", s.Key, v, err)
			continue
		}
		if s.Key == "db" && strings.Contains(fmt.Sprint(cfg.Show()), "hunter2") {
			t.Error("the password of the database is shown")
		}
		diff := differ(reflect.ValueOf(before), reflect.ValueOf(cfg), "Config")
		if len(diff) != 1 {
			t.Errorf("%s changes %v, want exactly one field", s.Key, diff)
			continue
		}
		if other := touched[diff[0]]; other != "" {
			t.Errorf("%s and %s both change %s", s.Key, other, diff[0])
		}
		touched[diff[0]] = s.Key
	}
	for _, leaf := range leaves(reflect.TypeOf(Config{}), "Config") {
		if touched[leaf] == "" {
			t.Errorf("%s has no setting", leaf)
		}
	}
}

func leaves(typ reflect.Type, name string) []string {
	if typ.Kind() != reflect.Struct {
		return []string{name}
	}
	var out []string
	for f := range typ.Fields() {
		out = append(out, leaves(f.Type, name+"."+f.Name)...)
	}
	return out
}

func differ(a, b reflect.Value, name string) []string {
	if a.Kind() != reflect.Struct {
		if a.Equal(b) {
			return nil
		}
		return []string{name}
	}
	var out []string
	for i := range a.NumField() {
		out = append(out, differ(a.Field(i), b.Field(i), name+"."+a.Type().Field(i).Name)...)
	}
	return out
}

func TestFlagOverridesVariableOverridesFile(t *testing.T) {
	t.Parallel()
	src := Source{File: write(t, "cleanup:\n  delay: 1m\nworkers: 3\nencoders: 5\n")}
	load := func() Config {
		t.Helper()
		c, _, err := Load(src)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := load(); c.CleanupWait != time.Minute || c.Workers != 3 || c.Tabs != 2 {
		t.Errorf("file: %+v", c)
	}
	src.Environ = []string{"LECTERN_CLEANUP_DELAY=2m", "LECTERN_WORKERS=4", "HOME=/x"}
	if c := load(); c.CleanupWait != 2*time.Minute || c.Workers != 4 || c.Encoders != 5 {
		t.Errorf("environment: %+v", c)
	}
	src.Flags = map[string]string{"cleanup.delay": "3m"}
	if c := load(); c.CleanupWait != 3*time.Minute || c.Workers != 4 || c.Encoders != 5 {
		t.Errorf("flags: %+v", c)
	}
}

func TestABadSettingNamesKeyPlaceAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	bad := write(t, "workers: many\ncleanup:\n  dellay: 5m\n")
	for name, tc := range map[string]struct {
		src  Source
		want []string
	}{
		"wrong type in the file, and a misspelt key": {Source{File: bad}, []string{"workers", bad, `"many"`, "1 to 256",
			"cleanup.dellay", "is wrong: there is no such setting; did you mean cleanup.delay?"}},
		"variable": {Source{Environ: []string{"LECTERN_RETENTION=forever"}},
			[]string{"retention", "LECTERN_RETENTION", `"forever"`, "7d"}},
		"flag": {Source{Flags: map[string]string{"addr": "8000"}},
			[]string{"addr", "--addr", `"8000"`, "host:port"}},
		"out of range": {Source{Flags: map[string]string{"limits.slides": "0"}},
			[]string{"limits.slides", "--limits-slides", "1 to 100000"}},
		"negative size": {Source{Flags: map[string]string{"cache.limit": "-1GB"}},
			[]string{"cache.limit", "-1GB", "10GiB"}},
		"two settings contradict": {Source{Flags: map[string]string{"lease.timeout": "5s"}},
			[]string{"lease.timeout", "two heartbeats"}},
		"no such file": {Source{File: "/nowhere/lectern.yaml"}, []string{"/nowhere/lectern.yaml", "no such file",
			"--config"}},
		"not YAML":            {Source{File: write(t, "a: [b")}, []string{"lectern.yaml", "lectern.example.yaml"}},
		"a list for a number": {Source{File: write(t, "workers: [1, 2]\n")}, []string{"workers", "whole number"}},
		"an unknown flag key": {Source{Flags: map[string]string{"zzzzzz": "1"}},
			[]string{"zzzzzz", "no such setting", "one of addr"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Load(tc.src)
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("got %v, want an *Error", err)
			}
			for _, w := range tc.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
		})
	}
}

func TestMisspeltVariablesAreReportedAndForeignOnesAreNot(t *testing.T) {
	t.Parallel()
	_, said, err := Load(Source{Environ: []string{"LECTERN_WORKER=3", "LECTERN_PORT_8000_TCP_PROTO=tcp"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "LECTERN_WORKER ") || !strings.Contains(said[0], "LECTERN_WORKERS?") {
		t.Errorf("got %q", said)
	}
}

// Suggestions compare names without the common prefix, and find a variable whose first word was left out.
func TestSuggestedVariablesAreSensible(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"LECTERN_ORIGINS": "LECTERN_HTTP_ORIGINS", "LECTERN_ORIGIN": "LECTERN_HTTP_ORIGINS",
		"LECTERN_HOSTS":   "LECTERN_HTTP_HOSTS",
		"LECTERN_SANDBOX": "LECTERN_CHROMIUM_SANDBOX", "LECTERN_LEVEL": "LECTERN_LOG_LEVEL",
		"LECTERN_JSON_TOKENS": "LECTERN_LIMITS_JSON_TOKENS",
		"LECTERN_WORKRS":      "LECTERN_WORKERS", "LECTERN_LIMIT_BODY": "LECTERN_LIMITS_BODY", "LECTERN_DATADIR": "",
		"LECTERN_PORT": "", "LECTERN_SERVICE_HOST": "", "LECTERN_SERVER": "", "LECTERN_CONFIG": "", "LECTERN_HOME": "",
	} {
		_, said, err := Load(Source{Environ: []string{name + "=1"}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(said) > 0 {
			got = said[0]
		}
		if want == "" && got != "" || want != "" && !strings.Contains(got, "did you mean "+want+"?") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// LECTERN_FFMPEG and LECTERN_CHROME, which the packages of these tools read too, are variables of settings. If the
// longer name is set too, it counts.
func TestTheToolsShortVariablesAreSettings(t *testing.T) {
	t.Parallel()
	cfg, said, err := Load(Source{Environ: []string{"LECTERN_FFMPEG=/opt/ffmpeg", "LECTERN_CHROME=/opt/chrome",
		"LECTERN_TOOLS_CHROMIUM="}})
	if err != nil || len(said) > 0 {
		t.Fatalf("%v, %q", err, said)
	}
	if cfg.Tools.FFmpeg != "/opt/ffmpeg" || cfg.Tools.Chromium != "/opt/chrome" {
		t.Errorf("got %+v", cfg.Tools)
	}
	for _, environ := range [][]string{
		{"LECTERN_FFMPEG=/short", "LECTERN_TOOLS_FFMPEG=/long"}, {"LECTERN_TOOLS_FFMPEG=/long", "LECTERN_FFMPEG=/short"},
	} {
		if cfg, _, err := Load(Source{Environ: environ}); err != nil || cfg.Tools.FFmpeg != "/long" {
			t.Errorf("%v gives %q, %v", environ, cfg.Tools.FFmpeg, err)
		}
	}
	if _, _, err := Load(Source{Environ: []string{"LECTERN_FFMPEG=a\x00b"}}); err == nil ||
		!strings.Contains(err.Error(), "in LECTERN_FFMPEG") {
		t.Errorf("the fault does not name its place: %v", err)
	}
}

// The settings that Show returns can be loaded, and give the same Config.
func TestShownSettingsCanBeLoaded(t *testing.T) {
	t.Parallel()
	flags := map[string]string{}
	for _, kv := range Default().Show() {
		flags[kv[0]] = kv[1]
	}
	c, _, err := Load(Source{Flags: flags})
	if err != nil || c != Default() {
		t.Errorf("%v\n%+v", err, c)
	}
}

func TestSpansAndSizesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(200*365*day)).Draw(t, "d"))
		if got, err := ParseSpan(FormatSpan(d)); err != nil || got != d {
			t.Fatalf("%s → %q → %s, %v", d, FormatSpan(d), got, err)
		}
		n := rapid.Int64Min(0).Draw(t, "n")
		if got, err := ParseSize(FormatSize(n)); err != nil || got != n {
			t.Fatalf("%d → %q → %d, %v", n, FormatSize(n), got, err)
		}
	})
}

func FuzzUnits(f *testing.F) {
	for _, s := range []string{"7d", "1d12h", "2w3d", "-5m", "", "d", "1.5GiB", "1e999GB", "0x10", "99999999999999TiB",
		"w", "106751d24h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseSpan(s); err == nil && d < 0 {
			t.Errorf("ParseSpan(%q) = %s", s, d)
		}
		if n, err := ParseSize(s); err == nil && n < 0 {
			t.Errorf("ParseSize(%q) = %d", s, n)
		}
	})
}

// A price is an amount and a currency. Anything else is refused.
func TestPrices(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"1.50 EUR": 1_500_000, "2 USD": 2_000_000, " 0.000001 GBP ": 1, "": 0} {
		cfg, _, err := Load(Source{Flags: map[string]string{"elai.price": text}})
		micros, currency := cfg.Elai.Price.Amount()
		if err != nil || micros != want || (currency == "") != (text == "") {
			t.Errorf("%q is %d %s (%v)", text, micros, currency, err)
		}
	}
	for _, text := range []string{"1.5", "EUR", "EUR 1", "-1 EUR", "1.1234567 EUR", "1,50 EUR", "1e3 EUR", "1 eur",
		"1 EURO", "9999999 EUR", ". EUR"} {
		if cfg, _, err := Load(Source{Flags: map[string]string{"elai.price": text}}); err == nil {
			t.Errorf("%q is accepted as %q", text, cfg.Elai.Price)
		}
	}
}
