package controller_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/weather"
	"aixmend/transport/retry"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/wrap"
)

// stormIllnesses are those of which the recovery changes something, and none.
var stormIllnesses = []string{
	"address-removed-smitty", "address-removed-live", "address-of-clone", "customer-netaddr6-on-rmc-nic", "mksysb-restore", "session-on-rmc-nic",
	"remote-clients-disabled", "daemon-down", "daemon-hung", "node-id-mismatch", "healthy",
}

// stormHosts is how many hosts a fleet has.
const stormHosts = 5

// storm is a fleet in bad weather: a bench with a proxy before each host. The
// seed says everything about it but what the clock does.
type storm struct {
	*bench
	seed     uint64
	forecast weather.Forecast
	proxies  map[string]*weather.Proxy
	deadline time.Duration
	waves    []rollout.Wave
	result   controller.Result

	mu      sync.Mutex
	intents map[string]outcome.Entry // by host, the one that has no result yet
	texts   map[string][]string      // by host, the texts of changing commands that were to be sent
	wrong   []string
}

func newStorm(t *testing.T, seed uint64) *storm {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	names := slices.Clone(stormIllnesses)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	s := &storm{
		bench: newBench(t, names[:stormHosts]...), seed: seed, forecast: weather.Forecast{Seed: seed},
		proxies: map[string]*weather.Proxy{}, deadline: 10 * time.Second,
		intents: map[string]outcome.Entry{}, texts: map[string][]string{},
	}
	s.concurrency = 2 + r.IntN(stormHosts)
	s.set = append(s.set, fmt.Sprintf("undo_after=%ds", 1+r.IntN(3)))
	if r.IntN(3) == 0 {
		s.waves = []rollout.Wave{{Count: 1}}
	}
	if r.IntN(10) == 0 {
		s.deadline = 45 * time.Second // long enough for every undo to be waited for
	}
	for _, h := range s.hosts {
		if r.IntN(2) == 0 {
			s.slow(h.Name, aixsim.Duration(r.Int64N(int64(20*time.Millisecond))))
		}
	}
	s.shelter()
	return s
}

// slow makes the changing commands of a host take their time, before they do
// what they do and after it.
func (s *storm) slow(host string, by aixsim.Duration) {
	s.fleet.Host(host).Mutate(func(state *aixsim.State) {
		state.Behaviours = map[string]aixsim.Behaviour{}
		for _, name := range changing {
			state.Behaviours[name] = aixsim.Behaviour{Delay: by, Linger: by}
		}
	})
}

// shelter puts a proxy before each host.
func (s *storm) shelter() {
	var known string
	for i := range s.hosts {
		h := &s.hosts[i]
		server := s.fleet.Server(h.Name)
		proxy, err := weather.New(server.Addr().String(), s.forecast.Host(h.Name))
		must(s.t, err)
		s.t.Cleanup(func() { must(s.t, proxy.Close()) })
		s.proxies[h.Name] = proxy
		h.SSH.Port = proxy.Addr().Port
		known += server.KnownHostsLine(net.JoinHostPort(h.Address, fmt.Sprint(h.SSH.Port)))
	}
	file := filepath.Join(s.t.TempDir(), "known_hosts")
	must(s.t, os.WriteFile(file, []byte(known), 0o600))
	for i := range s.hosts {
		s.hosts[i].SSH.KnownHosts = file
	}
}

// sail runs recover until it ends.
func (s *storm) sail() {
	s.t.Helper()
	e := s.engine(controller.Recover)
	e.Owner = "root@weather"
	e.Allowed = []string{"node-id"}
	e.Waves, e.Brake = s.waves, rollout.Brake{Count: stormHosts}
	e.Journal = journalFunc(s.append)
	e.Dialer = s.dialer()
	ctx, cancel := context.WithTimeout(s.t.Context(), s.deadline)
	defer cancel()
	result, err := e.Run(ctx, s.hosts)
	must(s.t, err)
	s.result = result
}

// dialer is that of the bench with short waits, and tells the proxies how far a
// connection is.
func (s *storm) dialer() transport.Dialer {
	plain := ssh.NewDialer(ssh.Options{
		ConnectTimeout: 1500 * time.Millisecond, KeepaliveEvery: 300 * time.Millisecond,
		ReplyTimeout: 1500 * time.Millisecond, StartTimeout: 3 * time.Second,
		Keys: &auth.Keys{}, Hosts: &hostkeys.KnownHosts{},
	})
	told := transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		conn, err := plain.Dial(ctx, target)
		if err != nil {
			return nil, err
		}
		s.proxies[target.Name].Reach(weather.Session)
		return &toldConn{Conn: conn, storm: s, host: target.Name}, nil
	})
	windows := []*wrap.Window{wrap.NewWindow(s.concurrency)}
	limited := wrap.Limited(wrap.Retried(told, quickly(retry.Dial)), wrap.NewSlots(func(string) []*wrap.Window { return windows }))
	return wrap.Gated(limited, func(transport.Target, transport.Command) error { return nil })
}

// append is the run's journal; it keeps the intents that are open.
func (s *storm) append(e outcome.Entry) error {
	err := s.dir.Append(e)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
	case e.Event == outcome.EventIntent, e.Event == outcome.EventLease:
		s.intents[e.Host] = e
	case e.Event == outcome.EventResult:
		delete(s.intents, e.Host)
	}
	return err
}

// toldConn is a connection whose proxy learns when a changing command comes.
type toldConn struct {
	transport.Conn
	storm *storm
	host  string
}

// Files hands on what the connection below can do.
func (c *toldConn) Files() (transport.Files, bool) { return transport.FilesOf(c.Conn) }

func (c *toldConn) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	for _, command := range commands {
		if command.Mutating {
			c.storm.sends(c.host, command)
			c.storm.proxies[c.host].Reach(weather.Change)
		}
	}
	return c.Conn.Run(ctx, commands)
}

// sends notes a changing command that is about to leave: its intent must be in
// the journal.
func (s *storm) sends(host string, c transport.Command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, open := s.intents[host]; !open || e.Step != c.ID || e.Command != c.Line {
		s.wrong = append(s.wrong, fmt.Sprintf("%s: %s is sent and its intent is not in the journal", host, c.ID))
	}
	if !slices.Contains(s.texts[host], c.Line) {
		s.texts[host] = append(s.texts[host], c.Line)
	}
}
