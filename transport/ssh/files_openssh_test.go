//go:build linux

package ssh

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
	"aixmend/transport/lab/transporttest"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

// skipOpenSSH leaves a test out, unless it must run.
func skipOpenSSH(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
		t.Fatal("the OpenSSH test is required and can't run: " + why)
	}
	t.Skip(why)
}

// openSSH is a rig whose server is the system's own: one `sshd -i` a
// connection, over a pair of sockets.
func openSSH(t *testing.T, options string) *rig {
	t.Helper()
	const sshd = "/usr/sbin/sshd"
	me, err := user.Current()
	if err != nil || me.Uid != "0" {
		skipOpenSSH(t, "sshd needs root to let somebody in")
	}
	if _, err := os.Stat(sshd); err != nil {
		skipOpenSSH(t, "no sshd on this machine: "+err.Error())
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, target: transport.Target{Name: "aix1", Address: "10.1.2.3", Port: 22, User: me.Username}}
	hostKey := newKey(t)
	block, err := ssh.MarshalPrivateKey(hostKey, "")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(hostKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	identity, key := writeIdentity(t)
	login, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	r.target.Identity = identity
	r.target.KnownHosts = r.file("known_hosts", knownhosts.Line([]string{"10.1.2.3"}, public)+"\n")
	r.authorized = r.file("authorized_keys", string(ssh.MarshalAuthorizedKey(login)))
	config := r.file("sshd_config", fmt.Sprintf("HostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\nSetEnv HOME=%s\n%s\n",
		r.file("host_key", string(pem.EncodeToMemory(block))), r.authorized, t.TempDir(), options)) // not the profile of who runs the test
	r.opts = Options{Keys: &auth.Keys{Home: t.TempDir()}, Hosts: &hostkeys.KnownHosts{}, ConnectTimeout: ages, ReplyTimeout: ages}
	r.opts.DialContext = func(context.Context, string, string) (net.Conn, error) {
		ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		ours, theirs := os.NewFile(uintptr(ends[0]), "ours"), os.NewFile(uintptr(ends[1]), "theirs")
		defer ours.Close()
		defer theirs.Close()
		cmd := exec.Command(sshd, "-i", "-e", "-f", config)
		cmd.Stdin, cmd.Stdout = theirs, theirs
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = cmd.Wait() }) // the connection is closed by then
		conn, err := net.FileConn(ours)
		return fromAddress{conn}, err
	}
	return r
}

// fromAddress is a connection that seems to come from an address: known_hosts
// wants one.
type fromAddress struct{ net.Conn }

func (fromAddress) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 22} }

// sftpOf are the ways in which OpenSSH has SFTP, and has it not.
var sftpOf = map[string]string{
	"sftp":                        "Subsystem sftp internal-sftp",
	"no sftp":                     "",
	"an sftp that is not there":   "Subsystem sftp /nonexistent/sftp-server",
	"an sftp that talks about it": "Subsystem sftp /bin/echo Welcome",
}

func TestFilesConformanceOfOpenSSH(t *testing.T) {
	for name, options := range sftpOf {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.FilesConformance(t, func(t *testing.T) (transport.Conn, string) {
				return openSSH(t, options+"\nMaxSessions 2").dial(), t.TempDir()
			})
		})
	}
}

// Where one session is allowed at a time, the next one never comes too early.
func TestOneSessionOfOpenSSH(t *testing.T) {
	for name, options := range sftpOf {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &depot{rig: openSSH(t, options+"\nMaxSessions 1"), far: t.TempDir(), local: t.TempDir()}
			p.from = p.file("from", "bytes")
			files := p.files()
			for range 10 {
				if _, err := files.Put(t.Context(), p.upload()); err != nil {
					t.Fatal(err)
				}
				if _, err := files.Get(t.Context(), p.download()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A cancelled transfer gives its only session back.
func TestCancelledTransferOfOpenSSH(t *testing.T) {
	r := openSSH(t, "Subsystem sftp internal-sftp\nMaxSessions 1")
	p := &depot{rig: r, far: t.TempDir(), local: t.TempDir(), data: make([]byte, 5*mebi)}
	p.stock()
	files := p.files()
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		down := p.download()
		down.Progress = func(done, _ int64) {
			if done > mebi {
				cancel()
			}
		}
		_, err := files.Get(ctx, down)
		wantError(t, err, transport.KindCanceled)
		cancel()
		if err := os.RemoveAll(down.To + ".part"); err != nil {
			t.Fatal(err)
		}
	}
	moved, err := files.Get(t.Context(), p.download())
	p.whole(moved, err, transport.ViaSFTP)
}
