//go:build unix

package hostkeys

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ownership"
)

// In a folder like /tmp others can put a link, a file or a lock where known_hosts is to
// be stored: nothing is read, written or made there.
func TestStoreBesideStrangers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	const stranger = 4711
	link := func(target string) func(string) error {
		return func(at string) error { return os.Symlink(target, at) }
	}
	file := func(at string) error { return os.WriteFile(at, []byte("aix9 ssh-ed25519 AAAA\n"), 0o666) }
	for name, c := range map[string]struct {
		at      string
		plant   func(at string) error
		refused bool // before the keys are fetched, too
	}{
		"a link":                    {"known_hosts", link("../victim/known_hosts"), true},
		"a link to nothing":         {"known_hosts", link("../victim/new"), true},
		"a file":                    {"known_hosts", file, true},
		"a pipe":                    {"known_hosts", func(at string) error { return exec.Command("mkfifo", at).Run() }, true},
		"a lock":                    {".known_hosts.lock", file, false},
		"a lock that is a link":     {".known_hosts.lock", link("../victim/known_hosts"), false},
		"a lock to make a file by":  {".known_hosts.lock", link("../victim/new"), false},
		"a lock that never answers": {".known_hosts.lock", func(at string) error { return exec.Command("mkfifo", at).Run() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			shared, victim := filepath.Join(top, "shared"), filepath.Join(top, "victim")
			at := filepath.Join(shared, c.at)
			err := errors.Join(os.Mkdir(victim, 0o700), os.WriteFile(filepath.Join(victim, "known_hosts"), []byte("aix8 ssh-ed25519 AAAA\n"), 0o600),
				os.Mkdir(shared, 0o700), os.Chmod(shared, 0o777|os.ModeSticky), c.plant(at), os.Lchown(at, stranger, stranger))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(shared, "known_hosts")
			var fault *ownership.Fault
			if _, err := new(KnownHosts).StorePath(transport.Target{KnownHosts: path}); errors.As(err, &fault) != c.refused {
				t.Errorf("StorePath: %v", err)
			}
			if _, err := new(KnownHosts).Store(t.Context(), path, []Edit{{Name: "aix1", Keys: []ssh.PublicKey{edKey(t, 1)}}}); err == nil {
				t.Error("stored")
			}
			entries, err := os.ReadDir(victim)
			if err != nil || len(entries) != 1 || readFile(t, filepath.Join(victim, "known_hosts")) != "aix8 ssh-ed25519 AAAA\n" {
				t.Errorf("the victim has %v, %v", entries, err)
			}
			if entries, err := os.ReadDir(shared); err != nil || len(entries) > 2 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}
