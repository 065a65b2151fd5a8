package ssh

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/fault"
)

func TestCancelledTransfer(t *testing.T) {
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
				began := map[bool]string{true: up.To, false: down.To}[upload] + ".part"
				if _, err := os.Stat(began); err != nil {
					t.Errorf("nothing is left to go on from: %v", err)
				}
				down.Progress = nil
				if _, err := files.Get(t.Context(), down); err != nil { // only the session was closed
					t.Errorf("the connection is of no use any more: %v", err)
				}
			})
		})
	}
}

func TestStalledTransfer(t *testing.T) {
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
		"sftp, upload":        {upload: true, disk: &disk{}, after: 4 * reply, want: "nothing moved for too long"},
		"sftp, download":      {disk: &disk{}, after: 4 * reply, want: "nothing moved for too long"},
		"exec":                {shell: forever, after: 2 * time.Minute, want: "nothing moved for too long"},
		"no session":          {fault: sshtest.Faults{StallSession: true}, after: reply, want: fault.ErrNoReply.Error()},
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
				p.opts.ReplyTimeout, p.opts.StartTimeout = reply, 2*time.Minute
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

func TestCancelledTransferKeptByTheServer(t *testing.T) {
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
		if took := time.Since(began); took != 5*time.Second+fault.CloseGrace {
			t.Errorf("it took %s", took)
		}
	})
}

// No timer of a transfer cuts the connection after its end.
func TestNoTimerAfterATransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := stocked(t, posix, &disk{}, memory())
		p.stock()
		files := p.files()
		for range 2 {
			if _, err := files.Get(t.Context(), p.download()); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Hour)
		}
	})
}
