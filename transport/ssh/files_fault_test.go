package ssh

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pkg/sftp"

	"aixmend/transport"
	"aixmend/transport/aixsim"
	"aixmend/transport/sshtest"
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

func TestUploadThatIsNotStoredAsItWasSent(t *testing.T) {
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
			wantError(t, err, transport.KindProtocol, p.far+"/to: what the host has stored is not what was sent")
			p.holds(p.far, map[string][]byte{"to": []byte("old")})
		})
	}
}

// Failures of the host's files: their words, and that nothing is left behind.
func TestUploadThatTheHostRefuses(t *testing.T) {
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

func TestServerThatReplacesNothing(t *testing.T) {
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

func TestDownloadOfWhatIsNoPlainFile(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		if err := syscall.Mkfifo(p.far+"/fifo", 0o600); err != nil {
			t.Fatal(err)
		}
		files := p.files()
		for name, want := range map[string]string{p.far: "it is a folder", p.far + "/fifo": "it is not a plain file", "/dev/null": "it is not a plain file"} {
			_, err := files.Get(t.Context(), transport.Download{From: name, To: p.local + "/got"})
			wantError(t, err, transport.KindFile, "download: "+name+": "+want)
		}
		p.holds(p.local, nil)
	})
}

func TestServerThatLiesAboutASize(t *testing.T) {
	for name, c := range map[string]struct {
		size int64
		want string
	}{
		"it is larger":  {6 * mebi, "sent 5242880 of the 6291456 bytes"},
		"it is smaller": {4 * mebi, "more than the 4194304 bytes"},
		"it is empty":   {0, ""},
		"no size":       {math.MinInt64, "a size that no file has"},
	} {
		t.Run(name, func(t *testing.T) {
			p := stocked(t, posix, &disk{size: func(string, int64) int64 { return c.size }}, memory())
			p.stock()
			moved, err := p.get()
			if c.want == "" { // nothing is asked for, so nothing can be wrong
				if err != nil || moved.Bytes != 0 {
					t.Errorf("%+v, %v", moved, err)
				}
				return
			}
			wantError(t, err, transport.KindProtocol, p.far+"/to: ", c.want)
			p.holds(p.local, nil)
		})
	}
}

func TestBoundHoldsAgainstALie(t *testing.T) {
	p := stocked(t, posix, &disk{size: func(string, int64) int64 { return 10 }}, memory())
	p.stock()
	down := p.download()
	down.MaxBytes = 10
	_, err := p.files().Get(t.Context(), down)
	wantError(t, err, transport.KindProtocol, "more than the 10 bytes")
	p.holds(p.local, nil)
}

func TestDownloadOfAFileThatChanges(t *testing.T) {
	var p *depot
	grow := func() {
		file, err := os.OpenFile(p.far+"/to", os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = file.WriteString("more")
		_ = file.Close()
	}
	for via, serve := range map[string]func() *depot{
		transport.ViaSFTP: func() *depot {
			return stocked(t, posix, &disk{onRead: func(total int64) error {
				if total == 5*mebi {
					grow()
				}
				return nil
			}}, memory())
		},
		transport.ViaExec: func() *depot {
			return stocked(t, func(ctx context.Context, x *sshtest.Exec) int {
				exit := posix(ctx, x)
				if strings.Contains(x.Command, "/usr/bin/cat ") {
					grow()
				}
				return exit
			}, nil, memory())
		},
	} {
		t.Run(via, func(t *testing.T) {
			p = serve()
			p.stock()
			_, err := p.get()
			kind := transport.KindFile
			if transport.KindOf(err) == transport.KindProtocol { // read beyond its old end
				kind = transport.KindProtocol
			}
			wantError(t, err, kind, p.far+"/to: ")
			p.holds(p.local, nil)
		})
	}
}

func TestTransferThatIsCancelled(t *testing.T) {
	why := errors.New("the operator said stop")
	for _, upload := range []bool{true, false} {
		t.Run(map[bool]string{true: "upload", false: "download"}[upload], func(t *testing.T) {
			ways(t, func(t *testing.T, _ string, p *depot) {
				p.stock()
				ctx, cancel := context.WithCancelCause(t.Context())
				stop := func(done, _ int64) {
					if done > mebi {
						cancel(why)
					}
				}
				files := p.files()
				up, down := p.upload(), p.download()
				up.To, up.Progress, down.Progress = p.far+"/up", stop, stop
				var err error
				if upload {
					_, err = files.Put(ctx, up)
				} else {
					_, err = files.Get(ctx, down)
				}
				wantError(t, err, transport.KindCanceled, why.Error())
				if _, err := os.Stat(up.To); err == nil {
					t.Error("there is a file")
				}
				if _, err := os.Stat(down.To); err == nil {
					t.Error("there is a file")
				}
				down.Progress = nil
				if _, err := files.Get(t.Context(), down); err != nil { // only the session was closed
					t.Errorf("the connection is of no use any more: %v", err)
				}
			})
		})
	}
}

// A server that is alive and does not go on: SFTP that does not answer,
// commands that read and write nothing.
func TestTransferThatStandsStill(t *testing.T) {
	const reply = 15 * time.Second
	forever := func(ctx context.Context, x *sshtest.Exec) int {
		<-ctx.Done()
		return 0
	}
	for name, c := range map[string]struct {
		upload bool
		disk   *disk
		shell  sshtest.HandlerFunc
		fault  sshtest.Faults
		after  time.Duration
		want   string
	}{
		"sftp, upload":        {upload: true, disk: &disk{}, after: idleReplies * reply, want: errNoProgress.Error()},
		"sftp, download":      {disk: &disk{}, after: idleReplies * reply, want: errNoProgress.Error()},
		"exec":                {shell: forever, after: time.Minute, want: errNoProgress.Error()},
		"no session":          {fault: sshtest.Faults{StallSession: true}, after: reply, want: errNoReply.Error()},
		"a dead link":         {disk: &disk{}, fault: sshtest.Faults{StallAfter: 100_000}, after: 45 * time.Second, want: "keepalives"},
		"a dead link, upload": {upload: true, disk: &disk{}, fault: sshtest.Faults{StallAfter: 6_000}, after: 45 * time.Second, want: "keepalives"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				if c.disk != nil && c.fault.StallAfter == 0 {
					c.disk.onWrite = func(_ []byte, at, _ int64) error {
						if at >= mebi {
							<-release
						}
						return nil
					}
					c.disk.onRead = func(total int64) error {
						if total >= mebi {
							<-release
						}
						return nil
					}
				}
				if c.shell == nil {
					c.shell = posix
				}
				p := stocked(t, c.shell, c.disk, memory())
				t.Cleanup(func() { close(release) })
				p.opts.ReplyTimeout, p.opts.StartTimeout = reply, time.Minute
				p.stock()
				files := p.files()
				p.server.SetFaults(c.fault)
				began := time.Now()
				var err error
				if up := p.upload(); c.upload {
					up.To = p.far + "/up"
					_, err = files.Put(t.Context(), up)
				} else {
					_, err = files.Get(t.Context(), p.download())
				}
				wantError(t, err, transport.KindLost, c.want)
				if took := time.Since(began); took != c.after {
					t.Errorf("it took %s, want %s", took, c.after)
				}
			})
		})
	}
}

// A server that keeps a cancelled session costs the connection, not the run.
func TestCancelledTransferThatTheServerKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := stocked(t, posix, &disk{}, memory())
		p.stock()
		files := p.files()
		p.server.SetFaults(sshtest.Faults{StallAfter: 100_000})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		began := time.Now()
		_, err := files.Get(ctx, p.download())
		wantError(t, err, transport.KindCanceled)
		if took := time.Since(began); took != 5*time.Second+closeGrace {
			t.Errorf("it took %s", took)
		}
	})
}

func TestTroubleOfThisMachine(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		p.stock()
		files := p.files()
		down := p.download()
		down.To = p.local + "/no/such"
		_, err := files.Get(t.Context(), down)
		wantError(t, err, transport.KindFile, "on this machine", down.To)
		up := p.upload()
		up.From = p.local
		_, err = files.Put(t.Context(), up)
		wantError(t, err, transport.KindFile, "on this machine", "not a plain file")
		if err := os.Mkdir(p.local+"/got", 0o700); err != nil {
			t.Fatal(err)
		}
		_, err = files.Get(t.Context(), p.download())
		wantError(t, err, transport.KindFile, "on this machine", p.local+"/got")
		if list, _ := filepath.Glob(p.local + "/*.part*"); len(list) > 0 {
			t.Errorf("left: %q", list)
		}
	})
}

func TestUploadOfAFileThatBecomesShorter(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		up := p.upload()
		up.Progress = func(done, _ int64) {
			if done == 0 {
				_ = os.Truncate(p.from, mebi)
			}
		}
		_, err := p.files().Put(t.Context(), up)
		wantError(t, err, transport.KindFile, "became shorter", "1048576 of 5242880")
		p.holds(p.far, nil)
	})
}
