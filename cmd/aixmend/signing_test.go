package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// signer is a folder with a SHA256SUMS to sign, a minisign key, and a cosign that only
// writes its arguments into the bundle.
type signer struct {
	minisign, sums, key, public, stubs string
}

func newSigner(t *testing.T) signer {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skipf("packaging/sign is a bash script: %v", err)
	}
	out, err := exec.CommandContext(t.Context(), "../../packaging/tool", "aead.dev/minisign/cmd/minisign").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := signer{
		minisign: strings.TrimSpace(string(out)), sums: filepath.Join(dir, "SHA256SUMS"),
		key: filepath.Join(dir, "key"), public: filepath.Join(dir, "key.pub"), stubs: t.TempDir(),
	}
	stub := "#!/bin/sh\nwhile [ \"$1\" != --bundle ]; do all=\"$all $1\"; shift; done\necho \"cosign$all\" >\"$2\"\n"
	for file, text := range map[string]string{s.sums: "00  aixmend-aix-ppc64\n", filepath.Join(s.stubs, "cosign"): stub} {
		if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.generate(t)
	return s
}

// generate makes a key without a password.
func (s signer) generate(t *testing.T) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), s.minisign, "-G", "-W", "-s", s.key, "-p", s.public).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// sign runs packaging/sign with variables of the environment.
func (s signer) sign(t *testing.T, variables ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "../../packaging/sign", s.sums)
	cmd.Env = append(os.Environ(), "MINISIGN_KEY=", "COSIGN_KEY=", "COSIGN_KEYLESS=", "PATH="+s.stubs+string(filepath.ListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, variables...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// verify runs the command of docs/verifying.md.
func (s signer) verify(t *testing.T) error {
	t.Helper()
	page, err := os.ReadFile("../../docs/verifying.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^ {4}minisign (-V .*)$`).FindStringSubmatch(string(page))
	public, err := os.ReadFile(s.public)
	if command == nil || err != nil {
		t.Fatal(command, err)
	}
	lines := strings.Fields(string(public))
	cmd := exec.CommandContext(t.Context(), s.minisign, strings.Fields(strings.ReplaceAll(command[1], "PUBLIC_KEY", lines[len(lines)-1]))...)
	cmd.Dir = filepath.Dir(s.sums)
	return cmd.Run()
}

// A signature is by the key of the configuration, and fails for any other file.
func TestSigning(t *testing.T) {
	s := newSigner(t)
	out, err := s.sign(t, "MINISIGN_KEY="+s.key)
	public, readErr := os.ReadFile(s.public)
	if err != nil || readErr != nil || strings.Contains(out, "UNSIGNED") {
		t.Fatalf("%v %v: %s", err, readErr, out)
	}
	lines := strings.Fields(string(public))
	if !strings.Contains(out, lines[len(lines)-1]) {
		t.Errorf("the public key %s is not printed: %s", public, out)
	}
	if err := s.verify(t); err != nil {
		t.Errorf("a true signature: %v", err)
	}
	if err := os.WriteFile(s.sums, []byte("11  aixmend-aix-ppc64\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s.verify(t) == nil {
		t.Error("the signature holds for another file")
	}
}

// An unsigned release says so, and carries no old signature.
func TestUnsigned(t *testing.T) {
	s := newSigner(t)
	for _, old := range []string{".minisig", ".sigstore.json"} {
		if err := os.WriteFile(s.sums+old, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := s.sign(t); err != nil || !strings.Contains(out, "*** UNSIGNED: ") {
		t.Errorf("%v: %s", err, out)
	}
	if left, err := filepath.Glob(s.sums + ".*"); err != nil || len(left) > 0 {
		t.Errorf("%q: %v", left, err)
	}
}

func TestSigningRefuses(t *testing.T) {
	s := newSigner(t)
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("no key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(t.TempDir(), "open")
	key, err := os.ReadFile(s.key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, key, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{"a key that others may read": open, "no key in the file": broken, "no file": broken + ".none"} {
		if out, err := s.sign(t, "MINISIGN_KEY="+key); err == nil {
			t.Errorf("%s: signed: %s", name, out)
		}
		if _, err := os.Stat(s.sums + ".minisig"); err == nil {
			t.Errorf("%s: a signature was left", name)
		}
	}
}

// cosign gets the key, or none for a signature by identity.
func TestSigningByCosign(t *testing.T) {
	s := newSigner(t)
	for variable, want := range map[string]string{
		"COSIGN_KEY=awskms:///alias/release": "cosign sign-blob --yes --key awskms:///alias/release\n",
		"COSIGN_KEYLESS=1":                   "cosign sign-blob --yes\n",
	} {
		out, err := s.sign(t, variable)
		bundle, readErr := os.ReadFile(s.sums + ".sigstore.json")
		if err != nil || readErr != nil || string(bundle) != want || strings.Contains(out, "UNSIGNED") {
			t.Errorf("%s: %v %v: %q, wanted %q: %s", variable, err, readErr, bundle, want, out)
		}
	}
}
