// Package wrap decorates a transport with a gate for changes, a limit of open connections,
// and retries: each decorator
// adds one concern to a Dialer and leaves the rest to the one below.
package wrap

import (
	"context"
	"slices"
	"sync"

	"github.com/cenkalti/backoff/v5"

	"aixmend/transport"
	"aixmend/transport/retry"
)

// runFunc is the body of a decorated connection's Run.
type runFunc func(context.Context, []transport.Command) (transport.Transcript, error)

// decorated is a connection with another Run and a callback after Close. It can move
// files if the inner one can.
type decorated struct {
	inner transport.Conn
	run   runFunc
	put   func(transport.Upload) error // consents to an upload; nil: to all
	after func()
	once  sync.Once
}

func (d *decorated) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	return d.run(ctx, commands)
}

// Link returns the link of the inner connection, see transport.LinkOf.
func (d *decorated) Link() transport.Link { return transport.LinkOf(d.inner) }

func (d *decorated) Close() error {
	err := d.inner.Close()
	if d.after != nil {
		d.once.Do(d.after)
	}
	return err
}

// Gate is asked before every command that may change a host. If it returns an error
// the command is not sent.
type Gate func(transport.Target, transport.Command) error

// Shut is the gate of the read-only verbs.
func Shut(transport.Target, transport.Command) error { return transport.ErrGateShut }

// Gated returns a dialler whose connections send no mutating command and no upload
// without the gate's consent; the gate sees an upload as transport.UploadCommand.
// It is the only way to a host for everything above it. A mutating command is sent
// alone, or behind its fence.
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
				// Alone, or behind the one command whose answer it requires.
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

// notRun returns the transcript of commands that were not sent.
func notRun(commands []transport.Command) transport.Transcript {
	t := transport.Transcript{Results: make([]transport.Result, len(commands))}
	for i, c := range commands {
		t.Results[i] = transport.Result{ID: c.ID, Err: transport.ErrNotRun}
	}
	return t
}

// Window bounds the connections of one kind that are open at one time.
type Window struct{ slots chan struct{} }

// NewWindow returns a window of n slots, 1 or more.
func NewWindow(n int) *Window { return &Window{slots: make(chan struct{}, n)} }

// Slots gives targets their slots in windows of concurrency. It is safe for
// concurrent use.
type Slots struct {
	windows func(name string) []*Window

	mu   sync.Mutex
	kept map[string][]*Window // by the target's name: taken but not used yet
}

// NewSlots returns the slots of a run. windows returns the windows that a target, by its name,
// needs, in one order for all targets and the narrower first: otherwise targets that
// wait for a narrow one hold slots that others could use.
func NewSlots(windows func(name string) []*Window) *Slots {
	return &Slots{windows: windows, kept: map[string][]*Window{}}
}

// Each waits for the slots of each of some targets, by their names, keeps them for its next Dial,
// and begins it. When ctx ends, it begins the others without slots. A goroutine waits for all
// targets that need the same windows: the one in front is the next.
func (s *Slots) Each(ctx context.Context, names []string, begin func(name string)) {
	var waits sync.WaitGroup
	for _, lane := range s.lanes(names) {
		waits.Go(func() {
			for _, name := range lane {
				_ = s.Await(ctx, name)
				begin(name)
			}
		})
	}
	waits.Wait()
}

// lanes divides targets into those that need the same windows, in their order.
func (s *Slots) lanes(names []string) [][]string {
	var lanes [][]string
	var windows [][]*Window // of each lane
	for _, name := range names {
		of := s.windows(name)
		at := slices.IndexFunc(windows, func(other []*Window) bool { return slices.Equal(of, other) })
		if at < 0 {
			at = len(lanes)
			lanes, windows = append(lanes, nil), append(windows, of)
		}
		lanes[at] = append(lanes[at], name)
	}
	return lanes
}

// Await waits for the target's slots and keeps them for its next Dial. A waiting
// target needs no other state. Its error is the end of ctx.
func (s *Slots) Await(ctx context.Context, name string) error {
	taken, err := s.take(ctx, name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[name] = taken
	return nil
}

// Leave releases slots that Await has taken and no Dial has used.
func (s *Slots) Leave(name string) { leave(s.keptFor(name)) }

// keptFor hands over the slots that are kept for a target; nil: none are.
func (s *Slots) keptFor(name string) []*Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.kept[name]
	delete(s.kept, name)
	return taken
}

func leave(taken []*Window) {
	for _, w := range taken {
		<-w.slots
	}
}

func (s *Slots) take(ctx context.Context, name string) ([]*Window, error) {
	windows := s.windows(name)
	for i, w := range windows {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			leave(windows[:i])
			return nil, &transport.Error{Kind: transport.KindCanceled, Op: "wait for a slot", Host: name, Err: context.Cause(ctx)}
		}
	}
	return windows, nil
}

// Limited returns a dialler that opens a connection only with the target's slots:
// those that Await has kept, else Dial waits for them. Close releases them, so a host
// that waits without a connection holds none.
func Limited(inner transport.Dialer, slots *Slots) transport.Dialer {
	return transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		taken := slots.keptFor(target.Name)
		if taken == nil {
			var err error
			if taken, err = slots.take(ctx, target.Name); err != nil {
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

// Retried returns a dialler that tries again by a rule where trying again may help
// (see Kind.Temporary). It never repeats a command.
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

// worthAnother reports whether another try may help; a timeout has waited long
// enough.
func worthAnother(err error) bool {
	kind := transport.CauseOf(err)
	return kind.Temporary() && kind != transport.KindTimeout
}
