// Package wrap holds the decorators of a transport: each adds one concern to
// a Dialer and leaves the rest to the one below.
package wrap

import (
	"context"
	"sync"

	"github.com/cenkalti/backoff/v5"

	"aixmend/transport"
	"aixmend/transport/retry"
)

// runFunc is the body of a decorated connection's Run.
type runFunc func(context.Context, []transport.Command) (transport.Transcript, error)

// decorated is a connection with another Run and something to do after Close.
// It can move files if the inner one can.
type decorated struct {
	inner transport.Conn
	run   runFunc
	put   func(transport.Upload) error // consents to an upload; nil: every one
	after func()
	once  sync.Once
}

func (d *decorated) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	return d.run(ctx, commands)
}

// Link passes the inner connection's on, see transport.LinkOf.
func (d *decorated) Link() transport.Link { return transport.LinkOf(d.inner) }

func (d *decorated) Close() error {
	err := d.inner.Close()
	if d.after != nil {
		d.once.Do(d.after)
	}
	return err
}

// Gate is asked before every command that may change a host; its error keeps
// the command from the host.
type Gate func(transport.Target, transport.Command) error

// Shut is the gate of the read-only verbs.
func Shut(transport.Target, transport.Command) error { return transport.ErrGateShut }

// Gated returns a dialler on whose connections no mutating command passes
// without the gate's consent, and no upload, which the gate sees as
// transport.UploadCommand. It is the only place that lets one pass: nothing
// above it can reach a host otherwise. A mutating command travels alone.
func Gated(inner transport.Dialer, gate Gate) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		conn, err := inner.Dial(ctx, target)
		if err != nil {
			return nil, err
		}
		run := func(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
			for i, c := range commands {
				if !c.Mutating {
					continue
				}
				// Alone, or behind the one answer without which it is not run.
				if fenced := i == 1 && len(commands) == 2 && commands[0].Require != ""; len(commands) > 1 && !fenced {
					return notRun(commands), errNotAlone(target, c)
				}
				if err := gate(target, c); err != nil {
					return notRun(commands), err
				}
			}
			return conn.Run(ctx, commands)
		}
		put := func(up transport.Upload) error { return gate(target, transport.UploadCommand(up)) }
		return &decorated{inner: conn, run: run, put: put}, nil
	})
}

// notRun is the transcript of commands that did not reach the host.
func notRun(commands []transport.Command) transport.Transcript {
	t := transport.Transcript{Results: make([]transport.Result, len(commands))}
	for i, c := range commands {
		t.Results[i] = transport.Result{ID: c.ID, Err: transport.ErrNotRun}
	}
	return t
}

// Window is how many connections of one kind may be open at one time.
type Window struct{ places chan struct{} }

// NewWindow returns a window of n places, 1 or more.
func NewWindow(n int) *Window { return &Window{places: make(chan struct{}, n)} }

// Places gives targets their places in windows of concurrency. It is safe for
// concurrent use.
type Places struct {
	windows func(transport.Target) []*Window

	mu   sync.Mutex
	kept map[string][]*Window // by the target's name: taken, and not used yet
}

// NewPlaces returns the places of a run: windows names those that a target needs,
// in one order for all targets, the narrower first, or targets that wait for a
// narrow one hold the places of others.
func NewPlaces(windows func(transport.Target) []*Window) *Places {
	return &Places{windows: windows, kept: map[string][]*Window{}}
}

// Await waits for the target's places, and keeps them for its next Dial. Who waits
// here need not have begun anything. Its error is that ctx has ended.
func (p *Places) Await(ctx context.Context, target transport.Target) error {
	taken, err := p.take(ctx, target)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept[target.Name] = taken
	return nil
}

// Leave gives back what Await has kept and no Dial has used.
func (p *Places) Leave(target transport.Target) { leave(p.keptFor(target)) }

// keptFor returns what is kept for a target, and keeps it no more; nil: nothing is.
func (p *Places) keptFor(target transport.Target) []*Window {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.kept[target.Name]
	delete(p.kept, target.Name)
	return taken
}

func leave(taken []*Window) {
	for _, w := range taken {
		<-w.places
	}
}

func (p *Places) take(ctx context.Context, target transport.Target) ([]*Window, error) {
	windows := p.windows(target)
	for i, w := range windows {
		select {
		case w.places <- struct{}{}:
		case <-ctx.Done():
			leave(windows[:i])
			return nil, &transport.Error{Kind: transport.KindCanceled, Op: "wait for a place", Host: target.Name, Err: context.Cause(ctx)}
		}
	}
	return windows, nil
}

// Limited returns a dialler that opens a connection only with the target's places:
// those that are kept for it, else Dial waits for them. They are free again when
// the connection is closed: a host that waits without a connection holds none.
func Limited(inner transport.Dialer, places *Places) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		taken := places.keptFor(target)
		if taken == nil {
			var err error
			if taken, err = places.take(ctx, target); err != nil {
				return nil, err
			}
		}
		conn, err := inner.Dial(ctx, target)
		if err != nil {
			leave(taken)
			return nil, err
		}
		return &decorated{inner: conn, run: conn.Run, after: func() { leave(taken) }}, nil
	})
}

// Retried returns a dialler that dials again by a rule, where that can help (see
// Kind.Temporary). It never repeats a command.
func Retried(inner transport.Dialer, rule retry.Rule) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		pause := &backoff.ExponentialBackOff{InitialInterval: rule.First, RandomizationFactor: rule.Jitter, Multiplier: rule.Factor, MaxInterval: rule.Max}
		conn, err := backoff.Retry(ctx, func() (transport.Conn, error) {
			conn, err := inner.Dial(ctx, target)
			if err != nil && !worthAnother(err) {
				return nil, backoff.Permanent(err)
			}
			return conn, err
		}, backoff.WithBackOff(pause), backoff.WithMaxTries(uint(rule.Attempts)))
		if err != nil && ctx.Err() != nil && transport.KindOf(err) == "" { // cancelled between two tries
			err = &transport.Error{Kind: transport.KindCanceled, Op: "wait for another try", Host: target.Name, Err: err}
		}
		return conn, err
	})
}

// worthAnother tells whether another try may help; a timeout has waited long
// enough.
func worthAnother(err error) bool {
	kind := transport.CauseOf(err)
	return kind.Temporary() && kind != transport.KindTimeout
}
