// Package auth authenticates a login on a host: with one key or certificate, and then with
// a password where there is one. Each is shown once to a host, so
// that no account is locked.
package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// Keys finds the one identity to offer to a host. Once a run, it reads each file,
// asks for each passphrase and connects to each agent. It is safe for concurrent
// use.
type Keys struct {
	// Home is the folder of .ssh, for targets that name no identity.
	Home string
	// AgentSocket is the path of the agent's socket for targets that name none;
	// empty: no agent.
	AgentSocket string
	// AgentTimeout bounds each answer of the agent; 0: 10 s.
	AgentTimeout time.Duration
	// Passphrase returns the passphrase of the encrypted key at the target's
	// Identity. The target's Passphrase names its source; empty: a person. The
	// caller clears the answer. nil: there is nobody to ask.
	Passphrase func(ctx context.Context, target transport.Target) ([]byte, error)

	mu     sync.Mutex
	known  map[claim]*found
	agents map[string]*agentClient
}

// claim holds the settings that determine the identity of a target.
type claim struct{ identity, certificate, agent, passphrase string }

// found is the result of looking for an identity.
type found struct {
	turn chan struct{} // full during the search
	id   *identity     // nil before the search has ended
}

// identity is a key and its certificate.
type identity struct {
	from   string     // its name in messages
	signer ssh.Signer // the plain key; nil if an agent holds it with its certificate only
	cert   *certificate
	err    error // why there is none
}

// defaultIdentities are tried in this order for targets that name none.
var defaultIdentities = []string{"id_ed25519", "id_ecdsa", "id_rsa"}

// find returns the identity of a target. It remembers failures too, unless the run
// was stopped meanwhile.
func (k *Keys) find(ctx context.Context, t transport.Target) (*identity, error) {
	f := k.of(claim{t.Identity, t.Certificate, t.Agent, t.Passphrase})
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-f.turn }()
	if f.id == nil {
		id := k.load(ctx, t)
		if ctx.Err() != nil || errors.Is(id.err, context.Canceled) {
			return nil, id.err
		}
		f.id = id
	}
	return f.id, f.id.err
}

func (k *Keys) of(c claim) *found {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[claim]*found{}
	}
	if k.known[c] == nil {
		k.known[c] = &found{turn: make(chan struct{}, 1)}
	}
	return k.known[c]
}

// agent returns the agent of a target, nil if it has none.
func (k *Keys) agent(t transport.Target) *agentClient {
	path := t.Agent
	if path == "" {
		path = k.AgentSocket
	}
	if path == "" || path == NoAgent {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.agents == nil {
		k.agents = map[string]*agentClient{}
	}
	if k.agents[path] == nil {
		limit := k.AgentTimeout
		if limit <= 0 {
			limit = agentTimeout
		}
		k.agents[path] = &agentClient{path: path, limit: limit}
	}
	return k.agents[path]
}

var errNoIdentity = errors.New("no identity")

func (k *Keys) load(ctx context.Context, t transport.Target) *identity {
	if t.Identity != "" {
		return k.named(ctx, t)
	}
	for _, name := range defaultIdentities {
		candidate := filepath.Join(k.Home, ".ssh", name)
		if _, err := os.Stat(candidate); k.Home != "" && err == nil {
			t.Identity = candidate
			return k.named(ctx, t)
		}
	}
	if a := k.agent(t); a != nil {
		return onlyAgentKey(a, t)
	}
	return &identity{err: fmt.Errorf("%w: none is named, %s holds none of %v, and there is no agent",
		errNoIdentity, filepath.Join(k.Home, ".ssh"), defaultIdentities)}
}

// named returns the identity that a target names, a private or a public key, with
// its certificate.
func (k *Keys) named(ctx context.Context, t transport.Target) *identity {
	id := k.loadFile(ctx, t)
	if id.err == nil {
		id.certify(t)
	}
	return id
}

// maxKeyFile bounds the file of a key or a certificate, in bytes.
const maxKeyFile = 1 << 20

func (k *Keys) loadFile(ctx context.Context, t transport.Target) *identity {
	path := t.Identity
	from := "identity " + path
	text, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		if public, missing := readPublic(path + ".pub"); missing == nil {
			return k.held(t, public)
		}
	}
	if err != nil {
		return &identity{from: from, err: fmt.Errorf("identity can't be read: %w", err)}
	}
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return &identity{signer: signer, from: from}
	case errors.As(err, &encrypted):
		return k.unlock(ctx, t, text, encrypted.PublicKey)
	}
	if public, _, _, _, wrong := ssh.ParseAuthorizedKey(text); wrong == nil {
		return k.held(t, public)
	}
	return &identity{from: from, err: fmt.Errorf("identity %s is neither a private key nor a public one: %w", path, err)}
}

// held returns the identity of a public key whose private half an agent holds.
func (k *Keys) held(t transport.Target, public ssh.PublicKey) *identity {
	from := "identity " + t.Identity
	a := k.agent(t)
	if a == nil {
		return &identity{from: from, err: fmt.Errorf("identity %s: only the public key is there, and there is no agent to hold the private one", t.Identity)}
	}
	signers, err := a.keys()
	if err != nil {
		return &identity{from: from, err: fmt.Errorf("identity %s: only the public key is there: %w", t.Identity, err)}
	}
	key, own := plainKey(public)
	id := &identity{from: from + " (from the agent)"}
	if !id.take(a, signers, key) {
		return &identity{from: from, err: fmt.Errorf("identity %s: agent %s holds %d keys, and %s is none of them: ssh-add it",
			t.Identity, a.path, len(signers), ssh.FingerprintSHA256(key))}
	}
	if own != nil { // the file is itself a certificate
		id.cert = &certificate{Certificate: own, from: t.Identity, named: true}
	}
	return id
}

// take makes an agent's key the identity, and reports whether the agent holds it.
func (id *identity) take(a *agentClient, signers []ssh.Signer, key ssh.PublicKey) bool {
	plain, certified := holding(signers, key)
	if certified != nil {
		_, cert := plainKey(certified.PublicKey())
		id.cert = &certificate{Certificate: cert, from: "agent " + a.path, signer: certified}
	}
	id.signer = plain
	return plain != nil || certified != nil
}

// unlock opens an encrypted key: with the passphrase if the target names its
// source, else through the agent if that holds the same key, else by asking.
func (k *Keys) unlock(ctx context.Context, t transport.Target, text []byte, public ssh.PublicKey) *identity {
	from := "identity " + t.Identity
	if public == nil { // the old format does not contain it
		public, _ = readPublic(t.Identity + ".pub")
	}
	if a := k.agent(t); a != nil && public != nil && t.Passphrase == "" {
		id := &identity{from: from + " (from the agent)"}
		if signers, err := a.keys(); err == nil && id.take(a, signers, public) {
			return id
		}
	}
	if k.Passphrase == nil {
		return &identity{from: from, err: fmt.Errorf(
			"identity %s is encrypted, no agent holds it, and there is no terminal to ask on: load it with ssh-add, or say where the passphrase comes from with ssh.passphrase", t.Identity)}
	}
	secret, err := k.Passphrase(ctx, t)
	if err != nil {
		return &identity{from: from, err: fmt.Errorf("passphrase of %s: %w", t.Identity, err)}
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(text, secret)
	clear(secret)
	if err != nil {
		return &identity{from: from, err: fmt.Errorf("identity %s: %w", t.Identity, err)}
	}
	return &identity{signer: signer, from: from}
}

// onlyAgentKey returns the agent's key if it holds exactly one. Offering several
// keys locks accounts.
func onlyAgentKey(a *agentClient, t transport.Target) *identity {
	signers, err := a.keys()
	if err != nil {
		return &identity{from: "the agent", err: err}
	}
	var keys []ssh.PublicKey
	for _, s := range signers {
		key, _ := plainKey(s.PublicKey())
		if len(keys) == 0 || !sameKey(keys[0], key) { // a key and its certificate count as one
			keys = append(keys, key)
		}
	}
	switch len(keys) {
	case 0:
		return &identity{from: "the agent", err: fmt.Errorf("%w: none is named and agent %s holds none: ssh-add one", errNoIdentity, a.path)}
	case 1:
		id := &identity{from: "the agent's key " + ssh.FingerprintSHA256(keys[0])}
		id.take(a, signers, keys[0])
		id.certify(t)
		return id
	}
	return &identity{from: "the agent", err: fmt.Errorf(
		"agent %s holds %d keys: name one with --identity or ssh.identity, its .pub file is enough (only one is offered, so that accounts are not locked)", a.path, len(keys))}
}

// readSmall reads a file of at most maxKeyFile bytes.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > maxKeyFile {
		return nil, fmt.Errorf("%s: %d bytes are too many", path, info.Size())
	}
	return os.ReadFile(path)
}

// readPublic reads a public key or a certificate in the one-line format.
func readPublic(path string) (ssh.PublicKey, error) {
	text, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is neither a public key nor a certificate: %w", path, err)
	}
	return key, nil
}

// certificatePath returns the default path of an identity's certificate.
func certificatePath(identity string) string {
	return strings.TrimSuffix(identity, ".pub") + "-cert.pub"
}
