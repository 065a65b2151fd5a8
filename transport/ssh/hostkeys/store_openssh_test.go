package hostkeys

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// ssh-keygen finds what was stored, in clear and hashed, and nothing of what
// was replaced.
func TestStoredKeysAsSSHKeygen(t *testing.T) {
	for _, name := range []string{"10.1.2.3", "[aix1.example]:2222", "fe80::1"} {
		for _, hash := range []bool{false, true} {
			old := writeFile(t, "known_hosts", fmt.Sprintf("other %s\n%s %s\n", authorized(edKey(t, 1)), name, authorized(edKey(t, 2))))
			if hash {
				keygen(t, filepath.Dir(old), "-H", "-f", old)
				_ = os.Remove(old + ".old")
			}
			key := edKey(t, 3)
			if _, err := new(KnownHosts).Store(t.Context(), old, []Edit{{Name: name, Keys: []ssh.PublicKey{key}, Replace: true, Comment: "aixmend 2026-01-02"}}); err != nil {
				t.Fatal(err)
			}
			found := keygen(t, filepath.Dir(old), "-F", name, "-f", old)
			if !strings.Contains(found, authorized(key)) || strings.Contains(found, authorized(edKey(t, 2))) || strings.Contains(found, name+" ssh-") == hash {
				t.Errorf("%s, hashed %v: found\n%s", name, hash, found)
			}
			if other := keygen(t, filepath.Dir(old), "-F", "other", "-f", old); !strings.Contains(other, authorized(edKey(t, 1))) {
				t.Errorf("the other host: %s", other)
			}
		}
	}
}

// keygen runs ssh-keygen in a folder.
func keygen(t *testing.T, dir string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		withoutOpenSSH(t, err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen %q: %v\n%s", args, err, out)
	}
	return string(out)
}
