package aixsim

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"aixmend/transport/lab/sshtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// machine is a host behind an SSH server in memory, and a client of it.
type machine struct {
	t      *testing.T
	host   *Host
	server *sshtest.Server
	client *ssh.Client
}

// boot starts a host; every change has to be reported by who made it.
func boot(t *testing.T, s *State) *machine {
	t.Helper()
	h := NewHost(s, HostOptions{VerifyEffects: true})
	l := sshtest.NewMemListener("aix:22")
	srv, err := sshtest.Serve(h, sshtest.Options{Listener: l, SFTP: h.SFTP})
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, host: h, server: srv, client: dial(t, l)}
	t.Cleanup(func() {
		m.client.Close()
		srv.Close()
		h.Close()
		if len(h.unreported) > 0 {
			t.Errorf("changes that no command reported: %q", h.unreported)
		}
	})
	return m
}

func dial(t *testing.T, l *sshtest.MemListener) *ssh.Client {
	t.Helper()
	key, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	nc, err := l.Dial()
	if err != nil {
		t.Fatal(err)
	}
	c, chans, reqs, err := ssh.NewClientConn(nc, "aix:22", &ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // the server is ours
	if err != nil {
		t.Fatal(err)
	}
	return ssh.NewClient(c, chans, reqs)
}

// result of a command.
type result struct {
	Stdout, Stderr string
	Exit           int
}

func (m *machine) run(command string) result { return m.feed(command, "") }

// feed runs a command with standard input.
func (m *machine) feed(command, stdin string) result {
	m.t.Helper()
	s, err := m.client.NewSession()
	if err != nil {
		m.t.Fatal(err)
	}
	defer s.Close()
	var stdout, stderr bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err = s.Run(command)
	r := result{Stdout: stdout.String(), Stderr: stderr.String()}
	var exit *ssh.ExitError
	switch {
	case errors.As(err, &exit):
		r.Exit = exit.ExitStatus()
	case err != nil:
		m.t.Fatalf("%s: %v", command, err)
	}
	return r
}

// wants runs a command that has to end well and returns its output.
func (m *machine) wants(command string) string {
	m.t.Helper()
	r := m.run(command)
	if r.Exit != 0 {
		m.t.Errorf("%s: exit %d, stderr %q", command, r.Exit, r.Stderr)
	}
	return r.Stdout
}
