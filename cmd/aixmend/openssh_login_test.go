//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/outcome"
)

// loginHash is loginPassword as crypt(3) keeps it.
const (
	loginPassword = "hunter2-of-the-login"
	loginHash     = "$6$aixmend$8MGPtFJun2vjepjq7BiA1OfXZ1IRKJgxUlnPLq7PmitHzKG5qNg6K0C7nDSUVOhzfIPdz1YgzH5rRO7uczlzm/"
)

// withPassword is a host that takes root's password, and no key.
func withPassword(shadow string) hostOptions {
	return hostOptions{
		sshd: "Match all\nPasswordAuthentication yes\nPermitRootLogin yes\nPubkeyAuthentication no\n",
		prepare: func(root string) error {
			passwd := "root:x:0:0::/root:" + shellPath + "\nsshd:*:74:74::/run/sshd:/usr/bin/false\n"
			if err := writeMode(filepath.Join(root, "etc/passwd"), []byte(passwd), 0o644); err != nil {
				return err
			}
			return writeMode(filepath.Join(root, "etc/shadow"), []byte("root:"+loginHash+":"+shadow+"\nsshd:*:19000::::::\n"), 0o600)
		},
	}
}

// Passwords of real accounts: one that is taken, one that is wrong, one that
// has expired. Where nothing is said of a password the host says what it wants.
func testSSHPassword(t *testing.T, lab *sshLab) {
	good, wrong := withPassword("19000::99999:7:::"), withPassword("19000::99999:7:::")
	d := lab.sit(t,
		row{sshHost: lab.start(t, "taken", good), key: "host_ed25519", ssh: ", password: {env: AIX_PW}"},
		row{sshHost: lab.start(t, "wrong", wrong), key: "host_ed25519", ssh: ", password: {file: wrong}"},
		row{sshHost: lab.start(t, "expired", withPassword("0::99999:7:::")), key: "host_ed25519", ssh: ", password: {env: AIX_PW}"},
		row{sshHost: lab.start(t, "silent", good), key: "host_ed25519"},
	)
	write(t, filepath.Join(d.dir, "wrong"), "hunter2-that-is-wrong\n")
	d.env = append(d.env, "AIX_PW="+loginPassword)
	r := d.run("audit").exits(4)
	for host, want := range map[string]string{
		"wrong":   "auth: " + "did not accept",
		"expired": "auth: user root: the password has expired",
		"silent":  "no password (ssh.password)",
	} {
		h := d.report(host)
		for _, part := range strings.SplitAfter(want, "auth: ") {
			if h.Outcome != outcome.Unreachable || !strings.Contains(h.Reason, part) {
				t.Errorf("%s: %s: %s; want %q", host, h.Outcome, h.Reason, part)
			}
		}
		if host != "expired" && h.SSH != nil {
			t.Errorf("%s: %+v of a host that was not reached", host, h.SSH)
		}
	}
	h := d.report("taken")
	if h.Outcome != outcome.Healthy || h.SSH == nil || h.SSH.Login != "password" || h.SSH.Kex == "" || h.SSH.Cipher == "" || h.SSH.Legacy {
		t.Errorf("%s: %s: %+v", h.Outcome, h.Reason, h.SSH)
	}
	page := d.call("report", "latest", "--host", "taken").exits(0).stdout
	if !strings.Contains(page, "  ssh       by password; ") {
		t.Errorf("it is not said how the login was taken:\n%.600s", page)
	}
	secrets := planted{"login's password": loginPassword, "wrong password": "hunter2-that-is-wrong"}
	secrets.in(t, "the output", r.stdout+r.stderr+page)
	for path, text := range everyFile(t, filepath.Join(d.dir, "aixmend-state")) {
		secrets.in(t, path, text)
	}
}
