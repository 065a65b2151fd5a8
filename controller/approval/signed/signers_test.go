package signed_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/controller/approval/signed"
)

// keygen looks for ssh-keygen, with which tests compare.
func keygen(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ssh-keygen")
	if err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// ssh-keygen -Y verify says of each file of allowed signers that we take the same.
func TestSignersAsSSHKeygen(t *testing.T) {
	program := keygen(t)
	dir := t.TempDir()
	key, other, authority, security := newKey(t), newKey(t), newKey(t), newSecurityKey(t, true)
	certified, err := ssh.NewCertSigner(certify(t, authority, key.PublicKey(), nil), key)
	noError(t, err)
	with := func(options string, key ssh.PublicKey) string {
		return strings.TrimSuffix("ben,ben@example.com "+options, " ") + " " + string(ssh.MarshalAuthorizedKey(key))
	}
	for _, c := range []struct {
		name, signers string
		by            ssh.Signer
		good          bool
		stricter      string // we refuse a line that ssh-keygen takes, and why
	}{
		{name: "a key", signers: with("", key.PublicKey()), by: key, good: true},
		{name: "another key", signers: with("", other.PublicKey()), by: key},
		{name: "one of several", signers: "# people\n\n" + with("", other.PublicKey()) + with("", key.PublicKey()), by: key, good: true},
		{name: "a security key", signers: with("", security.PublicKey()), by: security, good: true},
		{name: "names in quotes", signers: `"ben,ben@example.com" ` + string(ssh.MarshalAuthorizedKey(key.PublicKey())), by: key, good: true},
		{name: "a tab", signers: "ben,ben@example.com\t" + string(ssh.MarshalAuthorizedKey(key.PublicKey())), by: key, good: true},
		{name: "namespace", signers: with(`namespaces="git,aixmend-plan"`, key.PublicKey()), by: key, good: true},
		{name: "namespace by a pattern", signers: with(`namespaces="aixmend-*"`, key.PublicKey()), by: key, good: true},
		{name: "another namespace", signers: with(`namespaces="git"`, key.PublicKey()), by: key},
		{name: "a namespace left out", signers: with(`namespaces="*,!aixmend-plan"`, key.PublicKey()), by: key},
		{name: "options in capitals", signers: with(`NAMESPACES="aixmend-plan"`, key.PublicKey()), by: key, good: true},
		{name: "since yesterday", signers: with(`valid-after="20261130Z"`, key.PublicKey()), by: key, good: true},
		{name: "since now", signers: with(`valid-after="202612011500Z"`, key.PublicKey()), by: key, good: true},
		{name: "from the next second on", signers: with(`valid-after="20261201150001Z"`, key.PublicKey()), by: key},
		{name: "until now", signers: with(`valid-before="20261201150000Z"`, key.PublicKey()), by: key, good: true},
		{name: "until a second ago", signers: with(`valid-before="20261201145959Z"`, key.PublicKey()), by: key},
		{name: "all options", signers: with(`namespaces="aixmend-plan",valid-after="20261130Z",valid-before="20261202Z"`, key.PublicKey()), by: key, good: true},
		{name: "times of this zone", signers: with(`valid-after="202612011400",valid-before="202612011600"`, key.PublicKey()), by: key, good: true},
		{name: "an authority", signers: with("cert-authority", authority.PublicKey()), by: certified, good: true},
		{name: "an authority by a pattern", signers: "*@example.com cert-authority " + string(ssh.MarshalAuthorizedKey(authority.PublicKey())), by: certified, good: true},
		{name: "no authority", signers: with("", authority.PublicKey()), by: certified},
		{name: "a certificate, and its key", signers: with("", key.PublicKey()), by: certified},
		{name: "an authority, and no certificate", signers: with("cert-authority", key.PublicKey()), by: key},
		{name: "a name twice", signers: with(`namespaces="git",namespaces="aixmend-plan"`, key.PublicKey()), by: key},
		{name: "an unknown option", signers: with(`no-touch-required`, key.PublicKey()), by: key},
		{name: "no quotes", signers: with(`namespaces=aixmend-plan`, key.PublicKey()), by: key},
		{name: "no time", signers: with(`valid-after="yesterday"`, key.PublicKey()), by: key},
		{name: "a pattern", signers: "*@example.com " + string(ssh.MarshalAuthorizedKey(key.PublicKey())), by: key, stricter: "it does not say whose key it is"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, sig := approval(t, c.by, nil)
			for name, content := range map[string][]byte{"signers": []byte(c.signers), "sig": sig} {
				noError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
			}
			cmd := exec.Command(program, "-Y", "verify", "-f", "signers", "-I", "ben@example.com", "-n", signed.Namespace, "-s", "sig", "-Overify-time=20261201150000Z")
			cmd.Dir, cmd.Stdin, cmd.Env = dir, bytes.NewReader(text), []string{"TZ=UTC"}
			out, theirs := cmd.CombinedOutput()
			if (theirs == nil) != (c.good || c.stricter != "") {
				t.Errorf("ssh-keygen: %v\n%s", theirs, out)
			}
			list, err := signed.ParseSigners("signers", []byte(c.signers), time.UTC)
			if err == nil {
				_, err = check(text, sig, signed.Checks{Signers: list, Now: now})
			}
			if (err == nil) != c.good {
				t.Errorf("ours: %v", err)
			}
		})
	}
}

// ssh-keygen -Y sign makes approvals of documents, with each kind of key.
func TestSignedBySSHKeygen(t *testing.T) {
	program := keygen(t)
	text, _ := approval(t, newKey(t), nil)
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		dir := t.TempDir()
		run := func(args ...string) {
			t.Helper()
			cmd := exec.Command(program, args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
		noError(t, os.WriteFile(filepath.Join(dir, "a"), text, 0o600))
		run("-q", "-t", kind, "-N", "", "-f", "key")
		run("-Y", "sign", "-q", "-n", signed.Namespace, "-f", "key", "a")
		sig, err := os.ReadFile(filepath.Join(dir, "a.sig"))
		noError(t, err)
		public, err := os.ReadFile(filepath.Join(dir, "key.pub"))
		noError(t, err)
		if _, err := check(text, sig, signed.Checks{Signers: signers(t, "ben "+string(public)), Now: now}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// All problems of a file are shown, each with its line.
func TestWrongSigners(t *testing.T) {
	public := string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(newKey(t).PublicKey())))
	cert := string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(certify(t, newKey(t), newKey(t).PublicKey(), nil))))
	for text, want := range map[string]string{
		"":                                       "signers:1: it allows no signer",
		"# nobody\n\n":                           "signers:2: it allows no signer",
		"ben\n":                                  "signers:1: expected names and a public key",
		public:                                   "signers:1: no public key after the names \"ssh-ed25519\"",
		"ben ssh-ed25519 garbage":                "signers:1: no public key after the names \"ben\"",
		"\"ben " + public:                        "signers:1: a quote is not closed",
		"ben " + cert:                            "signers:1: a certificate: name the key of its authority",
		"ben touch " + public:                    "signers:1: the option \"touch\" is not known",
		"ben namespaces=git " + public:           "signers:1: the value of namespaces must stand in quotes",
		"ben namespaces=\"\" " + public:          "signers:1: namespaces=\"\": expected a list of namespaces",
		"ben valid-after=\"1\" " + public:        "signers:1: valid-after=\"1\": expected YYYYMMDD",
		"ben valid-after=\"20261301\" " + public: "signers:1: valid-after=\"20261301\": expected YYYYMMDD",
		"ben valid-after=\"20261202\",valid-before=\"20261201\" " + public: "signers:1: valid-before is not after valid-after",
		"ben cert-authority,cert-authority " + public:                      "signers:1: the option cert-authority is there twice",
		"ben " + public + "\nben\nben x " + public:                         "signers:3: the option \"x\" is not known",
	} {
		if _, err := signed.ParseSigners("signers", []byte(text), time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzSigners(f *testing.F) {
	key := newKey(f)
	f.Add("ben,!ana namespaces=\"git,*\",valid-after=\"20261201\" " + string(ssh.MarshalAuthorizedKey(key.PublicKey())))
	f.Add("\"ben\" cert-authority x")
	text, sig := approval(f, key, nil)
	f.Fuzz(func(t *testing.T, list string) {
		s, err := signed.ParseSigners("signers", []byte(list), time.UTC)
		if err != nil {
			return
		}
		if a, err := check(text, sig, signed.Checks{Signers: s, Now: now}); err == nil && (a.Principal == "" || strings.ContainsAny(a.Principal, "*?!")) {
			t.Fatalf("approved by %q", a.Principal)
		}
	})
}
