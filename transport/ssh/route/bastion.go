package route

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

	"aixmend/transport"
	"aixmend/transport/retry"
)

// bastionRate is the default rate of connections asked of a bastion, a second.
const bastionRate = 100

// bastionBurst is the number of connections asked of a bastion before its rate
// limits them.
const bastionBurst = 20

// bastion is a host on the way to others, with the one connection that they share.
type bastion struct {
	routes *Routes
	target transport.Target
	via    *bastion // nil: it is reached from this machine
	names  []string // of the bastions on the way to it, its own last
	limit  *rate.Limiter

	mu     sync.Mutex
	trunk  *trunk                      // nil: none
	call   *call                       // the dial in progress, nil: none
	err    error                       // of the last dial
	until  time.Time                   // err is remembered until then; zero: until the run ends
	memory *backoff.ExponentialBackOff // nil: the last dial did not fail
}

// call is one dial that several hosts wait for.
type call struct {
	done  chan struct{}
	trunk *trunk
	err   error
}

// name returns the bastion's own name.
func (b *bastion) name() string { return b.target.Name }

// connection returns the shared connection. The first caller dials it; after a
// failure nobody dials again until that is forgotten. Its error is a *jumpError, or
// ctx's.
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
		if !b.routes.goes(func() { b.dial(one) }) {
			defer b.mu.Unlock()
			return nil, bastionError(b.name(), errClosed)
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

// dial connects to the bastion and remembers the result.
func (b *bastion) dial(one *call) {
	path := &Path{Target: b.target, routes: b.routes, via: b.via, watching: true}
	inner, err := b.routes.options.Dial(b.routes.life, path)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.call = nil
	if one.err = b.remember(err); one.err == nil {
		one.trunk = &trunk{bastion: b, conn: inner, network: path.watch}
		b.trunk = one.trunk
		if !b.routes.goes(inner.Wait) {
			inner.Abort(errClosed)
			inner.Wait()
		}
	}
	close(one.done)
}

// remember keeps the error of a dial, and returns it in the form for its callers.
func (b *bastion) remember(err error) error {
	b.err, b.until = nil, time.Time{}
	if err == nil {
		b.memory = nil
		return nil
	}
	outer := bastionError(b.name(), err)
	var nearer *jumpError
	if errors.As(err, &nearer) {
		if outer = nearer; b.via == nil { // of its own proxy command, else of a bastion before this one
			outer = bastionError(b.name(), nearer)
		}
	}
	switch kind := transport.CauseOf(err); {
	case kind == transport.KindCanceled: // the routes are closed
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

// turn waits until one more connection may be asked of the bastion.
func (b *bastion) turn(ctx context.Context) error {
	if err := b.limit.Wait(ctx); err == nil {
		return nil
	}
	<-ctx.Done() // Wait fails at once if ctx would end before the turn
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
	conn    Conn
	network *watched
}

// lost returns why the connection no longer carries others, nil if it does.
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
	return bastionError(l.bastion.name(), fmt.Errorf("the connection to it was lost: %w", err))
}
