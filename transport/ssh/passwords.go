package ssh

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

// Use is what a password is for.
type Use string

// The uses of a password.
const (
	// ForLogin logs in; Target.Password says where it comes from.
	ForLogin Use = "login"
	// ForBecome makes a login root; Target.BecomePassword says where it comes
	// from.
	ForBecome Use = "become"
)

// Passwords gives the passwords of logins.
type Passwords interface {
	// Password returns the one that the target names for the use: not empty,
	// without a line end or NUL. It is asked once for all hosts with the same
	// source, login and use; its error is then theirs, too. The answer is the
	// caller's to clear.
	Password(ctx context.Context, use Use, target transport.Target) ([]byte, error)
}

// maxRefusals is how many hosts may refuse a password that none has taken
// before no further one gets it. One may have a password of its own; a wrong
// one that is sent to every host locks an account that all of them share.
const maxRefusals = 2

// keyring keeps the passwords of a run, those of logins and those of root alike. Until a host has taken one, one host at
// a time tries it.
type keyring struct {
	from Passwords

	mu  sync.Mutex
	all map[owner]*credential
}

// owner is whose password it is, and what for.
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

func (k *keyring) find(use Use, t transport.Target) *credential {
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
func (k *keyring) take(ctx context.Context, use Use, t transport.Target) (*try, error) {
	p, ours, err := k.hold(ctx, use, t)
	switch {
	case err != nil:
		return nil, err
	case !ours:
		return p.settled()
	}
	return &try{secret: bytes.Clone(p.secret), host: t.Name, of: p}, nil
}

// ready sees to it that the password of a target is at hand, or says why it
// can't be had, or is not to be tried any more.
func (k *keyring) ready(ctx context.Context, use Use, t transport.Target) error {
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

// hold takes the turn of a password and has it read, unless there is nothing
// left to find out: then the turn is not ours.
func (k *keyring) hold(ctx context.Context, use Use, t transport.Target) (p *credential, ours bool, err error) {
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

// known is the password of a target, once a host has taken it.
func (k *keyring) known(use Use, t transport.Target) (*try, error) {
	p := k.find(use, t)
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
		if !slices.Contains(p.refused, t.host) {
			p.refused = append(p.refused, t.host)
		}
		if len(p.refused) < maxRefusals {
			break
		}
		clear(p.secret)
		p.err = fmt.Errorf("%s refused it, and none has taken it: no further host gets it", strings.Join(p.refused, " and "))
		close(p.decided)
	}
	p.turn <- struct{}{}
}
