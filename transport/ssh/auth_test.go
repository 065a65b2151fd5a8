package ssh

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// Accounts get locked by one try too many (ansible#48422, packer#5065): one
// key is offered, once, and the first refusal is final.
func TestAuthRefusedAfterOneAttempt(t *testing.T) {
	a := &attempts{}
	o := memory()
	a.watch(&o)
	o.Faults.RejectAuth = true
	o.Password = func(string, string) bool { return true }
	r := serve(t, nil, o)
	err := r.dialFails(transport.KindAuth, r.target.Identity, "user root", "10.1.2.3")
	if transport.KindOf(err).Temporary() {
		t.Error("a refused identity is final")
	}
	if a.keys.Load() != 1 || a.failures.Load() != 1 || r.server.Accepted() != 1 {
		t.Errorf("%d keys shown, %d refusals, %d connections; want one of each", a.keys.Load(), a.failures.Load(), r.server.Accepted())
	}
}

// An RSA key has three signature algorithms; it is offered once all the same.
func TestAuthRefusedRSAKeyIsOfferedOnce(t *testing.T) {
	a := &attempts{}
	o := memory()
	a.watch(&o)
	o.Faults.RejectAuth = true
	r := serve(t, nil, o)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	r.target.Identity = r.file("id_rsa", string(pem.EncodeToMemory(der)))
	r.dialFails(transport.KindAuth)
	if n := a.keys.Load(); n != 1 {
		t.Errorf("the key was shown %d times", n)
	}
}

// locked is one key in OpenSSH's own format, encrypted with "secret". To lock
// and to open such a key takes seconds under the race detector.
var locked = sync.OnceValue(func() (k struct {
	key  ed25519.PrivateKey
	text string
},
) {
	_, k.key, _ = ed25519.GenerateKey(rand.Reader)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(k.key, "test", []byte("secret"))
	if err != nil {
		panic(err)
	}
	k.text = string(pem.EncodeToMemory(block))
	return k
})

// writeLegacy writes a key in the old encrypted format, which opens fast.
func writeLegacy(t *testing.T, secret string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", der, []byte(secret), x509.PEMCipherAES256) //nolint:staticcheck // old keys are what is tested
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "id_ecdsa", string(pem.EncodeToMemory(block)))
}

func TestUnusableIdentity(t *testing.T) {
	t.Parallel()
	encrypted := writeFile(t, "id_ed25519", locked().text)
	legacy := writeLegacy(t, "secret")
	for _, c := range []struct {
		name, path string
		ask        func(context.Context, transport.Target, int) ([]byte, error)
		texts      []string
	}{
		{"missing", filepath.Join(t.TempDir(), "none"), nil, []string{"none does not exist"}},
		{"unreadable", t.TempDir(), nil, []string{"is a folder"}},
		{"garbage", writeFile(t, "garbage", "not a key"), nil, []string{"garbage is neither a private key nor a public one"}},
		{"a public key", writeFile(t, "id.pub", string(ssh.MarshalAuthorizedKey(newSigner(t).PublicKey()))), nil, []string{"id.pub: only the public key is there", "no agent"}},
		{"encrypted, nobody to ask", encrypted, nil, []string{encrypted + " is encrypted", "no terminal", "ssh-add"}},
		{"encrypted, wrong passphrase", legacy, func(context.Context, transport.Target, int) ([]byte, error) { return []byte("wrong"), nil }, []string{legacy}},
		{"encrypted, nothing typed", encrypted, func(context.Context, transport.Target, int) ([]byte, error) { return nil, io.ErrUnexpectedEOF }, []string{"passphrase of " + encrypted}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := serve(t, nil, memory())
			r.target.Identity, r.opts.Keys.Passphrase = c.path, c.ask
			r.dialFails(transport.KindAuth, append(c.texts, "authenticate")...)
			if r.server.Accepted() > 0 {
				t.Error("the host was dialled without an identity")
			}
		})
	}
}

func TestEncryptedIdentityIsAskedForOnce(t *testing.T) {
	t.Parallel()
	r := serve(t, posix, memory())
	r.target.Identity = writeFile(t, "id_ed25519", locked().text)
	asked := 0
	r.opts.Keys.Passphrase = func(_ context.Context, target transport.Target, _ int) ([]byte, error) {
		if asked++; target != r.target {
			t.Errorf("asked for %q", target.Identity)
		}
		return []byte("secret"), nil
	}
	r.works()
	r.works()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestDefaultIdentities(t *testing.T) {
	r := serve(t, posix, memory())
	ssh := filepath.Join(r.opts.Keys.Home, ".ssh")
	if err := os.Mkdir(ssh, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.target.Identity, filepath.Join(ssh, "id_ed25519")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(ssh, "id_rsa"), []byte("never looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.target.Identity = ""
	r.works()
}

func TestNoIdentityAtAll(t *testing.T) {
	r := serve(t, nil, memory())
	r.target.Identity = ""
	r.dialFails(transport.KindAuth, "no identity", r.opts.Keys.Home, "no agent")
}

// serveAgent serves an agent with keys on a socket; each connection is handed
// to wrap first.
func serveAgent(t *testing.T, wrap func(net.Conn) io.ReadWriter, keys ...ed25519.PrivateKey) string {
	t.Helper()
	added := make([]agent.AddedKey, len(keys))
	for i, k := range keys {
		added[i].PrivateKey = k
	}
	return serveRing(t, wrap, added...)
}

func asItIs(c net.Conn) io.ReadWriter { return c }

func TestEncryptedIdentityInTheAgent(t *testing.T) {
	t.Parallel()
	key := locked().key
	signer := mustSigner(t, key, nil)
	o := memory()
	o.AuthorizedKeys = []ssh.PublicKey{signer.PublicKey()}
	r := serve(t, posix, o)
	r.target.Identity = writeFile(t, "id_ed25519", locked().text)
	r.opts.Keys.AgentSocket = serveAgent(t, asItIs, newKey(t), key, newKey(t))
	r.works()
}

func TestEncryptedIdentityNotInTheAgent(t *testing.T) {
	t.Parallel()
	r := serve(t, nil, memory())
	r.target.Identity = writeFile(t, "id_ed25519", locked().text)
	r.opts.Keys.AgentSocket = serveAgent(t, asItIs, newKey(t))
	r.dialFails(transport.KindAuth, "no agent holds it")
}

func TestAgentWithOneKey(t *testing.T) {
	key := newKey(t)
	signer := mustSigner(t, key, nil)
	o := memory()
	o.AuthorizedKeys = []ssh.PublicKey{signer.PublicKey()}
	r := serve(t, posix, o)
	r.target.Identity, r.opts.Keys.AgentSocket = "", serveAgent(t, asItIs, key)
	r.works()
	r.works()
	r.server.SetFaults(sshtest.Faults{RejectAuth: true})
	r.dialFails(transport.KindAuth, "the agent's key "+ssh.FingerprintSHA256(signer.PublicKey()))
}

// A full agent locks accounts (ansible#76236): several keys are a question to
// the operator, not a list to try.
func TestAgentWithSeveralKeysIsNotTried(t *testing.T) {
	r := serve(t, nil, memory())
	r.target.Identity, r.opts.Keys.AgentSocket = "", serveAgent(t, asItIs, newKey(t), newKey(t))
	r.dialFails(transport.KindAuth, "2 keys", "--identity")
	if r.server.Accepted() > 0 {
		t.Error("the host was dialled")
	}
}

func TestAgentWithoutKeys(t *testing.T) {
	r := serve(t, nil, memory())
	r.target.Identity, r.opts.Keys.AgentSocket = "", serveAgent(t, asItIs)
	r.dialFails(transport.KindAuth, "holds none")
}

func TestMissingAgent(t *testing.T) {
	r := serve(t, nil, memory())
	r.target.Identity, r.opts.Keys.AgentSocket = "", filepath.Join(t.TempDir(), "none")
	r.dialFails(transport.KindAuth, "agent")
}

// stuck is an agent's connection that gives no answer once it is told to.
type stuck struct {
	net.Conn
	answers int           // how many answers still come
	late    chan struct{} // the others come when it is closed
}

func (s *stuck) Write(p []byte) (int, error) {
	// The length and the body of an answer are two writes.
	if s.answers--; s.answers < 0 {
		<-s.late
	}
	return s.Conn.Write(p)
}

// The agent protocol has no contexts: an agent that hangs is over after its
// own limit, when it lists and when it signs.
func TestHungAgent(t *testing.T) {
	for name, answers := range map[string]int{"when it lists": 0, "when it signs": 2} {
		t.Run(name, func(t *testing.T) {
			late := make(chan struct{})
			defer close(late)
			r := serve(t, nil, memory())
			r.target.Identity = ""
			r.opts.Keys.AgentTimeout = short
			r.opts.Keys.AgentSocket = serveAgent(t, func(c net.Conn) io.ReadWriter { return &stuck{c, answers, late} }, newKey(t))
			r.dialFails(transport.KindAuth, "agent") // an agent without a limit would hang
		})
	}
}

// The limit is one of each answer, not of the time between two hosts.
func TestAgentIsStillThereAfterAWhile(t *testing.T) {
	r := serve(t, posix, memory())
	r.target.Identity, r.opts.Keys.AgentSocket = "", serveAgent(t, asItIs, newKey(t))
	r.opts.Keys.AgentTimeout = short
	r.works()
	<-time.After(2 * short)
	r.works()
}

// An answer that comes too late must not be taken for that to the next
// request: a wrong signature is a refused login.
func TestLateAnswerOfTheAgent(t *testing.T) {
	late := make(chan struct{})
	a := &attempts{}
	o := memory()
	a.watch(&o)
	r := serve(t, nil, o)
	r.target.Identity = ""
	r.opts.Keys.AgentTimeout = short
	r.opts.Keys.AgentSocket = serveAgent(t, func(c net.Conn) io.ReadWriter { return &stuck{c, 2, late} }, newKey(t))
	r.dialFails(transport.KindAuth, "agent")
	close(late)
	before := a.failures.Load()
	err := r.dialFails(transport.KindAuth, "agent")
	if n := a.failures.Load() - before; n > 0 {
		t.Errorf("the server saw %d wrong signatures: %v", n, err)
	}
}
