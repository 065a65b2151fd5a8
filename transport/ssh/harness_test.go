package ssh

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == relayVerb {
		os.Exit(relay(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}

// short is a limit that a test expects to expire, ages one that it does not.
const (
	short = 200 * time.Millisecond
	ages  = 30 * time.Second
)

// rig is a server, and a client's target and options for it.
type rig struct {
	t      *testing.T
	server *sshtest.Server
	target transport.Target
	opts   Options

	pidFile    string // where a proxy command tells of processes, see relayed
	authorized string // the keys that OpenSSH takes
}

// memory is for tests in a bubble and for those that must not depend on what
// TCP does to bytes in flight when a connection is cut.
func memory() sshtest.Options {
	return sshtest.Options{Listener: sshtest.NewMemListener("10.1.2.3:22")}
}

// serve starts a server that is known and lets the rig's identity in.
func serve(t *testing.T, h sshtest.HandlerFunc, o sshtest.Options) *rig {
	t.Helper()
	server, err := sshtest.Serve(h, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	host, port, err := net.SplitHostPort(server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, server: server}
	r.target = transport.Target{Name: "aix1", Address: host, User: "root", Become: transport.BecomeNone}
	r.target.Port, _ = strconv.Atoi(port)
	r.target.Identity, _ = writeIdentity(t)
	r.target.KnownHosts = r.file("known_hosts", server.KnownHostsLine(server.Addr().String()))
	r.opts = Options{Keys: &auth.Keys{Home: t.TempDir()}, Hosts: &hostkeys.KnownHosts{}, ConnectTimeout: ages, ReplyTimeout: ages}
	if l, ok := o.Listener.(*sshtest.MemListener); ok {
		r.opts.DialContext = l.DialContext
	}
	return r
}

// file writes a file of the test.
func (r *rig) file(name, text string) string {
	r.t.Helper()
	return writeFile(r.t, name, text)
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (r *rig) dial() transport.Conn {
	r.t.Helper()
	conn, err := NewDialer(r.opts).Dial(r.t.Context(), r.target)
	if err != nil {
		r.t.Fatalf("Dial: %v", err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// dialFails dials and wants a kind of error, in an *Error for the target, with
// all the texts in it.
func (r *rig) dialFails(kind transport.Kind, texts ...string) error {
	r.t.Helper()
	conn, err := NewDialer(r.opts).Dial(r.t.Context(), r.target)
	if err == nil {
		_ = conn.Close()
		r.t.Fatalf("Dial succeeded, want %q", kind)
	}
	wantError(r.t, err, kind, texts...)
	return err
}

func wantError(t *testing.T, err error, kind transport.Kind, texts ...string) {
	t.Helper()
	if transport.KindOf(err) != kind {
		t.Fatalf("error %v is of kind %q, want %q", err, transport.KindOf(err), kind)
	}
	for _, text := range append(texts, "aix1: ") {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
	if words := library.FindString(err.Error()); words != "" {
		t.Errorf("the words of a library reach a person: %q in %q", words, err)
	}
}

// library are phrases of the libraries below, which say again in other words why there is
// no connection.
var library = regexp.MustCompile(`(dial|read|write) (tcp|unix)|lookup |i/o timeout|\bEOF\b|: (open|read) /|no such (file or directory|host)|\bconnect: |` +
	`ssh: (handshake|unable|no key|unexpected|must|this private)|x509:|asn1:|broken pipe|connection reset by peer`)

// run dials and runs commands.
func (r *rig) run(commands ...transport.Command) (transport.Transcript, error) {
	r.t.Helper()
	return r.dial().Run(r.t.Context(), commands)
}

func newSigner(t testing.TB) ssh.Signer {
	t.Helper()
	signer, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// writeIdentity writes a new private key.
func writeIdentity(t testing.TB) (path string, key ed25519.PrivateKey) {
	t.Helper()
	key = newKey(t)
	block, err := ssh.MarshalPrivateKey(key, "test")
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "id_ed25519", string(pem.EncodeToMemory(block))), key
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// shell runs commands with a shell of this machine, as sshd does: the session
// ends when nobody holds the streams any more, and what runs is killed with it.
func shell(path string) sshtest.HandlerFunc {
	return func(ctx context.Context, x *sshtest.Exec) int {
		cmd := exec.Command(path, "-c", x.Command)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = x.Stdin, x.Stdout, x.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Env = []string{"PATH=/nowhere", "LC_ALL=POSIX", "LANG=POSIX", "HOME=/"}
		if err := cmd.Start(); err != nil {
			return 255
		}
		// Not exec.CommandContext: that spares what runs in the background.
		stop := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		defer stop()
		_ = cmd.Wait()
		return cmd.ProcessState.ExitCode()
	}
}

// posix is the shell that every machine has.
var posix = shell("/bin/sh")

// script is the server's side of a framed script, for hosts that do what no
// shell would.
type script struct {
	*sshtest.Exec
	nonce string
}

var nonceLine = regexp.MustCompile(`(?m)^N=(aixmend-[0-9a-f]{24})$`)

// framed makes a handler of a function that speaks in frames.
func framed(f func(ctx context.Context, s script) int) sshtest.HandlerFunc {
	return func(ctx context.Context, x *sshtest.Exec) int {
		found := nonceLine.FindStringSubmatch(x.Command)
		if found == nil {
			return 254
		}
		return f(ctx, script{x, found[1]})
	}
}

func (s script) begin(i int) { s.both(fmt.Sprintf("\n%s B %d\n", s.nonce, i)) }

func (s script) end(i, exit int) { s.both(fmt.Sprintf("\n%s E %d %d\n", s.nonce, i, exit)) }

func (s script) both(text string) {
	_, _ = io.WriteString(s.Stdout, text)
	_, _ = io.WriteString(s.Stderr, text)
}

// says answers command i with a text on stdout.
func (s script) says(i int, text string) {
	s.begin(i)
	_, _ = io.WriteString(s.Stdout, text)
	s.end(i, 0)
}

// probe is a read-only command with a generous limit.
func probe(id, line string) transport.Command {
	return transport.Command{ID: id, Line: line, Timeout: ages}
}

// wantStdout checks that a command succeeded, and its output.
func wantStdout(t *testing.T, r transport.Result, text string) {
	t.Helper()
	if r.Err != nil || r.Exit != 0 || string(r.Stdout) != text {
		t.Errorf("%s: %q, exit %d, %v; want %q", r.ID, r.Stdout, r.Exit, r.Err, text)
	}
}

// authorized is a key as it stands in a line.
func authorized(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

// hashed is a name as ssh hashes it.
func hashed(name string) string { return knownhosts.HashHostname(name) }

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// withoutOpenSSH skips a test, or fails it where OpenSSH is required.
func withoutOpenSSH(t *testing.T, reason any) {
	t.Helper()
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
		t.Fatalf("required: %v", reason)
	}
	t.Skip(reason)
}

// noiseLimit is the number of bytes that are kept from outside the frames of one
// stream.
const noiseLimit = 16 << 10
