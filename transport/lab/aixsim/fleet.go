package aixsim

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport/lab/sshtest"
)

// registry knows the node ids of all hosts of a fleet.
type registry struct {
	mu  sync.Mutex
	ids map[string]map[*Host]bool
}

// update tells that a host has another node id; the host's lock is held.
func (r *registry) update(h *Host, before, after string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if before != "" {
		delete(r.ids[before], h)
	}
	if after != "" {
		if r.ids[after] == nil {
			r.ids[after] = map[*Host]bool{}
		}
		r.ids[after][h] = true
	}
}

// shared reports whether another host uses an id.
func (r *registry) shared(h *Host, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for other := range r.ids[id] {
		if other != h {
			return true
		}
	}
	return false
}

// reevaluate lets the others with one of the ids look again; no host's lock is
// held.
func (r *registry) reevaluate(h *Host, ids ...string) {
	var others []*Host
	r.mu.Lock()
	for _, id := range ids {
		for other := range r.ids[id] {
			if other != h {
				others = append(others, other)
			}
		}
	}
	r.mu.Unlock()
	for _, other := range others {
		other.reevaluate()
	}
}

// FleetHost is a host that a fleet shall have.
type FleetHost struct {
	State *State
	// Illness is its name for the inventory; it is not applied.
	Illness string
}

// FleetOptions of a fleet; the zero value is fine.
type FleetOptions struct {
	// HostKey for all hosts; nil makes one for each.
	HostKey ssh.Signer
	// SSH is the configuration of every server; HostKeys and Listener are set by
	// the fleet.
	SSH sshtest.Options
	// Listen, when set, makes the listener of a host; nil is 127.0.0.1:0.
	Listen func(name string) (net.Listener, error)
	// Host is the configuration of every host.
	Host HostOptions
}

// Member is a host of a running fleet, for an inventory.
type Member struct {
	Name       string
	Address    string
	Port       int
	KnownHosts string // known_hosts line
	Illness    string
}

// Fleet is a number of hosts, each behind an SSH server of its own.
type Fleet struct {
	members  []Member
	registry *registry
	hosts    map[string]*Host
	servers  map[string]*sshtest.Server
}

// NewFleet starts the hosts. Node ids are unique or not among all of them.
func NewFleet(hosts []FleetHost, opts FleetOptions) (*Fleet, error) {
	f := &Fleet{registry: &registry{ids: map[string]map[*Host]bool{}}, hosts: map[string]*Host{}, servers: map[string]*sshtest.Server{}}
	for _, fh := range hosts {
		if err := f.add(fh, opts); err != nil {
			f.Close()
			return nil, err
		}
	}
	for _, h := range f.hosts {
		h.reevaluate() // ids of hosts that came later
	}
	return f, nil
}

func (f *Fleet) add(fh FleetHost, opts FleetOptions) error {
	name := fh.State.Hostname
	if f.hosts[name] != nil {
		return fmt.Errorf("aixsim: two hosts are called %s", name)
	}
	so := opts.SSH
	if opts.HostKey != nil {
		so.HostKeys = []ssh.Signer{opts.HostKey}
	}
	h, srv, err := f.serve(fh.State, so, opts)
	if err != nil {
		return err
	}
	f.hosts[name], f.servers[name] = h, srv
	m := Member{Name: name, Illness: fh.Illness, KnownHosts: srv.KnownHostsLine(srv.Addr().String())}
	if a, ok := srv.Addr().(*net.TCPAddr); ok {
		m.Address, m.Port = a.IP.String(), a.Port
	} else {
		m.Address, m.Port = srv.Addr().String(), 22
	}
	f.members = append(f.members, m)
	return nil
}

// serve starts a host behind a server of its own. A change that takes its
// address away cuts its connections and keeps others out.
func (f *Fleet) serve(s *State, so sshtest.Options, opts FleetOptions) (*Host, *sshtest.Server, error) {
	name := s.Hostname
	listen := opts.Listen
	if listen == nil {
		listen = func(string) (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
	}
	l, err := listen(name)
	if err != nil {
		return nil, nil, fmt.Errorf("aixsim: listen for %s: %w", name, err)
	}
	var gate *gatedListener
	ho, cut := opts.Host, opts.Host.Cut
	ho.Cut = func() {
		gate.cut()
		if cut != nil {
			cut()
		}
	}
	h := newHost(s, ho, f.registry)
	gate = newGatedListener(l, h.Reachable)
	so.Listener = gate
	if so.SFTP == nil {
		so.SFTP = h.SFTP
	}
	srv, err := sshtest.Serve(h, so)
	if err != nil {
		h.Close()
		l.Close()
		return nil, nil, fmt.Errorf("aixsim: serve %s: %w", name, err)
	}
	return h, srv, nil
}

// Inventory lists the hosts in the order in which they were given.
func (f *Fleet) Inventory() []Member { return append([]Member(nil), f.members...) }

// KnownHosts is a known_hosts file for all hosts.
func (f *Fleet) KnownHosts() string {
	var b strings.Builder
	for _, m := range f.members {
		b.WriteString(m.KnownHosts)
	}
	return b.String()
}

// Host returns a host by name, nil when there is none.
func (f *Fleet) Host(name string) *Host { return f.hosts[name] }

// Server returns the SSH server of a host, nil when there is none.
func (f *Fleet) Server(name string) *sshtest.Server { return f.servers[name] }

// Close ends all servers and hosts and waits for them.
func (f *Fleet) Close() {
	var wg sync.WaitGroup
	for name, srv := range f.servers {
		wg.Go(func() {
			srv.Close()
			f.hosts[name].Close()
		})
	}
	wg.Wait()
}

// Connected counts the hosts whose RMC is connected now.
func (f *Fleet) Connected() int {
	n := 0
	for _, h := range f.hosts {
		if h.Connected() {
			n++
		}
	}
	return n
}

// WaitConnected waits until RMC of a host is connected or ctx ends.
func (f *Fleet) WaitConnected(ctx context.Context, name string) error {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for !f.hosts[name].Connected() {
		select {
		case <-t.C:
		case <-ctx.Done():
			return fmt.Errorf("aixsim: %s: %s: %w", name, f.hosts[name].Why(), ctx.Err())
		}
	}
	return nil
}
