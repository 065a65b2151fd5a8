package ssh

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

// estate is a network of SSH servers in memory: this machine reaches what is
// dialled from it, bastions reach everything. Each server has a key of its own
// and lets in a login of its own.
type estate struct {
	*rig
	mu       sync.Mutex
	servers  map[string]*sshtest.Server
	ways     map[string]*sshtest.MemListener
	targets  map[string]transport.Target
	direct   map[string]int // dials from this machine
	resolved map[string]int
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{
		rig: &rig{t: t}, servers: map[string]*sshtest.Server{}, ways: map[string]*sshtest.MemListener{},
		targets: map[string]transport.Target{}, direct: map[string]int{}, resolved: map[string]int{},
	}
	e.opts = Options{
		Keys: &auth.Keys{Home: t.TempDir()}, Hosts: &hostkeys.KnownHosts{}, ConnectTimeout: ages, ReplyTimeout: ages,
		DialContext: e.outside, Bastion: e.bastion,
	}
	return e
}

// add starts a server under a name that is its address too.
func (e *estate) add(name string, o sshtest.Options) *sshtest.Server {
	e.t.Helper()
	l := sshtest.NewMemListener(name + ":22")
	identity, key := writeIdentity(e.t)
	login, err := ssh.NewSignerFromKey(key)
	if err != nil {
		e.t.Fatal(err)
	}
	o.Listener, o.Dial, o.AuthorizedKeys = l, e.inside, []ssh.PublicKey{login.PublicKey()}
	server, err := sshtest.Serve(framed(answers), o)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = server.Close() })
	e.servers[name], e.ways[name] = server, l
	e.targets[name] = transport.Target{
		Name: name, Address: name, User: "ops", Identity: identity,
		KnownHosts: writeFile(e.t, "known_hosts", knownhosts.Line([]string{name, name + "-*"}, server.HostKeys()[0])+"\n"),
	}
	return server
}

// answers says x to every first command.
func answers(_ context.Context, s script) int {
	s.says(0, "x")
	return 0
}

// at finds the listener of host:port: a server NAME is NAME-1, NAME-2 and so on,
// too.
func (e *estate) at(address string) (*sshtest.MemListener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	for name, l := range e.ways {
		var n int
		if _, err := fmt.Sscanf(host, name+"-%d", &n); host == name || err == nil {
			return l, nil
		}
	}
	return nil, syscall.EHOSTUNREACH
}

// outside is the network of this machine.
func (e *estate) outside(ctx context.Context, network, address string) (net.Conn, error) {
	e.mu.Lock()
	e.direct[address]++
	e.mu.Unlock()
	return e.inside(ctx, network, address)
}

// inside is the network of the bastions.
func (e *estate) inside(ctx context.Context, network, address string) (net.Conn, error) {
	l, err := e.at(address)
	if err != nil {
		return nil, err
	}
	return l.DialContext(ctx, network, address)
}

func (e *estate) bastion(_ context.Context, name, _ string) (transport.Target, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.resolved[name]++
	target, ok := e.targets[name]
	if !ok {
		return transport.Target{}, fmt.Errorf("nobody knows %s", name)
	}
	return target, nil
}

// dialled is how often this machine has dialled a server.
func (e *estate) dialled(name string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.direct[name+":22"]
}

// dialler is closed when the test ends.
func (e *estate) dialler() *Dialer {
	d := NewDialer(e.opts)
	e.t.Cleanup(func() { _ = d.Close() })
	return d
}

// behind is a server's target that is reached through jump.
func (e *estate) behind(jump, name string) transport.Target {
	target := e.targets[name]
	target.Jump = jump
	return target
}

// many are n targets of one server, each with an address of its own.
func (e *estate) many(n int, jump, name string) []transport.Target {
	list := make([]transport.Target, n)
	for i := range list {
		list[i] = e.behind(jump, name)
		list[i].Name = fmt.Sprintf("%s-%d", name, i)
		list[i].Address = list[i].Name
	}
	return list
}

// ask dials, asks one thing and hangs up.
func ask(t *testing.T, d transport.Dialer, target transport.Target) error {
	t.Helper()
	conn, err := d.Dial(t.Context(), target)
	if err != nil {
		return err
	}
	defer conn.Close()
	return answered(t, conn)
}

// answered runs a command on a connection.
func answered(t *testing.T, conn transport.Conn) error {
	t.Helper()
	got, err := conn.Run(t.Context(), []transport.Command{probe("p", "")})
	if err == nil {
		wantStdout(t, got.Results[0], "x")
	}
	return err
}

// askAll asks all targets at one time, and gives their errors.
func askAll(t *testing.T, d transport.Dialer, targets []transport.Target) []error {
	t.Helper()
	errs := make([]error, len(targets))
	var all sync.WaitGroup
	for i, target := range targets {
		all.Go(func() { errs[i] = ask(t, d, target) })
	}
	all.Wait()
	return errs
}

// wantJump checks the error of a bastion: its kind, its cause and its text.
func wantJump(t *testing.T, err error, cause transport.Kind, texts ...string) {
	t.Helper()
	if transport.KindOf(err) != transport.KindJump || transport.CauseOf(err) != cause {
		t.Fatalf("%v is of kind %q because of %q; want jump because of %q", err, transport.KindOf(err), transport.CauseOf(err), cause)
	}
	wantTexts(t, err, texts...)
}

// asConn is a connection as this package knows it.
func asConn(c transport.Conn) *conn { return c.(*conn) }
