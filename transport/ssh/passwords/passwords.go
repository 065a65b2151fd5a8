// Package passwords hands the passwords of a run to its connections. Until a host has
// accepted a password, one host at a time tries it, so that a wrong one locks no account.
package passwords

import (
	"bytes"
	"context"
	"errors"
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

// ErrSameAgain is the answer for a passphrase that was wrong, from a source that would
// give the same one again.
var ErrSameAgain = errors.New("its source gives the same one again")

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
	// decided, except that the keyring may be cleared.
	secret  kept
	refused []string // the hosts that refused it
	err     error
}

// kept holds one password.
type kept struct {
	mu    sync.Mutex
	text  []byte
	empty bool // it was cleared
}

var errCleared = errors.New("the run has ended, and its passwords are forgotten")

// hold keeps text, which it owns from then on.
func (k *kept) hold(text []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.empty {
		clear(text)
		return
	}
	k.text = text
}

// full reports whether there is a password, or was one.
func (k *kept) full() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text != nil || k.empty
}

// copy returns a copy that the caller clears.
func (k *kept) copy() ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.empty {
		return nil, errCleared
	}
	return bytes.Clone(k.text), nil
}

func (k *kept) clear() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.text)
	k.empty = true
}

// Withheld is the error of a password that too many hosts have refused.
type Withheld struct{ by []string }

// Error names the hosts.
func (w *Withheld) Error() string {
	return strings.Join(w.by, " and ") + " refused it, and none has accepted it: no further host gets it"
}

// NewKeyring returns a keyring with the passwords of a source; nil: there are none.
func NewKeyring(from Source) *Keyring {
	return &Keyring{from: from, all: map[owner]*credential{}}
}

// Clear overwrites the passwords: there are none any more. Copies that are on their way
// to a host are cleared by those who took them.
func (k *Keyring) Clear() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range k.all {
		p.secret.clear()
	}
	k.from = nil
}

func (k *Keyring) source() Source {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.from
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
	secret, err := p.secret.copy()
	if err != nil {
		p.turn <- struct{}{}
		return nil, err
	}
	return &Try{secret: secret, host: t.Name, of: p}, nil
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
	from := k.source()
	if from == nil {
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
	if !p.secret.full() {
		secret, err := from.Password(ctx, use, t)
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
		p.secret.hold(secret)
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
	secret, err := p.secret.copy()
	return &Try{secret: secret}, err
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

// mask stands for a password in a text of a host. It is shorter than any password in an
// answer, so that no bound is exceeded.
const mask = "***"

// minInAnswer is the shortest password that is masked in the answer of a command too, in
// bytes. A shorter one may be a word of the answer.
const minInAnswer = 8

// Mask returns a host's text with the password of line, as Line returned it, masked: a
// shell may send its input back. An answer is the output of a command.
func Mask(text, line []byte, answer bool) []byte {
	secret, _, _ := bytes.Cut(line, []byte("\n"))
	if len(secret) == 0 || answer && len(secret) < minInAnswer || !bytes.Contains(text, secret) {
		return text
	}
	masked := bytes.ReplaceAll(text, secret, []byte(mask))
	clear(text)
	return masked
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
		p.secret.clear()
		p.err = &Withheld{p.refused}
		close(p.decided)
	}
	p.turn <- struct{}{}
}
