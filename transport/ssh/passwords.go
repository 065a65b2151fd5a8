package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"aixmend/transport"
)

// Passwords gives the passwords with which logins become root.
type Passwords interface {
	// Password returns what target.BecomePassword names: not empty, without a
	// line end or NUL. It is asked once for all hosts with the same source,
	// login and way to become root; its error is then theirs, too. The answer
	// is the caller's to clear.
	Password(ctx context.Context, target transport.Target) ([]byte, error)
}

// maxRefusals is how many hosts may refuse a password that none has taken
// before no further one gets it. One may have a password of its own; a wrong
// one that is sent to every host locks an account that all of them share.
const maxRefusals = 2

// keyring keeps the passwords of a run. Until a host has taken one, one host at
// a time tries it.
type keyring struct {
	from Passwords

	mu  sync.Mutex
	all map[owner]*credential
}

// owner is whose password it is.
type owner struct{ source, become, user string }

// credential is one password and what is known about it.
type credential struct {
	turn    chan struct{} // full while nobody tries it
	decided chan struct{} // closed when there is nothing left to find out

	// What follows belongs to who has the turn, and is fixed once decided.
	secret  []byte
	refused []string // hosts
	err     error
}

func newKeyring(from Passwords) *keyring {
	return &keyring{from: from, all: map[owner]*credential{}}
}

func (k *keyring) find(t transport.Target) *credential {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := owner{t.BecomePassword, t.Become, t.User}
	p := k.all[a]
	if p == nil {
		p = &credential{turn: make(chan struct{}, 1), decided: make(chan struct{})}
		p.turn <- struct{}{}
		k.all[a] = p
	}
	return p
}

// How a try ended.
const (
	tryOpen = iota // it was not asked for, or nobody knows
	tryTaken
	tryRefused
)

// try is a password on its way to one host.
type try struct {
	secret []byte // the caller clears it
	host   string
	of     *credential // nil once it is known that a host takes it
}

// take waits for the turn to try the password of a target. The caller ends the
// try.
func (k *keyring) take(ctx context.Context, t transport.Target) (*try, error) {
	if k.from == nil {
		return nil, errors.New("there is nobody to ask for it")
	}
	p := k.find(t)
	select {
	case <-p.decided:
		return p.settled()
	case <-p.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-p.decided: // both were ready
		p.turn <- struct{}{}
		return p.settled()
	default:
	}
	if p.secret == nil {
		secret, err := k.from.Password(ctx, t)
		switch {
		case ctx.Err() != nil:
			clear(secret)
			p.turn <- struct{}{}
			return nil, ctx.Err()
		case err != nil:
			p.err = err
			close(p.decided)
			return nil, err
		}
		p.secret = secret
	}
	return &try{secret: bytes.Clone(p.secret), host: t.Name, of: p}, nil
}

// known is the password of a target, once a host has taken it.
func (k *keyring) known(t transport.Target) (*try, error) {
	p := k.find(t)
	select {
	case <-p.decided:
		return p.settled()
	default:
		return nil, errors.New("no host has taken it yet")
	}
}

// settled is a try of a password of which all is known.
func (p *credential) settled() (*try, error) {
	if p.err != nil {
		return nil, p.err
	}
	return &try{secret: bytes.Clone(p.secret)}, nil
}

// line is the password as the tool reads it, and what comes after it. The
// try's own copy is cleared.
func (t *try) line(after string) []byte {
	line := make([]byte, len(t.secret)+1+len(after))
	copy(line, t.secret)
	copy(line[len(t.secret):], "\n"+after)
	clear(t.secret)
	return line
}

// end says how the try ended; only the first time counts.
func (t *try) end(how int) {
	p := t.of
	if p == nil {
		return
	}
	t.of = nil
	switch how {
	case tryTaken:
		close(p.decided)
	case tryRefused:
		if p.refused = append(p.refused, t.host); len(p.refused) < maxRefusals {
			break
		}
		clear(p.secret)
		p.err = fmt.Errorf("%s refused it, and none has taken it: no further host gets it", strings.Join(p.refused, " and "))
		close(p.decided)
	}
	p.turn <- struct{}{}
}
