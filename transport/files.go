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
// A file gets its final name once it is complete and its bytes were compared; until
// then ".part" is appended to the name, on either side. A transfer that lost its
// connection or was cancelled leaves the partial file; the same call over another
// connection continues there if the partial content is right. Any other failure
// removes it.
type Files interface {
	// Put uploads a file of this machine. It changes the host, so it needs the
	// consent of the gate (UploadCommand names the upload). It reads
	// back everything it has stored, and replaces an existing To.
	Put(ctx context.Context, up Upload) (Moved, error)
	// Get downloads a file of the host. It is an error if the file changes meanwhile.
	Get(ctx context.Context, down Download) (Moved, error)
}

// Upload is one file to upload to a host.
type Upload struct {
	// From is the path of a plain file of this machine.
	From string
	// To is the file's path on the host; see CheckPath. Its folder must exist.
	To string
	// Mode holds the permissions of the file; 0: 0600.
	Mode fs.FileMode
	// Progress, if set, gets the number of bytes sent, those of an earlier try
	// included, and the total: first when the offset is known, then often, from one
	// goroutine at a time. The transfer waits for it. Reading back, which follows,
	// is not reported.
	Progress func(done, total int64)
}

// Download is one file to download from a host.
type Download struct {
	// From is the file's path on the host; see CheckPath.
	From string
	// To is the file's path on this machine; its mode is 0600. The caller chooses
	// it: no text of the host may be a part of it.
	To string
	// MaxBytes bounds the size of the file; 0: no bound.
	MaxBytes int64
	// Progress is as in Upload, with the bytes received.
	Progress func(done, total int64)
}

// Moved is the result of a transfer.
type Moved struct {
	// Bytes is the size of the file, SHA256 the hash of its content in hex: of an
	// upload as read back from the host, of a download as received.
	Bytes  int64
	SHA256 string
	// Resumed is the number of bytes that came from an earlier try.
	Resumed int64
	// Via is ViaSFTP or ViaExec.
	Via string
}

// The ways to move a file.
const (
	ViaSFTP = "sftp"
	ViaExec = "exec" // commands with the file's bytes on their streams
)

// KindFile: the connection is fine; a file of the host failed, or one of this machine
// if the error says so.
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

// UploadCommand returns the command that stands for an upload at the gate. It is never
// sent to a host.
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
