package exec

import (
	"aixmend/transport"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file that the login can't see may exist: it does not count as missing, and the tool
// is asked.
func TestAbsenceNotVisibleToTheLogin(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"open": 0o755, "shut": 0} {
		if err := os.Mkdir(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	script := "cd /; " + (&tool{silent: []string{"tell"}}).functions() + `
tell() { printf 'asked for %s\n' "${1##*/}"; return 1; }
for c in open/a open/b/c shut/a shut/b/c; do aixmend_root "` + dir + `/$c" 2>/dev/null || printf '%s\n' "$c: $?"; done
aixmend_root relative; aixmend_root ''`
	cmd := exec.Command("/bin/sh", "-c", script)
	if os.Geteuid() == 0 { // root sees everything
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	cmd.Dir = "/"
	out, _ := cmd.Output()
	want := "open/a: 127\nopen/b/c: 127\nasked for a\nshut/a: 1\nasked for c\nshut/b/c: 1\nasked for relative\nasked for \n"
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestChecksAreBounded(t *testing.T) {
	var commands []transport.Command
	for i := range 2 * maxChecks {
		commands = append(commands, command(fmt.Sprintf("/usr/bin/p%d", i)))
	}
	sudo, _ := toolOf(transport.Target{Become: transport.BecomeSudo})
	if text, paths := sudo.checks(commands, &Texts{}, nil); strings.Count(text, "\n") != maxChecks || len(paths) != maxChecks {
		t.Errorf("%d checks, want %d", len(paths), maxChecks)
	}
	if text, _ := (&tool{}).checks(append(commands, command("/usr/bin/id -u")), &Texts{}, nil); text != "aixmend_may /usr/bin/id -u\n" {
		t.Errorf("a tool that can't be asked is asked:\n%s", text)
	}
}

// The texts of probes are split once for all hosts; those of steps, which
// differ from host to host, are not kept.
func TestTextsOfProbesAreKept(t *testing.T) {
	texts := &Texts{}
	for range 3 {
		texts.of(command("/usr/bin/id"))
		texts.of(transport.Command{Line: "/usr/bin/env", Mutating: true})
	}
	if _, known := texts.known["/usr/bin/id"]; !known || len(texts.known) != 1 {
		t.Errorf("%d texts are kept", len(texts.known))
	}
	for i := range 2 * maxTexts {
		texts.of(command(fmt.Sprint("/usr/bin/id ", i)))
	}
	if len(texts.known) != maxTexts {
		t.Errorf("%d texts are kept, want %d", len(texts.known), maxTexts)
	}
}

// command is a read-only command.
func command(line string) transport.Command { return transport.Command{ID: "p", Line: line} }
