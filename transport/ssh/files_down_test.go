package ssh

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

func TestDownloadOfSpecialFiles(t *testing.T) {
	ways(t, func(t *testing.T, _ string, p *depot) {
		if err := exec.Command("mkfifo", p.far+"/fifo").Run(); err != nil {
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

func TestDownloadFollowsTheHostsLinks(t *testing.T) {
	ways(t, func(t *testing.T, via string, p *depot) {
		p.write(p.far+"/real", p.data)
		if err := os.Symlink("real", p.far+"/to"); err != nil {
			t.Fatal(err)
		}
		moved, err := p.get()
		p.whole(moved, err, via)
		p.holds(p.local, map[string][]byte{"got": p.data})
	})
}

func TestServerReportsAWrongSize(t *testing.T) {
	for name, c := range map[string]struct {
		size int64
		want string
	}{
		"it is larger":  {6 * mebi, "sent 5242880 of the 6291456 bytes"},
		"it is smaller": {4 * mebi, "more than the 4194304 bytes"},
		"it is empty":   {0, ""},
		"no size":       {math.MinInt64, "an impossible size"},
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

func TestDownloadOfAChangingFile(t *testing.T) {
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

func TestUploadOfAShrinkingFile(t *testing.T) {
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
