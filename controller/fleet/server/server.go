//go:build !aix && !nohub

package server

import (
	"fmt"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	client "github.com/nats-io/nats.go"

	"aixmend/controller/fleet"
)

const (
	startWithin = 30 * time.Second
	maxMembers  = 1000 // connections
	maxMemory   = 64 << 20
)

// Server is a running server.
type Server struct {
	config Config
	server *nats.Server
}

// Available reports whether this program has a server.
const Available = true

// Start starts a server: TLS 1.3 from the first byte, no anonymous member, no monitoring, and
// every message on the disk before it is confirmed.
func Start(c Config) (*Server, error) {
	if c.Port == 0 {
		c.Port = nats.RANDOM_PORT
	}
	s, err := nats.NewServer(options(c))
	if err != nil {
		return nil, err
	}
	go s.Start()
	if !s.ReadyForConnections(startWithin) {
		s.Shutdown()
		return nil, fmt.Errorf("the server did not begin within %s: is %s:%d taken?", startWithin, c.Host, c.Port)
	}
	return &Server{c, s}, nil
}

func options(c Config) *nats.Options {
	o := &nats.Options{
		ServerName: "aixmend-hub", Host: c.Host, Port: c.Port,
		NoLog: true, NoSigs: true, NoSystemAccount: true, DisableJetStreamBanner: true,
		JetStream: true, StoreDir: c.Folder, SyncAlways: true, JetStreamMaxMemory: maxMemory, JetStreamMaxStore: 64 << 30,
		MaxPayload: fleet.MaxMessage, MaxConn: maxMembers, MaxPending: 2 * fleet.MaxMessage, AuthTimeout: 5, TLSTimeout: 5,
		PingInterval: 10 * time.Second, MaxPingsOut: 3,
		TLSConfig: c.TLS, TLSHandshakeFirst: true,
	}
	for _, m := range append([]Member{c.Hub}, c.Members...) {
		r := fleet.RightsOf(m.Role, m.Name)
		o.Nkeys = append(o.Nkeys, &nats.NkeyUser{Nkey: m.Key, Permissions: &nats.Permissions{
			Publish: &nats.SubjectPermission{Allow: r.Publish}, Subscribe: &nats.SubjectPermission{Allow: r.Subscribe},
		}})
	}
	return o
}

// Address is where it listens, HOST:PORT.
func (s *Server) Address() string { return s.server.Addr().String() }

// SetMembers replaces the members. Those who are none any more are disconnected.
func (s *Server) SetMembers(members []Member) error {
	s.config.Members = members
	return s.server.ReloadOptions(options(s.config))
}

// Connected is how many connections each member has, by its public key.
func (s *Server) Connected() (map[string]int, error) {
	z, err := s.server.Connz(&nats.ConnzOptions{Username: true, Limit: maxMembers})
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	for _, c := range z.Conns {
		n[c.AuthorizedUser]++
	}
	return n, nil
}

// Connect connects this process, without the network.
func (s *Server) Connect(seed string) (*client.Conn, error) {
	return fleet.Within(seed, s.server)
}

// Stop stops the server.
func (s *Server) Stop() error {
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return nil
}
