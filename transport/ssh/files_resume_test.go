package ssh

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// cutter cuts the connections of a host when so many bytes of a file's have
// come to it, or have been asked for; once.
type cutter struct {
	server atomic.Pointer[sshtest.Server]
	at     int64 // bytes
	cut    atomic.Bool
	sent   atomic.Int64 // bytes that commands have read of their input
}

func (c *cutter) moved(total int64) {
	if total >= c.at && c.cut.CompareAndSwap(false, true) {
		c.server.Load().CloseConnections()
	}
}

// input counts the bytes that a command reads.
type input struct {
	io.Reader
	cutter *cutter
}

func (i input) Read(p []byte) (int, error) {
	n, err := i.Reader.Read(p)
	i.cutter.moved(i.cutter.sent.Add(int64(n)))
	return n, err
}

// cutOff are hosts whose connection breaks in the middle of the data.
func cutOff(t *testing.T, upload bool, test func(t *testing.T, via string, p *depot, c *cutter)) {
	t.Helper()
	t.Run(transport.ViaSFTP, func(t *testing.T) {
		c := &cutter{at: 2 * mebi}
		d := &disk{}
		if upload {
			d.onWrite = func(_ []byte, _, total int64) error { c.moved(total); return nil }
		} else {
			// The client asks for 2 MiB ahead: when the third is read, some answers are there.
			c.at = 3 * mebi
			d.onRead = func(total int64) error { c.moved(total); return nil }
		}
		p := stocked(t, posix, d, memory())
		c.server.Store(p.server)
		test(t, transport.ViaSFTP, p, c)
	})
	t.Run(transport.ViaExec, func(t *testing.T) {
		c := &cutter{at: 2 * mebi}
		o := memory()
		if !upload {
			o.Faults.CutAfter = c.at
		}
		p := stocked(t, func(ctx context.Context, x *sshtest.Exec) int {
			if upload {
				x.Stdin = input{x.Stdin, c}
			}
			return posix(ctx, x)
		}, nil, o)
		c.server.Store(p.server)
		test(t, transport.ViaExec, p, c)
	})
}

func TestUploadGoesOnWhereItWasCutOff(t *testing.T) {
	cutOff(t, true, func(t *testing.T, via string, p *depot, c *cutter) {
		p.write(p.far+"/to", []byte("old"))
		_, err := p.put()
		wantError(t, err, transport.KindLost, "upload: "+p.far+"/to: ")
		p.server.Close() // what it has begun is on the disk when it is gone
		there := partOf(t, p.far)
		if len(there) == 0 || len(there) >= len(p.data) {
			t.Fatalf("%d bytes are there", len(there))
		}
		p.holds(p.far, map[string][]byte{"to": []byte("old"), "to.part": p.data[:len(there)]})
		if info, err := os.Stat(p.far + "/to.part"); err != nil || info.Mode() != 0o600 {
			t.Errorf("the part is %v, %v", info, err)
		}

		again := p.restarted(via, c)
		var first int64 = -1
		up := p.upload()
		up.Progress = func(done, _ int64) {
			if first < 0 {
				first = done
			}
		}
		moved, err := again.files().Put(t.Context(), up)
		p.whole(moved, err, via)
		rest := int64(len(p.data) - len(there))
		if sent := again.sent(via, c); sent != rest || moved.Resumed != int64(len(there)) || first != moved.Resumed {
			t.Errorf("sent %d bytes, want %d; resumed at %d, told %d", sent, rest, moved.Resumed, first)
		}
		p.holds(p.far, map[string][]byte{"to": p.data})
	})
}

// restarted is the same host behind a new server.
func (p *depot) restarted(via string, c *cutter) *depot {
	d := p.disk
	if via == transport.ViaExec {
		c.sent.Store(0)
	} else {
		d.moved()
	}
	again := stocked(p.t, func(ctx context.Context, x *sshtest.Exec) int {
		x.Stdin = input{x.Stdin, c}
		return posix(ctx, x)
	}, d, memory())
	c.server.Store(again.server)
	again.far, again.local, again.from = p.far, p.local, p.from
	return again
}

// sent is how many bytes of a file have come to the host.
func (p *depot) sent(via string, c *cutter) int64 {
	if via == transport.ViaExec {
		return c.sent.Load()
	}
	written, _ := p.disk.moved()
	return written
}

func partOf(t *testing.T, folder string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "to.part"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDownloadGoesOnWhereItWasCutOff(t *testing.T) {
	cutOff(t, false, func(t *testing.T, via string, p *depot, c *cutter) {
		p.stock()
		p.write(p.local+"/got", []byte("old"))
		_, err := p.get()
		wantError(t, err, transport.KindLost, "download: "+p.far+"/to: ")
		there, err := os.ReadFile(p.local + "/got.part")
		if err != nil || len(there) == 0 || len(there) >= len(p.data) {
			t.Fatalf("%d bytes are there, %v", len(there), err)
		}
		origin, err := os.ReadFile(p.local + "/got.part.of")
		if err != nil {
			t.Fatal(err)
		}
		p.holds(p.local, map[string][]byte{"got": []byte("old"), "got.part": p.data[:len(there)], "got.part.of": origin})

		p.server.Close() // it reads nothing more
		again := p.restarted(via, c)
		moved, err := again.get()
		p.whole(moved, err, via)
		if moved.Resumed != int64(len(there)) {
			t.Errorf("resumed at %d, want %d", moved.Resumed, len(there))
		}
		if via == transport.ViaSFTP {
			if _, read := p.disk.moved(); read != int64(len(p.data)-len(there)) {
				t.Errorf("read %d bytes, want %d", read, len(p.data)-len(there))
			}
		} else if !strings.Contains(strings.Join(again.server.Commands(), ""), fmt.Sprintf("/usr/bin/tail -c +%d ", len(there)+1)) {
			t.Errorf("the file was not read from byte %d on", len(there)+1)
		}
		p.holds(p.local, map[string][]byte{"got": p.data})
	})
}

// A part that is not the beginning of the file is discarded.
func TestUploadOverAForeignPart(t *testing.T) {
	far := func(p *depot) string { return p.far + "/to.part" }
	for name, spoil := range map[string]func(p *depot){
		"other bytes": func(p *depot) {
			data := append([]byte(nil), p.data[:mebi]...)
			data[mebi/2] ^= 1
			p.write(far(p), data)
		},
		"longer than the file": func(p *depot) { p.write(far(p), append(p.data, 'x')) },
		"a link": func(p *depot) {
			p.write(p.local+"/victim", p.data[:mebi])
			if err := os.Chmod(p.local+"/victim", 0o644); err != nil {
				p.t.Fatal(err)
			}
			if err := os.Symlink(p.local+"/victim", far(p)); err != nil {
				p.t.Fatal(err)
			}
		},
		"a link to nothing": func(p *depot) {
			if err := os.Symlink(p.local+"/nothing", far(p)); err != nil {
				p.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ways(t, func(t *testing.T, via string, p *depot) {
				spoil(p)
				moved, err := p.put()
				p.whole(moved, err, via)
				if moved.Resumed != 0 {
					t.Errorf("resumed at %d", moved.Resumed)
				}
				p.holds(p.far, map[string][]byte{"to": p.data})
				if victim, err := os.Stat(p.local + "/victim"); err == nil && (victim.Size() != mebi || victim.Mode() != 0o644) {
					t.Errorf("what the link meant is %d bytes, %v", victim.Size(), victim.Mode())
				}
			})
		})
	}
}

func TestUploadOverACompletePart(t *testing.T) {
	ways(t, func(t *testing.T, via string, p *depot) {
		p.write(p.far+"/to.part", p.data)
		moved, err := p.put()
		p.whole(moved, err, via)
		if moved.Resumed != int64(len(p.data)) {
			t.Errorf("resumed at %d", moved.Resumed)
		}
		p.holds(p.far, map[string][]byte{"to": p.data})
	})
}

func TestUploadOverAPartOfSomebodyElse(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a file somebody else's")
	}
	ways(t, func(t *testing.T, via string, p *depot) {
		p.write(p.far+"/to.part", p.data[:mebi])
		if err := os.Chown(p.far+"/to.part", 12345, 12345); err != nil {
			t.Fatal(err)
		}
		moved, err := p.put()
		p.whole(moved, err, via)
		if moved.Resumed != 0 {
			t.Errorf("resumed at %d", moved.Resumed)
		}
		if info, err := os.Stat(p.far + "/to"); err != nil || info.Mode() != 0o600 || uidOf(info) != 0 {
			t.Errorf("the file is %v, %v", info, err)
		}
	})
}

func TestUploadOverAFolder(t *testing.T) {
	for _, name := range []string{"to", "to.part"} {
		t.Run(name, func(t *testing.T) {
			ways(t, func(t *testing.T, _ string, p *depot) {
				if err := os.MkdirAll(p.far+"/"+name+"/within", 0o700); err != nil {
					t.Fatal(err)
				}
				_, err := p.put()
				wantError(t, err, transport.KindFile, p.far+"/to: ")
				list, _ := filepath.Glob(p.far + "/*/*")
				if len(list) != 1 || list[0] != p.far+"/"+name+"/within" {
					t.Errorf("in the folder: %q", list)
				}
			})
		})
	}
}
