package ssh

import (
	"context"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

func uidOf(info os.FileInfo) uint32 { return info.Sys().(*syscall.Stat_t).Uid }

// past makes a file one of other days.
func past(p *depot, name string) {
	p.t.Helper()
	when := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(name, when, when); err != nil {
		p.t.Fatal(err)
	}
}

// spoiled flips a bit of what passes.
type spoiled struct{ io.Reader }

func (s spoiled) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if n > 0 {
		p[0] ^= 1
	}
	return n, err
}

func TestUploadStoredWrong(t *testing.T) {
	for via, p := range map[string]*depot{
		transport.ViaSFTP: stocked(t, posix, &disk{onWrite: func(b []byte, at, _ int64) error {
			if at == mebi {
				b[0] ^= 1
			}
			return nil
		}}, memory()),
		transport.ViaExec: stocked(t, func(ctx context.Context, x *sshtest.Exec) int {
			x.Stdin = spoiled{x.Stdin}
			return posix(ctx, x)
		}, nil, memory()),
	} {
		t.Run(via, func(t *testing.T) {
			p.write(p.far+"/to", []byte("old"))
			_, err := p.put()
			wantError(t, err, transport.KindProtocol, p.far+"/to: the host has stored other bytes than were sent")
			p.holds(p.far, map[string][]byte{"to": []byte("old")})
		})
	}
}

// Failures of the host's files: their words, and that nothing is left behind.
func TestRefusedUpload(t *testing.T) {
	full, failing := &disk{}, &disk{}
	full.free.Store(mebi)
	failing.free.Store(5 * mebi)
	failing.onWrite = func(_ []byte, at, _ int64) error {
		if at < mebi {
			return nil
		}
		failing.free.Store(4096)
		return sftp.ErrSSHFxFailure
	}
	refusing := func(method string, err error) *disk {
		return &disk{refuse: func(r *sftp.Request) error {
			if r.Method == method {
				return err
			}
			return nil
		}}
	}
	limited := func(ctx context.Context, x *sshtest.Exec) int {
		x.Command = "trap '' XFSZ; ulimit -f 1000\n" + x.Command
		return posix(ctx, x)
	}
	for name, c := range map[string]struct {
		p    *depot
		want string
	}{
		"sftp: no room":             {stocked(t, posix, full, memory()), "no space left: 1048576 bytes are free"},
		"sftp: no room any more":    {stocked(t, posix, failing, memory()), "no space left: 4096 bytes are free"},
		"sftp: some failure":        {stocked(t, posix, &disk{onWrite: func([]byte, int64, int64) error { return errTest }}, memory()), errTest.Error()},
		"sftp: may not create":      {stocked(t, posix, refusing("Put", sftp.ErrSSHFxPermissionDenied), memory()), "permission denied"},
		"sftp: may not rename":      {stocked(t, posix, refusing("PosixRename", sftp.ErrSSHFxPermissionDenied), memory()), "permission denied"},
		"sftp: may not set a mode":  {stocked(t, posix, refusing("Setstat", sftp.ErrSSHFxPermissionDenied), memory()), "permission denied"},
		"sftp: can't set a mode":    {stocked(t, posix, refusing("Setstat", sftp.ErrSSHFxOpUnsupported), memory()), "the host says"},
		"exec: no more bytes go in": {stocked(t, limited, nil, memory()), "File too large"},
	} {
		t.Run(name, func(t *testing.T) {
			files := c.p.files()
			c.p.write(c.p.far+"/to", []byte("old"))
			_, err := files.Put(t.Context(), c.p.upload())
			wantError(t, err, transport.KindFile, "upload: "+c.p.far+"/to: ", c.want)
			c.p.holds(c.p.far, map[string][]byte{"to": []byte("old")})
			if _, err := files.Get(t.Context(), c.p.download()); err != nil {
				t.Errorf("the connection is of no use any more: %v", err)
			}
		})
	}
}

// aixHost is a simulated host behind a server.
func aixHost(t *testing.T, via string, change func(*aixsim.State)) *depot {
	t.Helper()
	state := aixsim.Healthy("aixvm1", 1)
	change(state)
	host := aixsim.NewHost(state, aixsim.HostOptions{})
	t.Cleanup(host.Close)
	o := memory()
	if via == transport.ViaSFTP {
		o.SFTP = host.SFTP
	}
	p := stocked(t, host.ServeExec, nil, o)
	p.far = "/tmp"
	return p
}

func TestUploadIntoAFullFileSystemOfAIX(t *testing.T) {
	p := aixHost(t, transport.ViaSFTP, func(s *aixsim.State) {
		for i := range s.FileSystems {
			s.FileSystems[i].FreeKB = 10
		}
	})
	_, err := p.put()
	wantError(t, err, transport.KindFile, "upload: /tmp/to: ", "There is not enough space in the file system.")
	got, err := p.run(probe("left", "ls /tmp"))
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "")
}

func TestUploadWithoutPermissionOfAIX(t *testing.T) {
	p := aixHost(t, transport.ViaExec, func(s *aixsim.State) { s.Unprivileged = true })
	p.far = "/etc"
	_, err := p.put()
	wantError(t, err, transport.KindFile, "upload: /etc/to: ", "permission")
}

func TestUploadWithoutAFolder(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		up := p.upload()
		up.To = p.far + "/no/such"
		_, err := p.files().Put(t.Context(), up)
		wantError(t, err, transport.KindFile, p.far+"/no/such: ")
	})
}

func TestServerReplacesNoFile(t *testing.T) {
	if err := sftp.SetSFTPExtensions("hardlink@openssh.com"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sftp.SetSFTPExtensions("hardlink@openssh.com", "posix-rename@openssh.com", "statvfs@openssh.com")
	})
	p := stocked(t, posix, &disk{}, memory())
	moved, err := p.put()
	p.whole(moved, err, transport.ViaSFTP)
	p.write(p.far+"/to", []byte("old"))
	_, err = p.put()
	wantError(t, err, transport.KindFile, p.far+"/to: ")
	p.holds(p.far, map[string][]byte{"to": []byte("old")})
}

// A server that is alive and does not go on: SFTP that does not answer,
// commands that read and write nothing.
// A server that keeps a cancelled session costs the connection, not the run.
