package transporttest

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
)

// dialFake opens a connection to aix1.
func dialFake(t *testing.T, f *Fake) (transport.Conn, transport.Files) {
	t.Helper()
	conn, err := f.Dial(t.Context(), transport.Target{Name: "aix1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	files, _ := transport.FilesOf(conn)
	return conn, files
}

func TestFakeFilesConform(t *testing.T) {
	FilesConformance(t, func(t *testing.T) (transport.Conn, string) {
		f := NewFake(t)
		f.On("echo only-out", Answer{Stdout: "only-out\n"})
		conn, _ := dialFake(t, f)
		return conn, "/var/tmp"
	})
}

func TestFakeTransfersAreScripted(t *testing.T) {
	f := NewFake(t)
	f.Store("aix1", "/tmp/a", []byte("a of aix1"))
	f.Store("aix2", "/tmp/b", []byte("of another host"))
	full := failure(transport.KindFile, "upload", "aix1", errors.New("no space left"))
	lost := failure(transport.KindLost, "upload", "aix1", errors.New("cut"))
	f.FailTransfer("aix1", "/tmp/up", full, nil, lost)
	_, files := dialFake(t, f)

	from := filepath.Join(t.TempDir(), "got")
	if _, err := files.Get(t.Context(), transport.Download{From: "/tmp/a", To: from}); err != nil {
		t.Fatal(err)
	}
	if _, err := files.Get(t.Context(), transport.Download{From: "/tmp/b", To: from}); transport.KindOf(err) != transport.KindFile {
		t.Errorf("a file of another host: %v", err)
	}
	for i, want := range []error{full, nil, lost} {
		if _, err := files.Put(t.Context(), transport.Upload{From: from, To: "/tmp/up"}); !errors.Is(err, want) {
			t.Errorf("upload %d: %v, want %v", i, err, want)
		}
	}
	if _, err := files.Put(t.Context(), transport.Upload{From: from, To: "/tmp/up"}); transport.KindOf(err) != transport.KindLost {
		t.Errorf("an upload over a broken connection: %v", err)
	}
	if data, ok := f.Stored("aix1", "/tmp/up"); !ok || string(data) != "a of aix1" {
		t.Errorf("stored %q, %v", data, ok)
	}
	want := []Transfer{
		{"aix1", "download", "/tmp/a"}, {"aix1", "download", "/tmp/b"},
		{"aix1", "upload", "/tmp/up"}, {"aix1", "upload", "/tmp/up"}, {"aix1", "upload", "/tmp/up"},
	}
	if diff := cmp.Diff(want, f.Transfers()); diff != "" {
		t.Errorf("transfers (-want +got):\n%s", diff)
	}
}

func TestFakeWithoutFiles(t *testing.T) {
	f := NewFake(t)
	f.NoFiles()
	conn, _ := dialFake(t, f)
	if _, ok := transport.FilesOf(conn); ok {
		t.Error("the connection can move files")
	}
}
