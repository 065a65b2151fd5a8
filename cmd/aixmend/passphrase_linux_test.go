package main

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/transport/lab/terminal"
)

// Ctrl-C at the question for a passphrase ends a run: the terminal echoes again, no host is
// changed or judged, and the report says so.
func TestInterruptAtAPassphrase(t *testing.T) {
	k := newWatching(t)
	path := filepath.Join(k.dir, "id_ed25519")
	text, err := os.ReadFile(path)
	noError(t, err)
	key, err := gossh.ParseRawPrivateKey(text)
	noError(t, err)
	block, err := gossh.MarshalPrivateKeyWithPassphrase(key, "a test", []byte("correct-horse-battery"))
	noError(t, err)
	write(t, path, string(pem.EncodeToMemory(block)))
	for _, verb := range []string{"audit", "recover", "recover --yes"} {
		k = k.again(t)
		k.start(nil, strings.Fields(verb)...)
		terminal.Until(t, "it asks for the passphrase", func() bool {
			return strings.Contains(k.shown.String(), "passphrase of ") && !terminal.Echoes(t, k.side)
		})
		k.press("\x03")
		k.ends(130)
		if !terminal.Echoes(t, k.side) || k.modes() != k.before {
			t.Errorf("%s: the terminal is not as it was", verb)
		}
		if out := k.out.String(); !strings.Contains(out, "5 hosts: 5 skipped") || !strings.Contains(out, "before its turn") || strings.Contains(out, "unreachable") {
			t.Errorf("%s:\n%s", verb, out)
		}
	}
	for _, m := range k.fleet.Inventory() {
		if state := k.fleet.Host(m.Name); len(state.Effects()) > 0 {
			t.Errorf("%s: %v", m.Name, state.Effects())
		}
	}
}
