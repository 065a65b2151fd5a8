// Package passwords hands the passwords of a run to its connections. Until a host has
// accepted a password, one host at a time tries it, so that a wrong one locks no account.
package passwords

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"aixmend/transport"
)

// Use is the purpose of a password.
type Use string

// The uses of a password.
const (
	// ForLogin logs in; Target.Password names its source.
	ForLogin Use = "login"
	// ForBecome makes a login root; Target.BecomePassword names its source.
	ForBecome Use = "become"
)

// Source provides the passwords.
type Source interface {
	// Password returns the password that the target names for the use: not empty,
	// without a line end or NUL. It is called once for all hosts with the same
	// source, login and use, which share its error too. The caller clears the
	// answer.
	Password(ctx context.Context, use Use, target transport.Target) ([]byte, error)
}

// maxRefusals is the number of hosts that may refuse a password before it is sent
// to no further one. A single host may have a password of its own; a wrong password
// that is sent to every host locks an account that all of them share.
const maxRefusals = 2

// Keyring keeps the passwords of a run. It is safe for concurrent use.
type Keyring struct {
	from Source

	mu  sync.Mutex
	all map[owner]*credential
}

// owner tells passwords apart.
type owner struct {
	use                  Use
	source, become, user string
}

func ownerOf(use Use, t transport.Target) owner {
	if use == ForLogin {
		return owner{use: use, source: t.Password, user: t.User}
	}
	return owner{use: use, source: t.BecomePassword, become: t.Become, user: t.User}
}

// credential is one password and the answers of the hosts that tried it.
type credential struct {
	turn    chan struct{} // full while nobody tries it
	decided chan struct{} // closed once it is known to be right, or is given up

	// The rest belongs to the holder of the turn, and no longer changes once
	// decided.
	secret  []byte
	refused []string // the hosts that refused it
	err     error
}

// NewKeyring returns a keyring with the passwords of a source; nil: there are none.
func NewKeyring(from Source) *Keyring {
	return &Keyring{from: from, all: map[owner]*credential{}}
}

func (k *Keyring) find(use Use, t transport.Target) *credential {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := ownerOf(use, t)
	p := k.all[a]
	if p == nil {
		p = &credential{turn: make(chan struct{}, 1), decided: make(chan struct{})}
		p.turn <- struct{}{}
		k.all[a] = p
	}
	return p
}

// Outcome is the result of a try.
type Outcome int

// The outcomes of a try.
const (
	// Open: the password was not asked for, or the answer was lost.
	Open Outcome = iota
	// Accepted: the host accepted the password.
	Accepted
	// Refused: the host refused the password.
	Refused
)

// Try is a password on its way to one host.
type Try struct {
	secret []byte
	host   string
	of     *credential // nil once a host has accepted it
}

// Take waits for the turn to try the password of a target. The caller ends the try.
// Once a host has accepted the password there is no turn to wait for.
func (k *Keyring) Take(ctx context.Context, use Use, t transport.Target) (*Try, error) {
	p, ours, err := k.hold(ctx, use, t)
	switch {
	case err != nil:
		return nil, err
	case !ours:
		return p.settled()
	}
	return &Try{secret: bytes.Clone(p.secret), host: t.Name, of: p}, nil
}

// Ready obtains the password of a target without a try. Its error says why there is
// none, or why it must not be tried again.
func (k *Keyring) Ready(ctx context.Context, use Use, t transport.Target) error {
	p, ours, err := k.hold(ctx, use, t)
	switch {
	case err != nil:
		return err
	case ours:
		p.turn <- struct{}{}
		return nil
	}
	return p.err
}

// hold takes the turn of a password and obtains it, unless it is decided: then ours
// is false.
func (k *Keyring) hold(ctx context.Context, use Use, t transport.Target) (p *credential, ours bool, err error) {
	if k.from == nil {
		return nil, false, errors.New("there is nobody to ask for it")
	}
	p = k.find(use, t)
	select {
	case <-p.decided:
		return p, false, nil
	case <-p.turn:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	select {
	case <-p.decided: // both were ready
		p.turn <- struct{}{}
		return p, false, nil
	default:
	}
	if p.secret == nil {
		secret, err := k.from.Password(ctx, use, t)
		switch {
		case ctx.Err() != nil:
			clear(secret)
			p.turn <- struct{}{}
			return nil, false, ctx.Err()
		case err != nil:
			p.err = err
			close(p.decided)
			return nil, false, err
		}
		p.secret = secret
	}
	return p, true, nil
}

// Known returns the password of a target if a host has accepted it.
func (k *Keyring) Known(use Use, t transport.Target) (*Try, error) {
	p := k.find(use, t)
	select {
	case <-p.decided:
		return p.settled()
	default:
		return nil, errors.New("no host has accepted it yet")
	}
}

// settled returns a try of a password that is decided.
func (p *credential) settled() (*Try, error) {
	if p.err != nil {
		return nil, p.err
	}
	return &Try{secret: bytes.Clone(p.secret)}, nil
}

// Line returns the password with a line end, and after behind it. It clears the
// try's own copy; the caller clears the line.
func (t *Try) Line(after string) []byte {
	line := make([]byte, len(t.secret)+1+len(after))
	copy(line, t.secret)
	copy(line[len(t.secret):], "\n"+after)
	clear(t.secret)
	return line
}

// Text returns the password for callers that take no bytes, and clears the try's
// own copy.
func (t *Try) Text() string {
	text := string(t.secret)
	clear(t.secret)
	return text
}

// Clear clears the try's copy of the password.
func (t *Try) Clear() { clear(t.secret) }

// End ends the try and passes the turn on; only the first call counts.
func (t *Try) End(how Outcome) {
	p := t.of
	if p == nil {
		return
	}
	t.of = nil
	switch how {
	case Open:
	case Accepted:
		close(p.decided)
	case Refused:
		if !slices.Contains(p.refused, t.host) {
			p.refused = append(p.refused, t.host)
		}
		if len(p.refused) < maxRefusals {
			break
		}
		clear(p.secret)
		p.err = fmt.Errorf("%s refused it, and none has accepted it: no further host gets it", strings.Join(p.refused, " and "))
		close(p.decided)
	}
	p.turn <- struct{}{}
}
