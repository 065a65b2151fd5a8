package transporttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/transport"
)

// host is a connection that can move files, and a place for them: an empty
// folder of the host.
type host struct {
	t      *testing.T
	conn   transport.Conn
	files  transport.Files
	folder string
}

// FilesConformance is the suite that every transport passes whose connections
// can move files. Each call of dial opens a connection to a host and names an
// absolute folder of that host that is empty; the suite closes the connection.
func FilesConformance(t *testing.T, dial func(t *testing.T) (transport.Conn, string)) {
	t.Helper()
	for name, check := range map[string]func(*host){
		"a file comes back as it went, whatever its size": (*host).roundTrips,
		"an upload replaces what was there":               (*host).replaces,
		"files and commands take turns":                   (*host).takesTurns,
		"a file that is not there":                        (*host).missing,
		"a file of this machine that is not there":        (*host).missingHere,
		"a file that is larger than its bound":            (*host).bounded,
		"names that are refused":                          (*host).refusesNames,
		"a cancelled context moves nothing":               (*host).cancelled,
		"after close nothing moves":                       (*host).closed,
	} {
		t.Run(name, func(t *testing.T) {
			conn, folder := dial(t)
			t.Cleanup(func() { _ = conn.Close() })
			files, ok := transport.FilesOf(conn)
			if !ok {
				t.Fatal("the connection can't move files")
			}
			check(&host{t, conn, files, folder})
		})
	}
}

// file is the file of the host that most cases are about.
func (h *host) file() string { return h.folder + "/file" }

// content is so many bytes that no part of which repeats.
func content(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(size)}).Read(data) // never fails
	return data
}

// local writes a file of this machine.
func (h *host) local(data []byte) string {
	h.t.Helper()
	name := filepath.Join(h.t.TempDir(), "from")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return name
}

// put uploads the suite's file.
func (h *host) put(data []byte) {
	h.t.Helper()
	var last, total int64
	up := transport.Upload{From: h.local(data), To: h.file(), Progress: func(d, t int64) { last, total = d, t }}
	moved, err := h.files.Put(h.t.Context(), up)
	if err != nil {
		h.t.Fatalf("Put: %v", err)
	}
	h.moved("Put", moved, data)
	if last != int64(len(data)) || total != last {
		h.t.Errorf("Put: progress ended at %d of %d, want %d", last, total, len(data))
	}
}

// get downloads and checks the suite's file, which must be the only one left.
func (h *host) get(want []byte) {
	h.t.Helper()
	folder := h.t.TempDir()
	var last, total int64
	down := transport.Download{
		From: h.file(), To: filepath.Join(folder, "to"), MaxBytes: int64(len(want)),
		Progress: func(d, t int64) { last, total = d, t },
	}
	moved, err := h.files.Get(h.t.Context(), down)
	if err != nil {
		h.t.Fatalf("Get: %v", err)
	}
	h.moved("Get", moved, want)
	if last != int64(len(want)) || total != last {
		h.t.Errorf("Get: progress ended at %d of %d, want %d", last, total, len(want))
	}
	if got, err := os.ReadFile(down.To); err != nil || !bytes.Equal(got, want) {
		h.t.Errorf("Get: %d bytes are not the %d that were put, %v", len(got), len(want), err)
	}
	if list := names(h.t, folder); len(list) != 1 {
		h.t.Errorf("Get left %q", list)
	}
	if info, err := os.Stat(down.To); err == nil && info.Mode() != 0o600 {
		h.t.Errorf("Get: mode %v, want 0600", info.Mode())
	}
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range list {
		found = append(found, entry.Name())
	}
	return found
}

func (h *host) moved(what string, got transport.Moved, data []byte) {
	h.t.Helper()
	sum := sha256.Sum256(data)
	via := got.Via
	if via != transport.ViaSFTP && via != transport.ViaExec {
		h.t.Errorf("%s: moved via %q", what, via)
	}
	want := transport.Moved{Bytes: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Via: via}
	if got != want {
		h.t.Errorf("%s moved %+v, want %+v", what, got, want)
	}
}

// fails wants an *Error of a kind, that names operation and file.
func (h *host) fails(err error, kind transport.Kind, op, name string, texts ...string) {
	h.t.Helper()
	var typed *transport.Error
	if !errors.As(err, &typed) || typed.Kind != kind || typed.Op != op {
		h.t.Errorf("%s of %q: %v (kind %q), want kind %q", op, name, err, transport.KindOf(err), kind)
		return
	}
	for _, text := range append(texts, name) {
		if !strings.Contains(err.Error(), text) {
			h.t.Errorf("the error %q does not say %q", err, text)
		}
	}
}

func (h *host) roundTrips() {
	for _, size := range []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 300_000} {
		data := content(size)
		h.put(data)
		h.get(data)
	}
}

func (h *host) replaces() {
	h.put(content(5000))
	h.put([]byte("short"))
	h.get([]byte("short"))
}

func (h *host) takesTurns() {
	echo := conversation{commands: []transport.Command{sh("echo only-out")}, want: []want{{Stdout: "only-out\n"}}}
	for range 4 {
		h.put(content(3))
		echo.hold(h.t, h.conn)
		h.get(content(3))
	}
}

func (h *host) missing() {
	folder := h.t.TempDir()
	down := transport.Download{From: h.folder + "/no-such", To: filepath.Join(folder, "to")}
	_, err := h.files.Get(h.t.Context(), down)
	h.fails(err, transport.KindFile, "download", "no-such")
	if list := names(h.t, folder); len(list) > 0 {
		h.t.Errorf("Get left %q", list)
	}
}

func (h *host) missingHere() {
	up := transport.Upload{From: filepath.Join(h.t.TempDir(), "no-such"), To: h.file()}
	_, err := h.files.Put(h.t.Context(), up)
	h.fails(err, transport.KindFile, "upload", up.To, "on this machine", up.From)
	_, err = h.files.Get(h.t.Context(), transport.Download{From: up.To, To: filepath.Join(h.t.TempDir(), "to")})
	h.fails(err, transport.KindFile, "download", up.To)
}

func (h *host) bounded() {
	h.put(content(101))
	folder := h.t.TempDir()
	_, err := h.files.Get(h.t.Context(), transport.Download{From: h.file(), To: filepath.Join(folder, "to"), MaxBytes: 100})
	h.fails(err, transport.KindFile, "download", h.file(), "limit of 100 bytes", "101")
	if list := names(h.t, folder); len(list) > 0 {
		h.t.Errorf("Get left %q", list)
	}
}

func (h *host) refusesNames() {
	from := h.local(content(1))
	folder := h.t.TempDir()
	for _, name := range []string{"", "file", "./file", "/", h.folder + "/", h.folder + "/a\nb", h.folder + "/a\x00b", h.folder + "/a/../b", h.folder + "//b"} {
		_, err := h.files.Put(h.t.Context(), transport.Upload{From: from, To: name})
		h.fails(err, transport.KindFile, "upload", "the name is refused")
		_, err = h.files.Get(h.t.Context(), transport.Download{From: name, To: filepath.Join(folder, "to")})
		h.fails(err, transport.KindFile, "download", "the name is refused")
	}
	if list := names(h.t, folder); len(list) > 0 {
		h.t.Errorf("Get left %q", list)
	}
}

func (h *host) cancelled() {
	ctx, cancel := context.WithCancelCause(h.t.Context())
	why := errors.New("the operator said stop")
	cancel(why)
	up := transport.Upload{From: h.local(content(1)), To: h.file()}
	_, err := h.files.Put(ctx, up)
	h.fails(err, transport.KindCanceled, "upload", up.To, why.Error())
	_, err = h.files.Get(ctx, transport.Download{From: up.To, To: filepath.Join(h.t.TempDir(), "to")})
	h.fails(err, transport.KindCanceled, "download", up.To, why.Error())
}

func (h *host) closed() {
	_ = h.conn.Close()
	up := transport.Upload{From: h.local(content(1)), To: h.file()}
	_, err := h.files.Put(h.t.Context(), up)
	h.fails(err, transport.KindLost, "upload", up.To)
	_, err = h.files.Get(h.t.Context(), transport.Download{From: up.To, To: filepath.Join(h.t.TempDir(), "to")})
	h.fails(err, transport.KindLost, "download", up.To)
}
