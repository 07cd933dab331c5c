package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// quiet is the Firefox profile with which the browser starts at once and without questions.
const quiet = `user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("media.autoplay.default", 0);
user_pref("security.sandbox.content.level", 0);
`

// firefox returns the path of the program, or "" where none is installed: not every distribution has the package.
func firefox() string {
	for _, name := range []string{"firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// inFirefox is inChromium for Firefox. No protocol controls it: its page sends the promise's result to the test's
// server.
func inFirefox[T any](t *testing.T, s *server, program, script string) T {
	t.Helper()
	target, err := url.Parse(s.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan []byte, 1)
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(target))
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>A page</title><body><script>
			const send = result => fetch('/result', {method: 'POST', body: JSON.stringify(result)});
			(%s).then(value => send({value}), fault => send({fault: String(fault)}));
			</script>`, script)
	})
	mux.HandleFunc("POST /result", func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil {
			select {
			case result <- body:
			default:
			}
		}
	})
	front := httptest.NewServer(mux)
	defer front.Close()

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "user.js"), []byte(quiet), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-remote", "--profile", dir, front.URL+"/page")
	cmd.Env = append(os.Environ(), "HOME="+dir, "MOZ_CRASHREPORTER_DISABLE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var answer struct {
		Value T
		Fault string
	}
	select {
	case body := <-result:
		err = json.Unmarshal(body, &answer)
	case err = <-ended:
		t.Fatalf("Firefox ended: %v", err)
	case <-patient(t).Done():
		err = fmt.Errorf("the page sent no result")
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	<-ended
	if err != nil || answer.Fault != "" {
		t.Fatalf("Firefox: %v %s", err, answer.Fault)
	}
	return answer.Value
}
