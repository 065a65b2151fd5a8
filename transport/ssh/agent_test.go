package ssh

import (
	"crypto/ed25519"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"aixmend/transport"
	"aixmend/transport/ssh/auth"
)

// serveRing serves an agent with keys and certificates on a socket; each
// connection is handed to wrap first.
func serveRing(t *testing.T, wrap func(net.Conn) io.ReadWriter, keys ...agent.AddedKey) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, k := range keys {
		if err := ring.Add(k); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	open := make(chan net.Conn, 16)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open <- c
			go func() { _ = agent.ServeAgent(ring, wrap(c)) }()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
		close(open)
		for c := range open {
			_ = c.Close()
		}
	})
	return socket
}

// full is an agent with twenty keys, the last of which a host takes; keys counts
// what the host sees.
func full(t *testing.T) (r *rig, seen *attempts, public ssh.PublicKey) {
	t.Helper()
	keys := make([]ed25519.PrivateKey, 20)
	for i := range keys {
		keys[i] = newKey(t)
	}
	public = mustSigner(t, keys[19], nil).PublicKey()
	seen = &attempts{}
	o := memory()
	o.AuthorizedKeys = []ssh.PublicKey{public}
	seen.watch(&o)
	r = serve(t, posix, o)
	r.opts.Keys.AgentSocket = serveAgent(t, asItIs, keys...)
	return r, seen, public
}

// One of an agent's twenty keys is offered: the one that the identity names, by
// its public file or by a private one that lies elsewhere.
func TestAgentWithTwentyKeys(t *testing.T) {
	for name, file := range map[string]string{"the public file": "id.pub", "the private file, which is not there": "id"} {
		t.Run(name, func(t *testing.T) {
			r, seen, public := full(t)
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "id.pub"), ssh.MarshalAuthorizedKey(public), 0o600); err != nil {
				t.Fatal(err)
			}
			r.target.Identity = filepath.Join(dir, file)
			r.linked("identity " + r.target.Identity + " (from the agent)")
			if seen.keys.Load() != 1 || seen.failures.Load() != 0 {
				t.Errorf("%d keys were shown, %d refused", seen.keys.Load(), seen.failures.Load())
			}
		})
	}
}

func TestPublicKeyUnknownToTheAgent(t *testing.T) {
	r, seen, _ := full(t)
	other := newSigner(t).PublicKey()
	r.target.Identity = writeFile(t, "id.pub", string(ssh.MarshalAuthorizedKey(other)))
	r.dialFails(transport.KindAuth, "holds 20 keys", ssh.FingerprintSHA256(other), "ssh-add")
	r.target.Agent = auth.NoAgent
	r.dialFails(transport.KindAuth, "only the public key is there", "no agent")
	if seen.keys.Load() != 0 || r.server.Accepted() != 0 {
		t.Error("the host was dialled")
	}
}

// A target may name an agent of its own, or none.
func TestAgentOfATarget(t *testing.T) {
	r, _, public := full(t)
	r.target.Identity = writeFile(t, "id.pub", string(ssh.MarshalAuthorizedKey(public)))
	r.target.Agent, r.opts.Keys.AgentSocket = r.opts.Keys.AgentSocket, filepath.Join(t.TempDir(), "none")
	r.works()
	r.target.Identity, r.target.Agent = "", auth.NoAgent
	r.dialFails(transport.KindAuth, "there is no agent")
}

// A run connects to an agent once, however many hosts and identities there are.
func TestAgentIsConnectedToOnce(t *testing.T) {
	var connections atomic.Int32
	keys := []ed25519.PrivateKey{newKey(t), newKey(t)}
	r := serve(t, posix, memory())
	r.opts.Keys.AgentSocket = serveAgent(t, func(c net.Conn) io.ReadWriter {
		connections.Add(1)
		return c
	}, keys...)
	for _, key := range append(keys, keys...) {
		r.target.Identity = writeFile(t, "id.pub", string(ssh.MarshalAuthorizedKey(mustSigner(t, key, nil).PublicKey())))
		r.works()
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections to the agent", n)
	}
}

// An agent that hangs costs a run one timeout, and not each host one.
func TestHungAgentIsRemembered(t *testing.T) {
	for name, answers := range map[string]int{"when it lists": 0, "when it signs": 2} {
		t.Run(name, func(t *testing.T) {
			late := make(chan struct{})
			defer close(late)
			var asked atomic.Int32
			r := serve(t, nil, memory())
			r.opts.Keys.AgentTimeout = short
			key := newKey(t)
			public := string(ssh.MarshalAuthorizedKey(mustSigner(t, key, nil).PublicKey()))
			r.opts.Keys.AgentSocket = serveAgent(t, func(c net.Conn) io.ReadWriter {
				return requests{&stuck{c, answers, late}, &asked}
			}, key)
			for range 5 {
				r.target.Identity = writeFile(t, "id.pub", public)
				err := r.dialFails(transport.KindAuth, "no answer within "+short.String(), "not asked again in this run", "agent "+r.opts.Keys.AgentSocket)
				if strings.Contains(err.Error(), "client error") {
					t.Errorf("%v is x/crypto's own text", err)
				}
			}
			want := int32(1)
			if answers > 0 {
				want = 2 // the list, and one signature
			}
			if n := asked.Load(); n != want {
				t.Errorf("it was asked %d times, want %d", n, want)
			}
		})
	}
}

// requests counts the requests to an agent: each is a length and a body.
type requests struct {
	io.ReadWriter
	n *atomic.Int32
}

func (c requests) Read(p []byte) (int, error) {
	n, err := c.ReadWriter.Read(p)
	if err == nil && len(p) == 4 && n == 4 {
		c.n.Add(1)
	}
	return n, err
}
