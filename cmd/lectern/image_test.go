package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"lectern/internal/config"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// known reports whether the program reads a variable.
func known(name string) bool {
	secret := []string{"LECTERN_API_KEY", "LECTERN_SECRET_KEY", config.ElaiTokenVariable}
	return slices.Contains(secret, name) || slices.ContainsFunc(config.Keys(), func(key string) bool {
		return "LECTERN_"+strings.ToUpper(strings.ReplaceAll(key, ".", "_")) == name
	})
}

// M10: Docker can read the profile: every rule has an action, and no name has two rules without arguments. It allows
// what Chromium's sandbox needs, and nothing that containers must not do.
func TestM10SeccompProfile(t *testing.T) {
	t.Parallel()
	type rule struct {
		Names    []string `json:"names"`
		Action   string   `json:"action"`
		ErrnoRet *int     `json:"errnoRet"`
		Comment  string   `json:"comment"`
		Args     []struct {
			Index int    `json:"index"`
			Value uint64 `json:"value"`
			Op    string `json:"op"`
		} `json:"args"`
	}
	var p struct {
		DefaultAction   string `json:"defaultAction"`
		DefaultErrnoRet int    `json:"defaultErrnoRet"`
		ArchMap         []struct {
			Architecture     string   `json:"architecture"`
			SubArchitectures []string `json:"subArchitectures"`
		} `json:"archMap"`
		Syscalls []rule `json:"syscalls"`
	}
	d := json.NewDecoder(strings.NewReader(read(t, "../../deploy/seccomp.json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatal(err)
	}
	if p.DefaultAction != "SCMP_ACT_ERRNO" || p.DefaultErrnoRet != 1 || len(p.ArchMap) != 2 {
		t.Errorf("the defaults are %s, %d and %v", p.DefaultAction, p.DefaultErrnoRet, p.ArchMap)
	}
	free := map[string]bool{} // allowed whatever its arguments
	seen := map[string]int{}
	for _, r := range p.Syscalls {
		if r.Comment == "" || len(r.Names) == 0 || r.Action != "SCMP_ACT_ALLOW" && (r.Action != "SCMP_ACT_ERRNO" ||
			r.ErrnoRet == nil) {
			t.Errorf("a rule without purpose or action: %+v", r)
		}
		if !slices.IsSorted(r.Names) {
			t.Errorf("%s: its names are not sorted", r.Comment)
		}
		for _, n := range r.Names {
			if len(r.Args) == 0 {
				seen[n]++
				free[n] = r.Action == "SCMP_ACT_ALLOW"
			}
		}
	}
	for n, times := range seen {
		if times > 1 {
			t.Errorf("%s has %d rules without arguments", n, times)
		}
	}
	for _, n := range []string{"clone", "unshare", "setns", "chroot", "execve", "futex", "mmap", "seccomp", "prctl"} {
		if !free[n] {
			t.Errorf("%s is not allowed", n)
		}
	}
	for _, n := range []string{"mount", "umount2", "pivot_root", "bpf", "ptrace", "keyctl", "add_key", "io_uring_setup",
		"init_module", "reboot",
		"perf_event_open", "userfaultfd", "open_by_handle_at", "process_vm_readv", "clone3", "socket", "personality"} {
		if free[n] {
			t.Errorf("%s is allowed", n)
		}
	}
}

// M10: every service of compose has bounds, a health check and no privilege that it does not need. Those that run
// Lectern have a read-only file system, and the profile that allows Chromium's sandbox.
func TestM10Compose(t *testing.T) {
	t.Parallel()
	text := read(t, "../../deploy/compose.yaml")
	var all struct{ Services map[string]any }
	if err := yaml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	services := all.Services
	for _, name := range []string{"db", "api", "worker"} {
		s, _ := services[name].(map[string]any)
		if s == nil {
			t.Fatalf("there is no service %s", name)
		}
		has := func(key, item string) bool {
			list, _ := s[key].([]any)
			return slices.Contains(list, any(item))
		}
		for _, key := range []string{"mem_limit", "cpus", "pids_limit", "healthcheck", "networks"} {
			if s[key] == nil {
				t.Errorf("%s has no %s", name, key)
			}
		}
		if !has("cap_drop", "ALL") || !has("security_opt", "no-new-privileges:true") {
			t.Errorf("%s keeps capabilities, or can gain privileges", name)
		}
		if name == "db" {
			if s["ports"] != nil {
				t.Error("the database publishes ports")
			}
			continue
		}
		if s["read_only"] != true || s["tmpfs"] == nil || s["cap_add"] != nil ||
			!has("security_opt", "seccomp:seccomp.json") {
			t.Errorf("%s has a writable file system, capabilities, or no seccomp profile: %v", name, s)
		}
		env, _ := s["environment"].(map[string]any)
		if env["LECTERN_API_KEY"] == nil {
			t.Errorf("%s has no key", name)
		}
		for variable := range env {
			if !known(variable) {
				t.Errorf("%s: there is no setting of the name %s", name, variable)
			}
		}
	}
	if ports := services["api"].(map[string]any)["ports"]; !slices.Contains(ports.([]any), any("127.0.0.1:8000:8000")) {
		t.Errorf("other machines can reach the server without a proxy: %v", ports)
	}
}

// M10: the image runs as an unprivileged user, given by number, has a health check, and sets only variables that exist.
func TestM10Dockerfile(t *testing.T) {
	t.Parallel()
	words := map[string][]string{} // of the last stage
	for line := range strings.Lines(strings.ReplaceAll(read(t, "../../Dockerfile"), "\\\n", " ")) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		if f[0] == "FROM" {
			words = map[string][]string{}
		}
		words[f[0]] = append(words[f[0]], f[1:]...)
	}
	if user := strings.Join(words["USER"], " "); user != "10001:10001" {
		t.Errorf("the image runs as %s", user)
	}
	if !slices.Contains(words["ENV"], "LECTERN_ADDR=:8000") || strings.Join(words["EXPOSE"], "") != "8000" {
		t.Errorf("the image has the variables %v and exposes %v", words["ENV"], words["EXPOSE"])
	}
	for _, e := range words["ENV"] {
		if name, _, _ := strings.Cut(e, "="); !known(name) {
			t.Errorf("there is no setting of the name %s", name)
		}
	}
	if check := strings.Join(words["HEALTHCHECK"], " "); !strings.Contains(check, `"doctor", "--ready"`) {
		t.Errorf("health is checked by %s", check)
	}
}
