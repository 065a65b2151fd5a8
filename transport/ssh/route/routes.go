package route

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
)

// maxHops bounds the bastions on one way.
const maxHops = 16

// Options are the same for all targets of a run.
type Options struct {
	// ConnectTimeout bounds each connection: network, handshake and login.
	ConnectTimeout time.Duration
	// DialContext opens a network connection from this machine.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Bastion returns the target that a name in Target.Jump stands for, where config is
	// the SSHConfig of the target behind it; nil: there are no bastions.
	Bastion func(ctx context.Context, name, config string) (transport.Target, error)
	// BastionRate returns the connections a second to ask of a bastion, after a
	// first 20; 0, and a nil BastionRate: 100.
	BastionRate func(name string) int
	// Folder is the working folder of proxy commands; "": that of this process.
	Folder string
	// Dial logs in to a bastion. Its error is an *Error.
	Dial func(ctx context.Context, path *Path) (Conn, error)
}

// Routes finds the ways to targets and holds one connection to each bastion. It is
// safe for concurrent use.
type Routes struct {
	options Options
	life    context.Context // ends with Close
	end     context.CancelCauseFunc
	tasks   sync.WaitGroup // goroutines that serve the connections

	resolving sync.Mutex // held while bastions are looked up, which may run a program

	mu       sync.Mutex
	closed   bool
	resolved map[via]resolved
	all      map[hop]*bastion
}

// via is Target.Jump and Target.SSHConfig: one name is another bastion in another file.
type via struct{ jump, config string }

// resolved is the last bastion of a way.
type resolved struct {
	last *bastion
	err  error
}

// hop tells bastions apart: two names of one host are one bastion; one host that is
// reached by two ways is two.
type hop struct {
	target transport.Target // without the fields that do not concern the connection
	via    *bastion
}

// New returns the routes of a run.
func New(o Options) *Routes {
	life, end := context.WithCancelCause(context.Background()) //nolint:forbidigo // shared: no connection may end with the host that came first
	return &Routes{options: o, life: life, end: end, resolved: map[via]resolved{}, all: map[hop]*bastion{}}
}

// Path returns the way to a target. Its error is like that of Path.Connect.
func (r *Routes) Path(ctx context.Context, target transport.Target) (*Path, error) {
	last, err := r.to(ctx, via{target.Jump, target.SSHConfig})
	if err != nil {
		return nil, fail(transport.KindJump, err)
	}
	return &Path{Target: target, routes: r, via: last}, nil
}

// to returns the last bastion of a way, nil if it has none.
func (r *Routes) to(ctx context.Context, way via) (*bastion, error) {
	if !named(way.jump) {
		return nil, nil
	}
	r.resolving.Lock()
	defer r.resolving.Unlock()
	if known, ok := r.resolved[way]; ok {
		return known.last, known.err
	}
	last, err := r.chain(ctx, way, nil)
	if ctx.Err() == nil {
		r.resolved[way] = resolved{last, err}
	}
	return last, err
}

// chain looks up the bastions of a way; before holds the names that led here.
// As in OpenSSH the first may have a way of its own, the others are reached through
// the one before them.
func (r *Routes) chain(ctx context.Context, way via, before []string) (*bastion, error) {
	var last *bastion
	for i, name := range strings.Split(way.jump, ",") {
		name = strings.TrimSpace(name)
		target, err := r.resolve(ctx, name, way.config, before)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			target.Jump, target.ProxyCommand = "", ""
		}
		if named(target.Jump) {
			if last, err = r.chain(ctx, via{target.Jump, target.SSHConfig}, append(before, name)); err != nil {
				return nil, err
			}
			target.ProxyCommand = ""
		}
		if last, err = r.bastion(name, target, last); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// resolve returns the target that a name stands for.
func (r *Routes) resolve(ctx context.Context, name, config string, before []string) (transport.Target, error) {
	for i, known := range before {
		if known == name || i >= maxHops {
			return transport.Target{}, circle(append(before, name))
		}
	}
	if r.options.Bastion == nil {
		return transport.Target{}, bastionError(name, errors.New("no bastions are configured here"))
	}
	target, err := r.options.Bastion(ctx, name, config)
	if err != nil {
		return transport.Target{}, bastionError(name, fault.Short(err))
	}
	target = target.Defaulted()
	target.Name = name
	return target, nil
}

// circle returns the error of a way that leads back to itself.
func circle(names []string) error {
	return fmt.Errorf("bastions go in a circle: %s; see ssh.jump and ProxyJump", strings.Join(names, " through "))
}

// bastion returns the bastion at a target that is reached through via.
func (r *Routes) bastion(name string, target transport.Target, via *bastion) (*bastion, error) {
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
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.all[key]; known != nil {
		return known, nil
	}
	every := 0
	if ask := r.options.BastionRate; ask != nil {
		every = ask(name)
	}
	if every <= 0 {
		every = bastionRate
	}
	one := &bastion{routes: r, target: target, via: via, names: names, limit: rate.NewLimiter(rate.Limit(every), bastionBurst)}
	r.all[key] = one
	return one, nil
}

// bare returns a target without the fields that make no difference to a connection.
func bare(t transport.Target) transport.Target {
	t.Name, t.Jump, t.SSHConfig = "", "", ""
	t.Become, t.BecomeCommand, t.BecomeMode, t.BecomePassword = "", "", "", ""
	return t
}

// goes starts a task that Close waits for; false: the routes are closed.
func (r *Routes) goes(task func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.tasks.Go(task)
	return true
}

// Close ends every connection to a bastion and every proxy command, and waits for
// their goroutines.
func (r *Routes) Close() {
	r.mu.Lock()
	r.closed = true
	all := slices.Collect(maps.Values(r.all))
	r.mu.Unlock()
	r.end(errClosed)
	for _, one := range all {
		one.close()
	}
	r.tasks.Wait()
}
