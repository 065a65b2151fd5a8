package files

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// bare is a connection without a dialler.
type bare struct{ *ssh.Client }

func (b bare) Abort(error) { _ = b.Close() }

func (b bare) Cause() error { return nil }

// connect returns a mover for a server in memory.
func connect(t *testing.T, o sshtest.Options) *Mover {
	t.Helper()
	l := sshtest.NewMemListener("10.1.2.3:22")
	o.Listener = l
	server, err := sshtest.Serve(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	var network net.Conn
	if network, err = l.DialContext(t.Context(), "tcp", "10.1.2.3:22"); err != nil {
		t.Fatal(err)
	}
	key, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.FixedHostKey(server.HostKeys()[0])}
	inner, channels, requests, err := ssh.NewClientConn(network, "10.1.2.3:22", config)
	if err != nil {
		t.Fatal(err)
	}
	client := ssh.NewClient(inner, channels, requests)
	t.Cleanup(func() { _ = client.Close() })
	return &Mover{Conn: bare{client}, Target: transport.Target{Name: "aix1", User: "root"}, ReplyTimeout: 15 * time.Second, StartTimeout: time.Minute}
}

// Slow work of this machine, during which an SFTP session stays open, does not
// count as a host without progress.
func TestHostMayRestWhileThisMachineWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := sftp.InMemHandler()
		m := connect(t, sshtest.Options{SFTP: func(string) sftp.Handlers { return root }})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := m.openSFTP(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		errTest := errors.New("as the test wants")
		if err := r.rest(func() error { <-time.After(time.Hour); return errTest }); err != errTest { //nolint:errorlint // it is that one
			t.Errorf("rest: %v", err)
		}
		if _, err := r.part("/to", true); err != nil {
			t.Errorf("after a rest: %v", err)
		}
	})
}
