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

// connect returns a mover for a server in memory; run serves its commands.
func connect(t *testing.T, run sshtest.Handler, o sshtest.Options) *Mover {
	t.Helper()
	l := sshtest.NewMemListener("10.1.2.3:22")
	o.Listener = l
	server, err := sshtest.Serve(run, o)
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
		m := connect(t, nil, sshtest.Options{SFTP: func(string) sftp.Handlers { return root }})
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

// Where SFTP does not work, its program has ended before the next session is asked for:
// sshd counts it until then, whatever the client has closed.
func TestSFTPThatDoesNotSpeakHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := sftp.InMemHandler()
		run := sshtest.HandlerFunc(func(context.Context, *sshtest.Exec) int { return 0 })
		m := connect(t, run, sshtest.Options{
			MaxSessions: 1, SFTP: func(string) sftp.Handlers { return root },
			Faults: sshtest.Faults{TalkativeSFTP: true, SFTPLingers: 300 * time.Millisecond},
		})
		if _, err := m.openSFTP(t.Context()); !errors.Is(err, errNoSFTP) {
			t.Fatal(err)
		}
		s, err := m.openStream(t.Context(), "exec", struct{ Command string }{"true"})
		if err != nil {
			t.Fatal(err)
		}
		s.end(s.Close)
	})
}
