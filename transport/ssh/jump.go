package ssh

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/time/rate"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// maxHops bounds the bastions on one way.
const maxHops = 16

// bastions are those of a dialler: each has one connection, which all targets
// behind it share.
type bastions struct {
	dialer *Dialer
	life   context.Context // ends with close
	end    context.CancelCauseFunc
	tasks  sync.WaitGroup // goroutines that serve the connections

	resolving sync.Mutex // held while a way is looked up, which may run a program

	mu     sync.Mutex
	closed bool
	ways   map[string]resolved // by the text of Target.Jump
	all    map[hop]*bastion
}

// resolved is where a way ends: at its last bastion.
type resolved struct {
	last *bastion
	err  error
}

// hop tells bastions apart: two names of one host are one bastion, one host
// that is reached by two ways is two.
type hop struct {
	target transport.Target // without what says nothing about the login
	via    *bastion
}

var errClosed = errors.New("the dialler is closed")

func newBastions(d *Dialer) *bastions {
	life, end := context.WithCancelCause(context.Background()) //nolint:forbidigo // they are shared: none ends with the host that came first
	return &bastions{dialer: d, life: life, end: end, ways: map[string]resolved{}, all: map[hop]*bastion{}}
}

// to gives the last bastion of the way that jump names, nil for none.
func (b *bastions) to(ctx context.Context, jump string) (*bastion, error) {
	if !named(jump) {
		return nil, nil
	}
	b.resolving.Lock()
	defer b.resolving.Unlock()
	if way, ok := b.ways[jump]; ok {
		return way.last, way.err
	}
	last, err := b.chain(ctx, jump, nil)
	if ctx.Err() == nil {
		b.ways[jump] = resolved{last, err}
	}
	return last, err
}

// chain looks up the bastions that jump names; before are the names that led
// here. As with OpenSSH the first one may have a way of its own, the others are
// reached through the one before them.
func (b *bastions) chain(ctx context.Context, jump string, before []string) (*bastion, error) {
	var via *bastion
	for i, name := range strings.Split(jump, ",") {
		name = strings.TrimSpace(name)
		target, err := b.resolve(ctx, name, before)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			target.Jump, target.ProxyCommand = "", ""
		}
		if named(target.Jump) {
			if via, err = b.chain(ctx, target.Jump, append(before, name)); err != nil {
				return nil, err
			}
			target.ProxyCommand = ""
		}
		if via, err = b.bastion(name, target, via); err != nil {
			return nil, err
		}
	}
	return via, nil
}

// resolve asks what a name stands for.
func (b *bastions) resolve(ctx context.Context, name string, before []string) (transport.Target, error) {
	for i, known := range before {
		if known == name || i >= maxHops {
			return transport.Target{}, circle(append(before, name))
		}
	}
	if b.dialer.options.Bastion == nil {
		return transport.Target{}, bastionTrouble(name, errors.New("nothing is known of bastions here"))
	}
	target, err := b.dialer.options.Bastion(ctx, name)
	if err != nil {
		return transport.Target{}, bastionTrouble(name, fault.Short(err))
	}
	target = target.Defaulted()
	target.Name = name
	return target, nil
}

// circle says that a way comes back to itself.
func circle(names []string) error {
	return fmt.Errorf("bastions go in a circle: %s; see ssh.jump and ProxyJump", strings.Join(names, " through "))
}

// bastion gives the one for a target that is reached through via.
func (b *bastions) bastion(name string, target transport.Target, via *bastion) (*bastion, error) {
	key := hop{bare(target), via}
	names := []string{name}
	if via != nil {
		names = append(via.names[:len(via.names):len(via.names)], name)
	}
	for v := via; v != nil; v = v.via {
		if bare(v.target) == key.target || len(names) > maxHops {
			return nil, circle(names)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if known := b.all[key]; known != nil {
		return known, nil
	}
	every := 0
	if ask := b.dialer.options.BastionRate; ask != nil {
		every = ask(name)
	}
	if every <= 0 {
		every = bastionRate
	}
	one := &bastion{all: b, target: target, via: via, names: names, limit: rate.NewLimiter(rate.Limit(every), bastionBurst)}
	b.all[key] = one
	return one, nil
}

// bare is a target without what makes no difference to a connection.
func bare(t transport.Target) transport.Target {
	t.Name, t.Jump = "", ""
	t.Become, t.BecomeCommand, t.BecomeMode, t.BecomePassword = "", "", "", ""
	return t
}

// goes runs a task that close waits for; false: they are closed.
func (b *bastions) goes(task func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.tasks.Go(task)
	return true
}

// close ends every connection and waits for what serves them.
func (b *bastions) close() {
	b.mu.Lock()
	b.closed = true
	all := slices.Collect(maps.Values(b.all))
	b.mu.Unlock()
	b.end(errClosed)
	for _, one := range all {
		one.close()
	}
	b.tasks.Wait()
}
