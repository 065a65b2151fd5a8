package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

	"aixmend/transport"
	"aixmend/transport/retry"
)

// bastionRate is how many connections a second are asked of a bastion when
// nobody says.
const bastionRate = 100

// bastionBurst is how many connections are asked of a bastion at once, before
// its rate holds.
const bastionBurst = 20

// bastion is a host on the way to others, with the one connection that they
// share.
type bastion struct {
	all    *bastions
	target transport.Target
	via    *bastion // nil: it is reached from this machine
	names  []string // of the way to it, its own last
	limit  *rate.Limiter

	mu     sync.Mutex
	trunk  *trunk                      // nil: none
	call   *call                       // the dial that is under way, nil: none
	err    error                       // of the last dial
	until  time.Time                   // err is remembered so long; zero: as long as the run
	memory *backoff.ExponentialBackOff // nil: the last dial did not fail
}

// call is one dial, for all who wait for it.
type call struct {
	done  chan struct{}
	trunk *trunk
	err   error
}

// name is the bastion's own.
func (b *bastion) name() string { return b.target.Name }

// connection gives the shared connection. The first to come dials it; when that
// fails, nobody dials again before the failure is forgotten. Its error is a
// *jumpError, or ctx's.
func (b *bastion) connection(ctx context.Context) (*trunk, error) {
	b.mu.Lock()
	if b.trunk != nil && b.trunk.lost() == nil {
		defer b.mu.Unlock()
		return b.trunk, nil
	}
	if b.err != nil && (b.until.IsZero() || time.Now().Before(b.until)) {
		defer b.mu.Unlock()
		return nil, b.err
	}
	if b.call == nil {
		one := &call{done: make(chan struct{})}
		if !b.all.goes(func() { b.dial(one) }) {
			defer b.mu.Unlock()
			return nil, bastionTrouble(b.name(), errClosed)
		}
		b.call = one
	}
	waiting := b.call
	b.mu.Unlock()
	select {
	case <-waiting.done:
		return waiting.trunk, waiting.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// dial connects to the bastion and remembers what came of it.
func (b *bastion) dial(one *call) {
	life := b.all.life
	a := &attempt{dialer: b.all.dialer, target: b.target, phase: "dial"}
	a.watching = true
	inner, err := a.connect(life, b.via)
	if err != nil {
		err = a.explain(life, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.call = nil
	if one.err = b.remember(err); one.err == nil {
		one.trunk = &trunk{bastion: b, conn: inner, network: a.watch}
		b.trunk = one.trunk
		if !b.all.goes(one.trunk.attend) {
			_ = inner.Close()
		}
	}
	close(one.done)
}

// remember keeps the error of a dial, and gives it as all who wait get it.
func (b *bastion) remember(err error) error {
	b.err, b.until = nil, time.Time{}
	if err == nil {
		b.memory = nil
		return nil
	}
	outer := bastionTrouble(b.name(), err)
	var nearer *jumpError
	if errors.As(err, &nearer) {
		if outer = nearer; b.via == nil { // its own proxy command, else a bastion before this one
			outer = bastionTrouble(b.name(), nearer)
		}
	}
	switch kind := transport.CauseOf(err); {
	case kind == transport.KindCanceled: // closed: nobody comes any more
		return outer
	case kind.Temporary():
		if b.memory == nil {
			rule := retry.Bastion
			b.memory = &backoff.ExponentialBackOff{InitialInterval: rule.First, RandomizationFactor: rule.Jitter, Multiplier: rule.Factor, MaxInterval: rule.Max}
		}
		b.until = time.Now().Add(b.memory.NextBackOff())
	}
	b.err = outer
	return outer
}

// turn waits until the bastion may be asked for one more connection.
func (b *bastion) turn(ctx context.Context) error {
	if err := b.limit.Wait(ctx); err == nil {
		return nil
	}
	<-ctx.Done() // or its end would come before the turn
	return context.Cause(ctx)
}

// close ends the connection.
func (b *bastion) close() {
	b.mu.Lock()
	trunk := b.trunk
	b.mu.Unlock()
	if trunk != nil {
		trunk.conn.Abort(errClosed)
	}
}

// trunk is one connection to a bastion.
type trunk struct {
	bastion *bastion
	conn    *conn
	network *watched
}

// attend waits for the end of the connection, and ends what is left of it.
func (l *trunk) attend() {
	l.conn.Wait()
}

// lost implements medium.
func (l *trunk) lost() error {
	err := l.network.end()
	if cause := l.conn.Cause(); cause != nil {
		err = cause
	}
	if err == nil {
		return nil
	}
	var nearer *jumpError
	if errors.As(err, &nearer) {
		return nearer
	}
	return bastionTrouble(l.bastion.name(), fmt.Errorf("the connection to it was lost: %w", err))
}

// watched remembers how a network connection ended. x/crypto ends the channels
// of a connection before it says so itself: who finds one ended looks here.
type watched struct{ err atomic.Pointer[error] }

// end is how it ended, nil when it has not.
func (w *watched) end() error {
	if err := w.err.Load(); err != nil {
		return *err
	}
	return nil
}

type watchedConn struct {
	net.Conn
	watch *watched
}

// Read keeps the error that ends the connection.
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.watch.err.CompareAndSwap(nil, &err)
	}
	return n, err
}
