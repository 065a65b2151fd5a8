package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"aixmend/cmd/aixmend/simulated"
)

// TestNoNoticeSecretAnywhere: the URL of a chat and the token of a hook are planted
// and looked for everywhere, when they are taken and when they are refused.
func TestNoNoticeSecretAnywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secrets := planted{"URL": "s3cret-of-the-url", "token": "t0ken-of-the-hook", "query": "s3cret-of-the-query"}
	hosts, err := namedHosts([]string{"healthy", "daemon-down"})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	var calls, tokens atomic.Int32
	code := http.StatusOK
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header.Get("Authorization") == "Bearer "+secrets["token"] {
			tokens.Add(1)
		}
		text, _ := io.ReadAll(r.Body)
		secrets.in(t, "what the hook is told", string(text))
		w.WriteHeader(code)
		_, _ = fmt.Fprintln(w, secrets["URL"], secrets["token"])
	}))
	defer hook.Close()
	url := hook.URL + "/services/" + secrets["URL"] + "?key=" + secrets["query"]
	env := []string{"AIXMEND_NOTIFY_TOKEN=" + secrets["token"], "AIXMEND_NOTIFY=" + url, "CHAT=slack:" + url, "GONE=https://127.0.0.1:1/" + secrets["URL"], "PLAIN=" + url,
		"BAD=https://user:" + secrets["URL"] + "@example.com/"}
	for _, c := range []struct {
		verb         []string
		code, answer int
		calls        int32
		says         string
	}{
		{[]string{"audit"}, 3, 200, 1, "notifications sent: 1 of 1"},
		{[]string{"plan", "--notify", "env:CHAT", "--notify", "env:PLAIN"}, 3, 200, 2, "notifications sent: 2 of 2"},
		{[]string{"capture", "--notify", "env:CHAT", "--notify", "env:GONE"}, 0, 400, 1, "it answered 400 Bad Request"},
		{[]string{"recover", "--yes", "--set=settle=60ms", "--set=wait=600ms"}, 0, 404, 1, "warning: " + hook.URL + " could not be notified"},
		{[]string{"audit", "--notify", "env:BAD"}, 2, 200, 0, "must not hold a login"},
		{[]string{"audit", "--help"}, 0, 200, 0, "--notify-on"},
	} {
		code = c.answer
		calls.Store(0)
		got := call(t, env, append(c.verb, "-i", dir+"/inventory.yaml", "--state", dir+"/state", "-vv", "--notify-on", "always")...)
		if got.code != c.code || !strings.Contains(got.out+got.err, c.says) || calls.Load() != c.calls {
			t.Errorf("%q: exit code %d, %d calls, and it does not say %q:\n%s%s", c.verb, got.code, calls.Load(), c.says, got.out, got.err)
		}
		secrets.in(t, fmt.Sprintf("the output of %q", c.verb), got.out+got.err)
	}
	if tokens.Load() != 3 { // not to the chat
		t.Errorf("the token was sent %d times", tokens.Load())
	}
	files := everyFile(t, dir+"/state")
	if len(files) < 20 {
		t.Errorf("only %d files", len(files))
	}
	for path, text := range files {
		secrets.in(t, path, text)
		if strings.Contains(text, hook.URL) {
			t.Errorf("%s names the hook", path)
		}
	}
}

// TestNoticeHoldsNoRunUp: a hook that hangs is left at the first signal, the exit
// code is the run's, and no lock is held meanwhile.
func TestNoticeHoldsNoRunUp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hosts, err := namedHosts([]string{"healthy"})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	asked := make(chan struct{}, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else it is not seen that the other end is gone
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer hook.Close()
	ctx, stop := context.WithTimeout(t.Context(), killLong)
	defer stop()
	walk := []string{"-i", dir + "/inventory.yaml", "--state", dir + "/state"}
	var out, errs strings.Builder
	c := exec.CommandContext(ctx, program(t), append([]string{"recover", "--yes", "--notify-on=always", "--notify=" + hook.URL}, walk...)...)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-ctx.Done():
		t.Fatal("the hook was not asked")
	}
	if _, err := os.Stat(filepath.Join(dir, "state/runs/latest/run.json")); err != nil {
		t.Errorf("run.json does not stand yet: %v", err)
	}
	if got := call(t, nil, append([]string{"recover", "--yes"}, walk...)...); got.code != 0 {
		t.Errorf("beside it: exit code %d\n%s", got.code, got.err)
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if c.ProcessState.ExitCode() != 0 || !strings.Contains(errs.String(), "could not be notified: interrupted") || !strings.Contains(out.String(), "1 healthy") {
		t.Errorf("exit code %d\n%s%s", c.ProcessState.ExitCode(), out.String(), errs.String())
	}
}
