package ssh

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pkg/sftp"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// disk serves the files of this machine over SFTP, and misbehaves as a test
// wants. Its fields are set before it serves.
type disk struct {
	onWrite func(p []byte, at, total int64) error // before p is written; total counts it
	onRead  func(total int64) error               // total: how many bytes are asked for so far
	size    func(name string, size int64) int64   // what stat tells
	refuse  func(r *sftp.Request) error           // any other request
	free    atomic.Uint64                         // bytes; 0: not told

	mu            sync.Mutex
	written, read int64
}

func (d *disk) handlers(string) sftp.Handlers {
	return sftp.Handlers{FileGet: d, FilePut: d, FileCmd: d, FileList: d}
}

func (d *disk) check(r *sftp.Request) error {
	if d.refuse == nil {
		return nil
	}
	return d.refuse(r)
}

func (d *disk) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	if err := d.check(r); err != nil {
		return nil, err
	}
	file, err := os.Open(r.Filepath)
	return diskFile{d, file}, err
}

func (d *disk) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	if err := d.check(r); err != nil {
		return nil, err
	}
	how := os.O_WRONLY
	for flag, set := range map[int]bool{os.O_CREATE: r.Pflags().Creat, os.O_EXCL: r.Pflags().Excl, os.O_TRUNC: r.Pflags().Trunc} {
		if set {
			how |= flag
		}
	}
	file, err := os.OpenFile(r.Filepath, how, 0o644)
	return diskFile{d, file}, err
}

func (d *disk) Filecmd(r *sftp.Request) error {
	if err := d.check(r); err != nil {
		return err
	}
	switch r.Method {
	case "Setstat":
		return os.Chmod(r.Filepath, r.Attributes().FileMode().Perm())
	case "Rename":
		if _, err := os.Lstat(r.Target); err == nil {
			return os.ErrExist // as OpenSSH's
		}
		return os.Rename(r.Filepath, r.Target)
	case "Remove":
		return os.Remove(r.Filepath)
	}
	return sftp.ErrSSHFxOpUnsupported
}

func (d *disk) PosixRename(r *sftp.Request) error {
	if err := d.check(r); err != nil {
		return err
	}
	return os.Rename(r.Filepath, r.Target)
}

func (d *disk) StatVFS(*sftp.Request) (*sftp.StatVFS, error) {
	free := d.free.Load()
	if free == 0 {
		return nil, sftp.ErrSSHFxOpUnsupported
	}
	return &sftp.StatVFS{Bsize: 4096, Frsize: 1, Blocks: 1 << 40, Bfree: free, Bavail: free}, nil
}

func (d *disk) Filelist(r *sftp.Request) (sftp.ListerAt, error) { return d.list(r, os.Stat) }
func (d *disk) Lstat(r *sftp.Request) (sftp.ListerAt, error)    { return d.list(r, os.Lstat) }

func (d *disk) list(r *sftp.Request, stat func(string) (os.FileInfo, error)) (sftp.ListerAt, error) {
	if err := d.check(r); err != nil {
		return nil, err
	}
	info, err := stat(r.Filepath)
	if err != nil {
		return nil, err
	}
	size := info.Size()
	if d.size != nil {
		size = d.size(r.Filepath, size)
	}
	return told{info, size}, nil
}

// told is what stat tells of a file.
type told struct {
	os.FileInfo
	size int64
}

func (s told) Size() int64 { return s.size }

func (s told) ListAt(to []os.FileInfo, offset int64) (int, error) {
	if offset > 0 || len(to) == 0 {
		return 0, io.EOF
	}
	to[0] = s
	return 1, io.EOF
}

// moved is how many bytes were written and read since it was last asked.
func (d *disk) moved() (written, read int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	written, read = d.written, d.read
	d.written, d.read = 0, 0
	return written, read
}

type diskFile struct {
	disk *disk
	*os.File
}

func (f diskFile) WriteAt(p []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	f.disk.written += int64(len(p))
	total := f.disk.written
	f.disk.mu.Unlock()
	if f.disk.onWrite != nil {
		if err := f.disk.onWrite(p, at, total); err != nil {
			return 0, err
		}
	}
	return f.File.WriteAt(p, at)
}

func (f diskFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	f.disk.mu.Lock()
	f.disk.read += int64(n)
	total := f.disk.read
	f.disk.mu.Unlock()
	if n > 0 && f.disk.onRead != nil {
		if err := f.disk.onRead(total); err != nil {
			return 0, err
		}
	}
	return n, err
}

// depot is a rig whose host keeps files, and a place for them on both sides.
type depot struct {
	*rig
	disk       *disk
	far, local string // folders
	data       []byte
	from       string // a local file with the data
}

const mebi = 1 << 20

// stocked starts a server with a shell and, if it is wanted, SFTP.
func stocked(t *testing.T, h sshtest.HandlerFunc, d *disk, o sshtest.Options) *depot {
	t.Helper()
	if d != nil {
		o.SFTP = d.handlers
	}
	p := &depot{rig: serve(t, h, o), disk: d, far: t.TempDir(), local: t.TempDir(), data: make([]byte, 5*mebi)}
	_, _ = rand.NewChaCha8([32]byte{1}).Read(p.data)
	p.from = p.file("from", string(p.data))
	return p
}

func (p *depot) upload() transport.Upload {
	return transport.Upload{From: p.from, To: p.far + "/to"}
}

func (p *depot) download() transport.Download {
	return transport.Download{From: p.far + "/to", To: filepath.Join(p.local, "got")}
}

// put uploads over a new connection.
func (p *depot) put() (transport.Moved, error) { return p.files().Put(p.t.Context(), p.upload()) }

// get downloads over a new connection.
func (p *depot) get() (transport.Moved, error) { return p.files().Get(p.t.Context(), p.download()) }

// files are those of a new connection.
func (p *depot) files() transport.Files {
	p.t.Helper()
	files, ok := transport.FilesOf(p.dial())
	if !ok {
		p.t.Fatal("the connection can't move files")
	}
	return files
}

// stock puts the data on the host, by hand.
func (p *depot) stock() { p.write(p.far+"/to", p.data) }

func (p *depot) write(name string, data []byte) {
	p.t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// holds checks that a folder holds these files and no others.
func (p *depot) holds(folder string, want map[string][]byte) {
	p.t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, entry := range list {
		if _, ok := want[entry.Name()]; !ok {
			p.t.Errorf("%s is there too", entry.Name())
		}
	}
	for name, data := range want {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, data) {
			p.t.Errorf("%s: %d bytes are not the %d that are wanted, %v", name, len(got), len(data), err)
		}
	}
}

// whole checks the result of a transfer of all the data.
func (p *depot) whole(got transport.Moved, err error, via string) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	sum := sha256.Sum256(p.data)
	want := transport.Moved{Bytes: int64(len(p.data)), SHA256: hex.EncodeToString(sum[:]), Via: via, Resumed: got.Resumed}
	if got != want {
		p.t.Errorf("moved %+v, want %+v", got, want)
	}
}

var errTest = errors.New("as the test wants")

// ways are the ways on which files move, each with a host for it.
func ways(t *testing.T, test func(t *testing.T, via string, p *depot)) {
	t.Helper()
	t.Run(transport.ViaSFTP, func(t *testing.T) { test(t, transport.ViaSFTP, stocked(t, posix, &disk{}, memory())) })
	t.Run(transport.ViaExec, func(t *testing.T) { test(t, transport.ViaExec, stocked(t, posix, nil, memory())) })
}
