package wrap

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
	"aixmend/transport/lab/transporttest"
	"aixmend/transport/retry"
)

func filesOf(t *testing.T, d transport.Dialer) transport.Files {
	t.Helper()
	files, ok := transport.FilesOf(dial(t, d))
	if !ok {
		t.Fatal("the decorators lost the ability to move files")
	}
	return files
}

// all is every decorator, as the product stacks them.
func all(f transport.Dialer, gate Gate) transport.Dialer {
	return Gated(Limited(Retried(f, retry.Dial), one(1)), gate)
}

func TestDecoratedFilesConform(t *testing.T) {
	consent := func(transport.Target, transport.Command) error { return nil }
	transporttest.FilesConformance(t, func(t *testing.T) (transport.Conn, string) {
		f := host(t)
		f.On("echo only-out", transporttest.Answer{Stdout: "only-out\n"})
		return dial(t, all(f, consent)), "/var/tmp"
	})
}

func TestUploadAsksTheGate(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from")
	if err := os.WriteFile(from, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := transport.Upload{From: from, To: "/tmp/to"}
	why := errors.New("no approval for this step")
	for _, c := range []struct {
		name   string
		answer error
		moved  []transporttest.Transfer
	}{
		{"shut", why, nil},
		{"open", nil, []transporttest.Transfer{{Host: "aix1", Op: "upload", Path: "/tmp/to"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := host(t)
			var asked []transport.Command
			files := filesOf(t, all(f, func(to transport.Target, command transport.Command) error {
				if to != target {
					t.Errorf("asked about %+v", to)
				}
				asked = append(asked, command)
				return c.answer
			}))
			if _, err := files.Put(t.Context(), up); !errors.Is(err, c.answer) {
				t.Errorf("Put: %v, want %v", err, c.answer)
			}
			if diff := cmp.Diff(c.moved, f.Transfers()); diff != "" {
				t.Errorf("moved (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]transport.Command{transport.UploadCommand(up)}, asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if !asked[0].Mutating || asked[0].ID == "" {
				t.Errorf("the gate can't see that %+v changes a host", asked[0])
			}
		})
	}
}

func TestDownloadPassesAShutGate(t *testing.T) {
	f := host(t)
	f.Store("aix1", "/tmp/from", []byte("bytes"))
	files := filesOf(t, all(f, Shut))
	moved, err := files.Get(t.Context(), transport.Download{From: "/tmp/from", To: filepath.Join(t.TempDir(), "to")})
	if err != nil || moved.Bytes != 5 {
		t.Errorf("Get: %+v, %v", moved, err)
	}
}

func TestDecoratorsAddNoFiles(t *testing.T) {
	f := host(t)
	f.NoFiles()
	if _, ok := transport.FilesOf(dial(t, all(f, Shut))); ok {
		t.Error("a decorator made up the ability to move files")
	}
}
