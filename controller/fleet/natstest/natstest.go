//go:build !aix && !nohub

// Package natstest is a NATS server as a site runs it, for tests: of a configuration file that the
// server's own parser reads.
package natstest

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"

	"aixmend/controller/fleet"
)

// startWithin bounds the start of a server.
const startWithin = 30 * time.Second

// Options are the parts of the configuration that tests vary.
type Options struct {
	// Plain: it speaks without TLS.
	Plain bool
	// NoJetStream: it has no streams.
	NoJetStream bool
	// MaxPayload is the longest message, in bytes; 0: that of a hub's own server.
	MaxPayload int
	// MaxStore is how much disk the streams may take; "": all that is free.
	MaxStore string
	// More is put at the end of the configuration, MoreAccounts into its accounts, MoreUsers
	// into the account of the hub, and MoreTLS to the settings of TLS.
	More, MoreAccounts, MoreUsers, MoreTLS string
}

// Server is one server.
type Server struct {
	t      testing.TB
	dir    string
	listen string
	plain  bool
	users  string
	ca     string
	server *nats.Server
}

// New starts a server whose configuration includes the account of a hub, "" for none yet.
func New(t testing.TB, o Options, accounts string) *Server {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &Server{t: t, dir: t.TempDir(), listen: free.Addr().String(), plain: o.Plain, users: o.MoreUsers}
	must(t, free.Close())
	if o.MaxPayload == 0 {
		o.MaxPayload = fleet.MaxMessage
	}
	conf := []string{"listen: " + s.listen, "server_name: site", fmt.Sprintf("max_payload: %d", o.MaxPayload), "accounts { include aixmend.conf", o.MoreAccounts, "}"}
	if !o.NoJetStream {
		most := ""
		if o.MaxStore != "" {
			most = ", max_file_store: " + o.MaxStore
		}
		conf = append(conf, "jetstream { store_dir: "+strconv.Quote(s.file("store"))+", sync_interval: always"+most+" }")
	}
	s.certify()
	if !o.Plain {
		conf = append(conf, "tls { cert_file: "+strconv.Quote(s.file("cert.pem"))+", key_file: "+strconv.Quote(s.file("key.pem"))+"\n"+o.MoreTLS+"\n}")
	}
	s.write("nats.conf", strings.Join(append(conf, o.More), "\n")+"\n")
	s.include(accounts)
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) write(name, text string) {
	s.t.Helper()
	must(s.t, os.WriteFile(s.file(name), []byte(text), 0o600))
}

// certify makes the certificate of the server, and that of its authority.
func (s *Server) certify() {
	s.t.Helper()
	authority, err := fleet.NewAuthority(time.Now())
	must(s.t, err)
	settings, err := authority.Server(time.Now(), "127.0.0.1")
	must(s.t, err)
	key, err := x509.MarshalPKCS8PrivateKey(settings.Certificates[0].PrivateKey)
	must(s.t, err)
	s.ca = string(authority.Certificate())
	s.write("ca.pem", s.ca)
	s.write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: settings.Certificates[0].Certificate[0]})))
	s.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

// URL is where it is.
func (s *Server) URL() string {
	if s.plain {
		return "nats://" + s.listen
	}
	return "tls://" + s.listen
}

// CA is the file of its authority.
func (s *Server) CA() string { return s.file("ca.pem") }

// NATS is where it is, with its authority.
func (s *Server) NATS() fleet.NATS {
	s.t.Helper()
	ca := s.ca
	if s.plain {
		ca = ""
	}
	n, err := fleet.NewNATS(s.URL(), []byte(ca))
	must(s.t, err)
	return n
}

// Load puts the account of a hub into the configuration, and reloads it.
func (s *Server) Load(accounts string) {
	s.t.Helper()
	s.include(accounts)
	must(s.t, s.server.Reload())
}

func (s *Server) include(accounts string) {
	s.t.Helper()
	s.write("aixmend.conf", strings.Replace(accounts, "users: [", "users: ["+s.users, 1))
}

// Start starts the server.
func (s *Server) Start() {
	s.t.Helper()
	o, err := nats.ProcessConfigFile(s.file("nats.conf"))
	must(s.t, err)
	o.NoLog, o.NoSigs = true, true
	server, err := nats.NewServer(o)
	must(s.t, err)
	go server.Start()
	if !server.ReadyForConnections(startWithin) {
		s.t.Fatal("the server did not begin")
	}
	s.server = server
}

// Stop stops the server.
func (s *Server) Stop() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// Forget removes the streams of a server that was stopped.
func (s *Server) Forget() {
	s.t.Helper()
	must(s.t, os.RemoveAll(s.file("store")))
}
