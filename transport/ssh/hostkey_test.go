package ssh

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/hostkeys"
)

// known is the known_hosts line of a key for the rig's target.
func (r *rig) known(key ssh.PublicKey) string {
	return knownhosts.Line([]string{knownhosts.Normalize(r.server.Addr().String())}, key) + "\n"
}

// knows gives the rig another known_hosts.
func (r *rig) knows(text string) { r.target.KnownHosts = r.file("known_hosts", text) }

// works checks that the rig's host is reached.
func (r *rig) works() {
	r.t.Helper()
	got, err := r.run(probe("p", "echo x"))
	if err != nil {
		r.t.Fatal(err)
	}
	wantStdout(r.t, got.Results[0], "x\n")
}

func TestHostKeyUnknown(t *testing.T) {
	a := &attempts{}
	o := memory()
	a.watch(&o)
	r := serve(t, nil, o)
	other := newSigner(t).PublicKey()
	for name, text := range map[string]string{
		"an empty file":    "",
		"another host":     knownhosts.Line([]string{"10.9.9.9"}, other),
		"another port":     knownhosts.Line([]string{"[10.1.2.3]:2222"}, r.server.HostKeys()[0]),
		"comments, blanks": "# nothing\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.knows(text)
			err := r.dialFails(transport.KindHostKeyUnknown, ssh.FingerprintSHA256(r.server.HostKeys()[0]), r.target.KnownHosts)
			if transport.KindOf(err).Temporary() {
				t.Error("an unknown key is final")
			}
		})
	}
	if n := a.keys.Load(); n > 0 {
		t.Errorf("the identity was shown %d times to an unknown host", n)
	}
}

func TestHostKeyChanged(t *testing.T) {
	r := serve(t, nil, memory())
	old := newSigner(t).PublicKey()
	r.knows("# one\n" + r.known(old))
	err := r.dialFails(transport.KindHostKeyChanged, "offered ssh-ed25519 "+ssh.FingerprintSHA256(r.server.HostKeys()[0]),
		"known is ssh-ed25519 "+ssh.FingerprintSHA256(old), r.target.KnownHosts+":2")
	if transport.KindOf(err).Temporary() {
		t.Error("a changed key is final")
	}
}

func TestHostKeyRevoked(t *testing.T) {
	r := serve(t, nil, memory())
	key := r.server.HostKeys()[0]
	r.knows("@revoked " + r.known(key))
	r.dialFails(transport.KindHostKeyChanged, "revoked", ssh.FingerprintSHA256(key))
}

// Several key types at the server and one of them in known_hosts is no
// mismatch (golang/go#29286, k0sctl#813).
func TestHostKeyTypesKnownByOne(t *testing.T) {
	keys := map[string]ssh.Signer{"ed25519": newSigner(t), "ecdsa": ecdsaSigner(t), "rsa": rsaSigner(t)}
	for name, known := range keys {
		t.Run(name, func(t *testing.T) {
			o := memory()
			for _, k := range keys {
				o.HostKeys = append(o.HostKeys, k)
			}
			r := serve(t, posix, o)
			r.knows(r.known(known.PublicKey()))
			r.works()
		})
	}
	t.Run("the known one is gone", func(t *testing.T) {
		o := memory()
		o.HostKeys = []ssh.Signer{keys["ecdsa"]}
		r := serve(t, posix, o)
		r.knows(r.known(keys["ed25519"].PublicKey()))
		r.dialFails(transport.KindHostKeyChanged, ssh.FingerprintSHA256(keys["ecdsa"].PublicKey()), ssh.FingerprintSHA256(keys["ed25519"].PublicKey()))
	})
}

// SHA-1 signatures are for hosts that are named as legacy ones: a known RSA
// key alone does not bring them back.
func TestHostKeySHA1IsRefused(t *testing.T) {
	key, err := ssh.NewSignerWithAlgorithms(rsaSigner(t).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	o := memory()
	o.HostKeys = []ssh.Signer{key}
	r := serve(t, nil, o)
	r.dialFails(transport.KindProtocol, "no common algorithm")
}

func TestHostKeyNames(t *testing.T) {
	for name, line := range map[string]func(*rig, ssh.PublicKey) string{
		"hashed": func(_ *rig, k ssh.PublicKey) string {
			return knownhosts.Line([]string{knownhosts.HashHostname("10.1.2.3")}, k)
		},
		"plain among others": func(_ *rig, k ssh.PublicKey) string { return knownhosts.Line([]string{"aix9", "10.1.2.3"}, k) },
		"wildcard":           func(_ *rig, k ssh.PublicKey) string { return knownhosts.Line([]string{"10.1.2.*"}, k) },
		"no final newline":   func(r *rig, k ssh.PublicKey) string { return "\n# c\n" + strings.TrimSpace(r.known(k)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, posix, memory())
			r.knows(line(r, r.server.HostKeys()[0]))
			r.works()
			if name != "hashed" {
				return
			}
			r.knows(line(r, newSigner(t).PublicKey()))
			r.dialFails(transport.KindHostKeyChanged)
		})
	}
}

func TestHostKeyOfAnotherPort(t *testing.T) {
	for name, names := range map[string][]string{
		"plain":  {"[10.1.2.3]:2222"},
		"hashed": {knownhosts.HashHostname("[10.1.2.3]:2222")},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, posix, sshtest.Options{Listener: sshtest.NewMemListener("10.1.2.3:2222")})
			r.knows(knownhosts.Line(names, r.server.HostKeys()[0]))
			r.works()
			// The key of port 22 is not that of port 2222.
			r.knows(knownhosts.Line([]string{"10.1.2.3"}, r.server.HostKeys()[0]))
			r.dialFails(transport.KindHostKeyUnknown)
		})
	}
}

// A host that shows a certificate is judged by the authorities in
// known_hosts; where there are none its key is not known, not changed.
func TestHostCertificates(t *testing.T) {
	authority := newSigner(t)
	o := memory()
	o.HostKeys = []ssh.Signer{certified(t, authority)}
	r := serve(t, posix, o)
	r.knows("")
	r.dialFails(transport.KindHostKeyUnknown)
	r.knows("@cert-authority " + r.known(newSigner(t).PublicKey()))
	r.dialFails(transport.KindHostKeyUnknown)
	r.knows("@cert-authority " + r.known(authority.PublicKey()))
	r.works()
}

func certified(t *testing.T, authority ssh.Signer) ssh.Signer {
	t.Helper()
	key := newSigner(t)
	cert := &ssh.Certificate{
		Key: key.PublicKey(), CertType: ssh.HostCert, KeyId: "aix1",
		ValidPrincipals: []string{"10.1.2.3"}, ValidBefore: ssh.CertTimeInfinity,
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func TestUnusableKnownHostsFile(t *testing.T) {
	r := serve(t, nil, memory())
	t.Run("missing", func(t *testing.T) {
		r.t = t
		r.target.KnownHosts = t.TempDir() + "/none"
		r.dialFails(transport.KindHostKeyUnknown, r.target.KnownHosts+" does not exist", "ssh-keyscan")
	})
	t.Run("a folder", func(t *testing.T) {
		r.t = t
		r.target.KnownHosts = t.TempDir()
		r.dialFails(transport.KindHostKeyUnknown, "can't be used")
	})
	if n := r.server.Accepted(); n > 0 {
		t.Errorf("%d connections without a way to check the host", n)
	}
}

func TestKnownHostsDefaultIsReadOnce(t *testing.T) {
	r := serve(t, posix, memory())
	known := r.target.KnownHosts
	r.opts.Hosts.Default, r.target.KnownHosts = []string{known}, ""
	r.works()
	if err := os.WriteFile(known, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.works()
}

// An unusable line gives one warning with its position; the others count.
func TestKnownHostsBrokenLines(t *testing.T) {
	const warnings = 10 // of one file
	r := serve(t, posix, memory())
	var said []string
	r.opts.Hosts.Warn = func(message string) { said = append(said, message) }
	good := r.known(r.server.HostKeys()[0])
	r.knows("10.1.2.4 ssh-ed25519 not-base64!\n" + strings.Repeat("x", 2<<20) + "\n" + good + "10.1.2.5 ssh-ed25519")
	r.works()
	r.works()
	want := []string{":1: this line is left out: its key is not base64", ":2: this line is left out: it is longer than 1048576 bytes", ":4: this line is left out: it is not a name"}
	if len(said) != len(want) {
		t.Fatalf("said %q", said)
	}
	for i, text := range want {
		if !strings.Contains(said[i], r.target.KnownHosts+text) {
			t.Errorf("said %q, want %q", said[i], text)
		}
	}
	t.Run("many", func(t *testing.T) {
		r.t, said = t, nil
		r.knows(strings.Repeat("broken\n", 1000) + good)
		r.works()
		if len(said) != warnings+1 || !strings.HasSuffix(said[warnings], ": 990 more lines are left out") {
			t.Errorf("said %d: %q", len(said), said[len(said)-1])
		}
	})
}

func TestSeveralKnownHostsFiles(t *testing.T) {
	r := serve(t, posix, memory())
	good, none := r.target.KnownHosts, filepath.Join(t.TempDir(), "none")
	empty := r.file("empty", "")
	for name, paths := range map[string][]string{"the second has it": {empty, good}, "the first is not there": {none, good}, "the last is not there": {good, none}} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.target.KnownHosts = strings.Join(paths, "\n")
			r.works()
			r.opts.Hosts, r.target.KnownHosts = &hostkeys.KnownHosts{Default: paths}, ""
			r.works()
		})
	}
	t.Run("none is there", func(t *testing.T) {
		r.t = t
		r.opts.Hosts, r.target.KnownHosts = &hostkeys.KnownHosts{Default: []string{none, none + "2"}}, ""
		r.dialFails(transport.KindHostKeyUnknown, "none of "+none+", "+none+"2 exists", "aixmend hostkeys")
		r.opts.Hosts = &hostkeys.KnownHosts{}
		r.dialFails(transport.KindHostKeyUnknown, "no known_hosts file is named")
	})
	t.Run("a revocation that can't be read", func(t *testing.T) {
		r.t = t
		r.target.KnownHosts = good + "\n" + r.file("revoked", "\n@revoked "+strings.Repeat("x,", 1<<20))
		r.dialFails(transport.KindHostKeyUnknown, "can't be used", r.target.KnownHosts[len(good)+1:]+":2: a line that revokes a key is longer than 1048576 bytes")
	})
	t.Run("one can't be read", func(t *testing.T) { // what it revokes is not known
		r.t = t
		r.target.KnownHosts = good + "\n" + t.TempDir()
		r.dialFails(transport.KindHostKeyUnknown, "can't be used")
	})
	t.Run("revoked in the other", func(t *testing.T) {
		r.t = t
		line, err := os.ReadFile(good)
		if err != nil {
			t.Fatal(err)
		}
		r.target.KnownHosts = good + "\n" + r.file("revoked", "@revoked "+string(line))
		r.dialFails(transport.KindHostKeyChanged, "revoked")
	})
}

func TestHostKeyAlias(t *testing.T) {
	r := serve(t, posix, memory())
	r.target.HostKeyAlias = "lpar7"
	r.knows(knownhosts.Line([]string{"lpar7"}, r.server.HostKeys()[0]))
	r.works()
	r.knows(r.known(r.server.HostKeys()[0]))
	r.dialFails(transport.KindHostKeyUnknown, "10.1.2.3:22 (lpar7)")
}

// A server with several types of key, of which known_hosts holds one by a
// hashed name: it is asked for that, at the second try at the latest, and there
// is no false alarm (golang/go#29286). Its identity is shown to nobody before.
func TestHashedHostKeyTypes(t *testing.T) {
	keys := []ssh.Signer{newSigner(t), ecdsaSigner(t), rsaSigner(t)}
	for _, known := range keys {
		for _, usual := range keys { // of most other hosts in the file
			t.Run(known.PublicKey().Type()+" among "+usual.PublicKey().Type(), func(t *testing.T) {
				a := &attempts{}
				o := memory()
				a.watch(&o)
				o.HostKeys = keys
				r := serve(t, posix, o)
				others := strings.Repeat(hashed("another")+" "+authorized(usual.PublicKey())+"\n", 3)
				r.knows(others + hashed("10.1.2.3") + " " + authorized(known.PublicKey()))
				r.works()
				want := 2
				if known == usual {
					want = 1
				}
				if n := r.server.Accepted(); n != want {
					t.Errorf("%d connections, want %d", n, want)
				}
				r.works() // it is known which type to ask for now
				if n := r.server.Accepted(); n != want+1 {
					t.Errorf("%d connections with the second", n)
				}
				if n := a.keys.Load(); n > 4 { // a query and a signature each
					t.Errorf("the identity was shown %d times", n)
				}
			})
		}
	}
}

// A hashed key that the server has lost is a changed one, and is not looked for
// again and again.
func TestLostHashedHostKey(t *testing.T) {
	known := newSigner(t).PublicKey()
	for _, c := range []struct {
		key         ssh.Signer
		connections int
	}{{newSigner(t), 1}, {ecdsaSigner(t), 2}} {
		key := c.key
		t.Run(key.PublicKey().Type(), func(t *testing.T) {
			o := memory()
			o.HostKeys = []ssh.Signer{key}
			r := serve(t, posix, o)
			r.knows(hashed("10.1.2.3") + " " + authorized(known))
			r.dialFails(transport.KindHostKeyChanged, ssh.FingerprintSHA256(known), ssh.FingerprintSHA256(key.PublicKey()), r.target.KnownHosts+":1")
			if n := r.server.Accepted(); n != c.connections {
				t.Errorf("%d connections, want %d", n, c.connections)
			}
		})
	}
}
