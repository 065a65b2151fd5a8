package hostkeys

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamesOfAFile(t *testing.T) {
	key := func(n uint64) string { return " " + strings.TrimSpace(authorized(edKey(t, n))) + "\n" }
	path := t.TempDir() + "/known_hosts"
	text := "# hosts\n" +
		"aix01,10.0.0.1" + key(1) + // name and address
		"10.0.0.1" + key(1) + // the same machine again
		"10.0.0.2,10.0.0.3" + key(2) + // addresses alone
		"[10.0.0.4]:2222" + key(3) + "[gate.example]:2222" + key(3) +
		"AIX05" + key(5) + "clone05" + key(5) + // clones share a key
		"2001:db8::7" + key(7) +
		"*.example,!x" + key(8) + "@cert-authority ca" + key(9) + "@revoked bad" + key(9) +
		newHashedName([20]byte{1}, "secret").String() + key(10) +
		"broken ssh-ed25519 AAAA\n" + "half"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	names, hashed, err := Names(path)
	want := []string{"aix01", "10.0.0.2", "[gate.example]:2222", "aix05", "clone05", "2001:db8::7"}
	if diff := cmp.Diff(want, names); err != nil || hashed != 1 || diff != "" {
		t.Errorf("%d hashed, %v (-want +got):\n%s", hashed, err, diff)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Names(path); err == nil {
		t.Error("a file that others can write is believed")
	}
}
