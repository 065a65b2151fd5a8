package cause

import (
	"errors"
	"fmt"
	"testing"
)

func TestOf(t *testing.T) {
	for reason, want := range map[string][3]string{
		"auth: wrong passphrase: identity /x: no": {"auth", "wrong passphrase", "auth: wrong passphrase"},
		"auth: wrong passphrase":                  {"auth", "wrong passphrase", "auth: wrong passphrase"},
		"auth: wrong passphrases: no":             {"auth", "", "auth"},
		"auth: connection refused: no":            {"auth", "", "auth"}, // of another kind
		"timeout: no answer in 15s":               {"timeout", "", "timeout"},
		"not AIX: uname -s says Linux":            {"not AIX", "", "not AIX"},
		"interrupted":                             {"interrupted", "", "interrupted"},
		"":                                        {"", "", ""},
		"refused:x":                               {"refused", "", "refused"},
		"host-key-changed: the host's key is revoked: SHA256:x":              {"host-key-changed", "the host's key is revoked", "host-key-changed: the host's key is revoked"},
		"jump: bastion b: auth: key refused: 10.1.2.3 said no":               {"auth", "key refused", "jump: bastion b: auth: key refused"},
		"jump: bastion b: it may not connect to x":                           {"jump", "", "jump: bastion b"},
		"jump: bastion b: jump: bastion a: dns: no such name: a":             {"dns", "no such name", "jump: bastion b: jump: bastion a: dns: no such name"},
		"jump: bastion b: bastion a: timeout: no answer: x":                  {"timeout", "no answer", "jump: bastion b: timeout: no answer"},
		"jump: proxy command: it ended (exit 1): no":                         {"jump", "", "jump: proxy command"},
		"jump: bastions go in a circle: a through b":                         {"jump", "", "jump"},
		"jump: bastion b: refused: connection refused: dial tcp 10.0.0.1:22": {"refused", "connection refused", "jump: bastion b: refused: connection refused"},
	} {
		kind, c := Of(reason)
		if got := [3]string{kind, string(c), Head(reason)}; got != want {
			t.Errorf("%q: %q, want %q", reason, got, want)
		}
	}
}

func TestBecause(t *testing.T) {
	inner := errors.New("no")
	err := Because(KeyMissing, fmt.Errorf("open x: %w", inner))
	if err.Error() != "key file missing: open x: no" || !errors.Is(err, inner) || Because(KeyMissing, nil) != nil {
		t.Error(err)
	}
}
