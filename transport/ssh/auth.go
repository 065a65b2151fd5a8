package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Keys finds the one identity that is offered to a host. Each file is read and
// each passphrase asked for once a run. It is safe for concurrent use.
type Keys struct {
	// Home is where .ssh is looked for when a host names no identity.
	Home string
	// AgentSocket is the path of the agent's socket; empty: no agent.
	AgentSocket string
	// AgentTimeout bounds each answer of the agent; 0: 10 s.
	AgentTimeout time.Duration
	// Passphrase asks for the passphrase of an encrypted key; nil when there
	// is nobody to ask.
	Passphrase func(path string) ([]byte, error)

	mu    sync.Mutex
	known map[string]*identity
}

type identity struct {
	signer ssh.Signer
	from   string
	err    error
}

// defaultIdentities are tried in this order when a host names none.
var defaultIdentities = []string{"id_ed25519", "id_ecdsa", "id_rsa"}

// method gives the one authentication method for a host.
func (k *Keys) method(path string) (ssh.AuthMethod, error) {
	id := k.find(path)
	if id.err != nil {
		return nil, id.err
	}
	return ssh.PublicKeys(id.signer), nil
}

// describe names the identity that was offered, for an error.
func (k *Keys) describe(path string) string { return k.find(path).from }

func (k *Keys) find(path string) *identity {
	k.mu.Lock()
	defer k.mu.Unlock()
	if id, ok := k.known[path]; ok {
		return id
	}
	id := k.load(path)
	if k.known == nil {
		k.known = map[string]*identity{}
	}
	k.known[path] = id
	return id
}

func (k *Keys) load(path string) *identity {
	if path != "" {
		return k.loadFile(path)
	}
	for _, name := range defaultIdentities {
		candidate := filepath.Join(k.Home, ".ssh", name)
		if _, err := os.Stat(candidate); k.Home != "" && err == nil {
			return k.loadFile(candidate)
		}
	}
	if k.AgentSocket != "" {
		return k.onlyAgentKey()
	}
	return &identity{err: fmt.Errorf("no identity: none is named, %s holds none of %v, and there is no agent",
		filepath.Join(k.Home, ".ssh"), defaultIdentities)}
}

func (k *Keys) loadFile(path string) *identity {
	from := "identity " + path
	text, err := os.ReadFile(path)
	if err != nil {
		return &identity{from: from, err: fmt.Errorf("identity can't be read: %w", err)}
	}
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return &identity{signer: signer, from: from}
	case errors.As(err, &encrypted):
		return k.unlock(path, text, encrypted.PublicKey)
	}
	return &identity{from: from, err: fmt.Errorf("identity %s is not a private key: %w", path, err)}
}

// unlock opens an encrypted key: by the agent when it holds the same key, else
// by asking.
func (k *Keys) unlock(path string, text []byte, public ssh.PublicKey) *identity {
	from := "identity " + path
	if k.AgentSocket != "" && public != nil {
		signers, err := k.agentSigners()
		for _, s := range signers {
			if err == nil && bytes.Equal(s.PublicKey().Marshal(), public.Marshal()) {
				return &identity{signer: s, from: from + " (from the agent)"}
			}
		}
	}
	if k.Passphrase == nil {
		return &identity{from: from, err: fmt.Errorf(
			"identity %s is encrypted, no agent holds it, and there is no terminal to ask on: load it with ssh-add", path)}
	}
	secret, err := k.Passphrase(path)
	if err != nil {
		return &identity{from: from, err: fmt.Errorf("passphrase of %s: %w", path, err)}
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(text, secret)
	clear(secret)
	if err != nil {
		return &identity{from: from, err: fmt.Errorf("identity %s: %w", path, err)}
	}
	return &identity{signer: signer, from: from}
}

// onlyAgentKey takes the agent's key when there is one. Offering several is
// how accounts get locked.
func (k *Keys) onlyAgentKey() *identity {
	signers, err := k.agentSigners()
	switch {
	case err != nil:
		return &identity{from: "the agent", err: err}
	case len(signers) == 1:
		return &identity{signer: signers[0], from: "the agent's key " + ssh.FingerprintSHA256(signers[0].PublicKey())}
	case len(signers) == 0:
		return &identity{from: "the agent", err: errors.New("no identity is named and the agent holds none: ssh-add one")}
	}
	return &identity{from: "the agent", err: fmt.Errorf(
		"the agent holds %d keys: name one with --identity or ssh.identity (one is offered, so that accounts are not locked)", len(signers))}
}

// agentSigners asks the agent for its keys. The agent protocol has no
// contexts: a deadline on its socket stands in for one, here and at each
// signature.
func (k *Keys) agentSigners() ([]ssh.Signer, error) {
	dialer := net.Dialer{Timeout: k.agentTimeout()}
	socket, err := dialer.Dial("unix", k.AgentSocket)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	signers, err := agent.NewClient(&agentSocket{socket: socket, limit: k.agentTimeout()}).Signers()
	if err != nil {
		_ = socket.Close()
		return nil, fmt.Errorf("agent: %w", err)
	}
	return signers, nil // the socket stays open for signatures until the process ends
}

func (k *Keys) agentTimeout() time.Duration {
	if k.AgentTimeout > 0 {
		return k.AgentTimeout
	}
	return 10 * time.Second
}

// agentSocket gives each request and its answer one deadline. It has no Close
// on purpose: x/crypto reads ahead all the time from what has one, and the
// deadline of an old request would then end the connection between two hosts.
type agentSocket struct {
	socket net.Conn
	limit  time.Duration
}

// Write starts the time of a request.
func (a *agentSocket) Write(p []byte) (int, error) {
	_ = a.socket.SetDeadline(time.Now().Add(a.limit))
	return a.socket.Write(p)
}

// Read closes the socket when an answer does not come: one that came late
// would be taken for that to the next request.
func (a *agentSocket) Read(p []byte) (int, error) {
	n, err := a.socket.Read(p)
	if err != nil {
		_ = a.socket.Close()
	}
	return n, err
}
