// Package auth authenticates a login on a host: with one key or certificate, and then with
// a password where there is one. Each is shown once to a host, so
// that no account is locked.
package auth

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
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
	// Identity. The target's Passphrase names its source; empty: a person. tries is how
	// many were wrong before: only a person is asked again, else it is passwords.ErrSameAgain. The
	// caller clears the answer. nil: there is nobody to ask.
	Passphrase func(ctx context.Context, target transport.Target, tries int) ([]byte, error)

	mu       sync.Mutex
	known    map[claim]*found
	unlocked map[lock]*found
	agents   map[string]*agentClient
}

// Signer returns the signer of the identity of a target for use outside of a login, and its name in
// messages. It is the plain key, or the certificate where the target names one or the agent holds
// no plain key.
func (k *Keys) Signer(ctx context.Context, t transport.Target) (signer ssh.Signer, name string, err error) {
	id, err := k.find(ctx, t)
	switch {
	case err != nil:
		return nil, "", err
	case id.cert == nil || !id.cert.named && id.signer != nil:
		return id.signer, id.from, nil
	case id.cert.signer != nil:
		return id.cert.signer, id.from, nil
	}
	signer, err = ssh.NewCertSigner(id.cert.Certificate, id.signer)
	return signer, id.from, err
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
	err    error    // why there is none
	others []string // the default identities behind it
}

// defaultIdentities are tried in this order for targets that name none.
var defaultIdentities = []string{"id_ed25519", "id_ecdsa", "id_rsa"}

// find returns the identity of a target. It remembers failures too, unless the run
// was stopped meanwhile.
func (k *Keys) find(ctx context.Context, t transport.Target) (*identity, error) {
	return once(ctx, k, &k.known, claim{t.Identity, t.Certificate, t.Agent, t.Passphrase}, func() *identity { return k.load(ctx, t) })
}

// once returns the result of look, which one caller of a key makes and all share.
func once[K comparable](ctx context.Context, k *Keys, all *map[K]*found, key K, look func() *identity) (*identity, error) {
	k.mu.Lock()
	if *all == nil {
		*all = map[K]*found{}
	}
	f := (*all)[key]
	if f == nil {
		f = &found{turn: make(chan struct{}, 1)}
		(*all)[key] = f
	}
	k.mu.Unlock()
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-f.turn }()
	if f.id == nil {
		id := look()
		if ctx.Err() != nil || errors.Is(id.err, context.Canceled) {
			return nil, id.err
		}
		f.id = id
	}
	return f.id, f.id.err
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

// without is the identity that can't be had, and why.
func without(from string, c cause.Cause, format string, args ...any) *identity {
	return &identity{from: from, err: cause.Because(c, fmt.Errorf(format, args...))}
}

func (k *Keys) load(ctx context.Context, t transport.Target) *identity {
	if t.Identity != "" {
		return k.named(ctx, t)
	}
	var there []string
	for _, name := range defaultIdentities {
		candidate := filepath.Join(k.Home, ".ssh", name)
		if _, err := os.Stat(candidate); k.Home != "" && err == nil {
			there = append(there, candidate)
		}
	}
	if len(there) > 0 {
		t.Identity = there[0]
		id := k.named(ctx, t)
		id.others = there[1:]
		return id
	}
	if a := k.agent(t); a != nil {
		return onlyAgentKey(a, t)
	}
	return without("", cause.NoKey, "none is named, %s holds none of %s, and there is no agent",
		filepath.Join(k.Home, ".ssh"), strings.Join(defaultIdentities, ", "))
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
	text, info, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		if public, missing := readPublic(path + ".pub"); missing == nil {
			return k.held(t, public)
		}
	}
	if err != nil {
		return without(from, unreadable(err), "identity %w", plain.Error(err))
	}
	defer clear(text)
	block, _ := pem.Decode(text)
	if block == nil {
		if public, _, _, _, wrong := ssh.ParseAuthorizedKey(text); wrong == nil {
			return k.held(t, public)
		}
	}
	if other := otherFormat(path, text, block); other != "" {
		return without(from, cause.NotAKey, "identity %s is %s", path, other)
	}
	if err := ownership.Private(path, info); err != nil {
		c := cause.KeyOpen
		if !ownership.Mine(info) {
			c = cause.KeyForeign
		}
		return without(from, c, "identity refused: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return &identity{signer: signer, from: from}
	case errors.As(err, &encrypted):
		return k.unlock(ctx, t, text, encrypted.PublicKey)
	}
	if public, missing := readPublic(path + ".pub"); missing == nil && strings.HasPrefix(public.Type(), "sk-") {
		return k.held(t, public) // the file of a security key only names the key: the agent talks to it
	}
	return without(from, cause.NotAKey, "identity %s is not a private key that can be read: %w", path, fault.Detail(err))
}

// unreadable returns the cause for a key file that can't be read.
func unreadable(err error) cause.Cause {
	if errors.Is(err, fs.ErrNotExist) {
		return cause.KeyMissing
	}
	return cause.KeyUnreadable
}

// held returns the identity of a public key whose private half an agent holds.
func (k *Keys) held(t transport.Target, public ssh.PublicKey) *identity {
	from := "identity " + t.Identity
	a := k.agent(t)
	if a == nil {
		return without(from, cause.PrivateMissing, "identity %s: only the public key is there, and there is no agent to hold the private one", t.Identity)
	}
	signers, err := a.keys()
	if err != nil {
		return without(from, cause.AgentFailed, "identity %s: only the public key is there: %w", t.Identity, err)
	}
	key, own := plainKey(public)
	id := &identity{from: from + " (from the agent)"}
	if !id.take(a, signers, key) {
		return without(from, cause.PrivateMissing, "identity %s: agent %s holds %d keys, and %s is none of them: ssh-add it",
			t.Identity, a.path, len(signers), ssh.FingerprintSHA256(key))
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

// onlyAgentKey returns the agent's key if it holds exactly one. Offering several
// keys locks accounts.
func onlyAgentKey(a *agentClient, t transport.Target) *identity {
	signers, err := a.keys()
	if err != nil {
		return without("the agent", cause.AgentFailed, "%w", err)
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
		return without("the agent", cause.NoKey, "none is named and agent %s holds none: ssh-add one", a.path)
	case 1:
		id := &identity{from: "the agent's key " + ssh.FingerprintSHA256(keys[0])}
		id.take(a, signers, keys[0])
		id.certify(t)
		return id
	}
	return without("the agent", cause.SeveralKeys,
		"agent %s holds %d keys: name one with --identity or ssh.identity, its .pub file is enough (only one is offered, so that accounts are not locked)", a.path, len(keys))
}

// readSmall reads a file of at most maxKeyFile bytes. The information is that of the
// file that was read, behind all links.
func readSmall(path string) ([]byte, fs.FileInfo, error) {
	file, info, err := ownership.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if len(text) > maxKeyFile {
		err = fmt.Errorf("%s: more than %d bytes are too many", path, maxKeyFile)
	}
	return text, info, err
}

// readPublic reads a public key or a certificate in the one-line format.
func readPublic(path string) (ssh.PublicKey, error) {
	text, _, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is neither a public key nor a certificate%w", path, plain.Silent(err))
	}
	return key, nil
}

// certificatePath returns the default path of an identity's certificate.
func certificatePath(identity string) string {
	return strings.TrimSuffix(identity, ".pub") + "-cert.pub"
}
