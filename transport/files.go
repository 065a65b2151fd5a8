package transport

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Files moves whole files, which a Conn may support beside commands.
// Ask for it with FilesOf. It belongs to its connection: one goroutine uses
// both, and Close ends both. Every error is an *Error with the operation
// upload or download; it names the file of the host and the reason.
//
// A file gets its final name only when it is complete and its bytes were compared:
// until then ".part" is appended to the name, on either side. A transfer that lost its connection or was cancelled
// leaves the partial file; the same call over another connection continues from
// there, if the partial content is right. Any other failure removes it.
type Files interface {
	// Put uploads a file of this machine. It changes the host, so it needs the
	// consent of the gate (UploadCommand names the upload). It reads
	// back everything it has stored, and replaces an existing To.
	Put(ctx context.Context, up Upload) (Moved, error)
	// Get downloads a file of the host. That the file changes meanwhile is an
	// error.
	Get(ctx context.Context, down Download) (Moved, error)
}

// Upload is one file to bring to a host.
type Upload struct {
	// From is the path of a plain file of this machine.
	From string
	// To is the file's path on the host; see CheckPath. Its folder is there.
	To string
	// Mode is the permissions that the file gets; 0: 0600.
	Mode fs.FileMode
	// Progress, when set, is told how many bytes have left, those of an earlier
	// try included, and how many there are: first when it is known where the
	// transfer begins, then often, by one goroutine at a time. The transfer
	// waits for it. Reading back, which follows, is not told.
	Progress func(done, total int64)
}

// Download is one file to fetch from a host.
type Download struct {
	// From is the file's path on the host; see CheckPath.
	From string
	// To is the path that the file gets on this machine, with mode 0600. It is
	// the caller's own: nothing that the host says becomes a part of it.
	To string
	// MaxBytes is how large the file may be; 0: any size.
	MaxBytes int64
	// Progress is that of an Upload, of the bytes that have arrived.
	Progress func(done, total int64)
}

// Moved is the result of a transfer.
type Moved struct {
	// Bytes is the size of the file, SHA256 the hash of its content, in hex:
	// of an upload as read back from the host, of a download as received.
	Bytes  int64
	SHA256 string
	// Resumed is how many of the bytes came from an earlier try.
	Resumed int64
	// Via is ViaSFTP or ViaExec.
	Via string
}

// Ways on which a file moves.
const (
	ViaSFTP = "sftp"
	ViaExec = "exec" // commands with the file's bytes on their streams
)

// KindFile is for a connection that is well: the trouble is a file, of the
// host, or of this machine where the error says so.
const KindFile Kind = "file"

// FilesOf returns the ability of a connection to move files, and whether it
// has it. A decorated connection has the ability of the one below it.
func FilesOf(conn Conn) (Files, bool) {
	if asked, ok := conn.(interface{ Files() (Files, bool) }); ok {
		return asked.Files()
	}
	files, ok := conn.(Files)
	return files, ok
}

// UploadCommand is the command as which an upload passes the gate. No host
// ever sees it.
func UploadCommand(up Upload) Command {
	return Command{ID: "upload", Line: fmt.Sprintf("upload %q to %q", up.From, up.To), Mutating: true}
}

// CheckPath returns an error for an unusable path of a file on a host: it must
// be absolute and clean (no "..", no "//", no slash at its end), without NUL
// and newline.
func CheckPath(name string) error {
	switch {
	case !path.IsAbs(name):
		return fmt.Errorf("%q is not an absolute path", name)
	case strings.ContainsAny(name, "\x00\r\n"):
		return fmt.Errorf("%q has a byte in it that no file name should have", name)
	case name == "/" || path.Clean(name) != name:
		return fmt.Errorf("%q is not the plain path of a file", name)
	}
	return nil
}
