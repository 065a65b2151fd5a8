// Package wrap holds the decorators of a transport: each adds one concern to
// a Dialer and leaves the rest to the one below.
package wrap

import (
	"context"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"aixmend/transport"
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
			for _, c := range commands {
				if !c.Mutating {
					continue
				}
				if len(commands) > 1 {
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

// Limited returns a dialler that opens a connection only with a place in each
// window that windows names for the target. Dial waits for the places, in
// their order; they are free again when the connection is closed: a host that
// waits without a connection holds none. Where targets share several windows,
// windows must name them in one order, the narrower first, or hosts that wait
// for a narrow one hold the places of others.
func Limited(inner transport.Dialer, windows func(transport.Target) []*Window) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		var taken []*Window
		leave := func() {
			for _, w := range taken {
				<-w.places
			}
		}
		for _, w := range windows(target) {
			select {
			case w.places <- struct{}{}:
				taken = append(taken, w)
			case <-ctx.Done():
				leave()
				return nil, &transport.Error{Kind: transport.KindCanceled, Op: "wait for a place", Host: target.Name, Err: context.Cause(ctx)}
			}
		}
		conn, err := inner.Dial(ctx, target)
		if err != nil {
			leave()
			return nil, err
		}
		return &decorated{inner: conn, run: conn.Run, after: leave}, nil
	})
}

// Retried returns a dialler that tries again, tries times in all and with
// growing jittered waits from wait on, where trying again can help (see
// Kind.Temporary). It never repeats a command.
func Retried(inner transport.Dialer, tries uint, wait time.Duration) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		pause := backoff.NewExponentialBackOff()
		pause.InitialInterval = wait
		conn, err := backoff.Retry(ctx, func() (transport.Conn, error) {
			conn, err := inner.Dial(ctx, target)
			if err != nil && !worthAnother(err) {
				return nil, backoff.Permanent(err)
			}
			return conn, err
		}, backoff.WithBackOff(pause), backoff.WithMaxTries(tries))
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
