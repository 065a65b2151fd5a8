package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"

	"github.com/pkg/sftp"

	"aixmend/transport"
)

// errNoSFTP: the login has no working SFTP; the connection may be fine.
var errNoSFTP = errors.New("no sftp for this login")

// Extensions of OpenSSH's SFTP server.
const (
	renameExtension = "posix-rename@openssh.com"
	spaceExtension  = "statvfs@openssh.com"
)

// overSFTP is the host's side of a transfer over SFTP: one session for all.
type overSFTP struct {
	stream *byteStream
	guard  *guard
	client *sftp.Client
	file   *sftp.File // the part that is being written, nil if none is open
}

// openSFTP requests the subsystem. A server that grants it but does not speak SFTP
// (the program is missing, a profile prints) has none.
func (m *Mover) openSFTP(ctx context.Context) (*overSFTP, error) {
	s, err := m.openStream(ctx, "subsystem", struct{ Name string }{"sftp"})
	if errors.Is(err, errRequestRefused) {
		return nil, errNoSFTP
	}
	if err != nil {
		return nil, err
	}
	// Fstat: ask the open file for its size, since its name may mean another file by
	// now.
	g := newGuard(s, s.channel.Close)
	client, err := sftp.NewClientPipe(g, g, sftp.UseFstat(true))
	if err != nil {
		s.end(s.Close) // then the program behind it ends by itself
		return nil, errNoSFTP
	}
	return &overSFTP{stream: s, guard: g, client: client}, nil
}

// plain puts an error of the library into plain words.
func (r *overSFTP) plain(err error) error { return ofSFTP(r.guard.cause(err)) }

func (r *overSFTP) via() string { return transport.ViaSFTP }

func (r *overSFTP) close() { r.stream.end(r.client.Close) }

func (r *overSFTP) rest(f func() error) error {
	r.stream.unwatch()
	defer r.stream.rewatch()
	return f()
}

func (r *overSFTP) stat(name string) (stamp, error) {
	info, err := r.client.Stat(name)
	switch {
	case err != nil:
		return stamp{}, r.plain(err)
	case info.IsDir():
		return stamp{}, errFolder
	case !info.Mode().IsRegular():
		return stamp{}, errNotPlain
	case info.Size() < 0:
		return stamp{}, errSize
	}
	return stamp{info.Size(), strconv.FormatInt(info.ModTime().Unix(), 10)}, nil
}

func (r *overSFTP) read(name string, from, size int64, into io.Writer) error {
	file, err := r.client.Open(name)
	if err != nil {
		return r.plain(err)
	}
	defer file.Close()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return r.plain(err)
	}
	w := &exactly{into: into, size: size}
	if _, err := file.WriteTo(w); err != nil {
		return r.plain(err)
	}
	return w.whole()
}

func (r *overSFTP) part(name string, fresh bool) (int64, error) {
	r.closePart()
	if !fresh {
		if size, err := r.takePart(name); err == nil {
			return size, nil
		}
		r.closePart()
	}
	if err := r.client.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, r.plain(err)
	}
	file, err := r.client.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return 0, r.plain(err)
	}
	r.file = file
	return 0, r.plain(file.Chmod(0o600))
}

// takePart opens the part of an earlier try. In a folder where others may write it
// could be anybody's: it must be a plain file (no link) of the login. Changing its
// mode proves that, except for root.
func (r *overSFTP) takePart(name string) (int64, error) {
	info, err := r.client.Lstat(name)
	if err != nil {
		return 0, err
	}
	if attributes, ok := info.Sys().(*sftp.FileStat); !ok || !info.Mode().IsRegular() ||
		r.stream.mover.Target.User == "root" && attributes.UID != 0 {
		return 0, errNotPlain
	}
	// Open it before asking for its size: opening may truncate it.
	if r.file, err = r.client.OpenFile(name, os.O_WRONLY); err != nil {
		return 0, err
	}
	if err := r.file.Chmod(0o600); err != nil {
		return 0, err
	}
	now, err := r.file.Stat()
	if err != nil {
		return 0, err
	}
	return now.Size(), nil
}

func (r *overSFTP) closePart() {
	if r.file != nil {
		_ = r.file.Close()
		r.file = nil
	}
}

func (r *overSFTP) append(name string, offset, size int64, from io.Reader) error {
	if free, ok := r.free(name); ok && free < size {
		return noSpace(free)
	}
	file := r.file
	r.file = nil
	_, err := file.Seek(offset, io.SeekStart)
	if err == nil {
		_, err = file.ReadFromWithConcurrency(from, 0)
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	var status *sftp.StatusError
	if errors.As(err, &status) { // of a full file system OpenSSH says "Failure"
		if free, ok := r.free(name); ok && free < fullBelow {
			return noSpace(free)
		}
	}
	return r.plain(err)
}

// fullBelow is the number of free bytes below which a file system counts as full.
const fullBelow = 64 << 10

// free returns the free bytes of a file's file system, if the server tells.
func (r *overSFTP) free(name string) (int64, bool) {
	if _, ok := r.client.HasExtension(spaceExtension); !ok {
		return 0, false
	}
	vfs, err := r.client.StatVFS(path.Dir(name))
	if err != nil || vfs.Blocks == 0 || vfs.Frsize == 0 || vfs.Bfree > (1<<62)/vfs.Frsize {
		return 0, false
	}
	return int64(vfs.Bfree * vfs.Frsize), true
}

func noSpace(free int64) error {
	return failure{text: fmt.Sprintf("no space left: %d bytes are free", free)}
}

func (r *overSFTP) finish(part, name string, mode fs.FileMode) error {
	if err := r.client.Chmod(part, mode); err != nil {
		return r.plain(err)
	}
	if _, ok := r.client.HasExtension(renameExtension); ok {
		return r.plain(r.client.PosixRename(part, name))
	}
	return r.plain(r.client.Rename(part, name)) // it replaces nothing
}

func (r *overSFTP) remove(name string) error {
	r.closePart()
	return r.plain(r.client.Remove(name))
}
