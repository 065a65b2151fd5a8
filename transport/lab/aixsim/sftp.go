package aixsim

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"

	"github.com/pkg/sftp"
)

// SFTP serves the files of the host, for sshtest.Options.SFTP. Rights are not
// looked at; its changes are among the host's effects.
func (h *Host) SFTP(string) sftp.Handlers {
	s := sftpFiles{lockedFS{h, &Env{Path: "sftp-server"}}}
	return sftp.Handlers{FileGet: s, FilePut: s, FileCmd: s, FileList: s}
}

type sftpFiles struct{ files lockedFS }

// Fileread opens a file to read.
func (s sftpFiles) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	data, err := s.files.ReadFile(path.Clean(r.Filepath))
	if err != nil {
		return nil, os.ErrNotExist
	}
	return bytes.NewReader(data), nil
}

// Filewrite opens a file to write.
func (s sftpFiles) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	name := path.Clean(r.Filepath)
	if err := s.files.WriteFile(name, nil, 0o644); err != nil {
		return nil, err
	}
	return &sftpFile{files: s.files, name: name}, nil
}

// Filecmd renames, removes, makes folders and sets modes.
func (s sftpFiles) Filecmd(r *sftp.Request) error {
	name := path.Clean(r.Filepath)
	switch r.Method {
	case "Setstat":
		if r.AttrFlags().Permissions {
			return s.files.Chmod(name, r.Attributes().FileMode().Perm())
		}
		return nil
	case "Rename", "PosixRename":
		return s.files.Rename(name, path.Clean(r.Target))
	case "Remove", "Rmdir":
		return s.files.Remove(name)
	case "Mkdir":
		return s.files.Mkdir(name, 0o755)
	}
	return sftp.ErrSSHFxOpUnsupported
}

// Filelist lists and stats.
func (s sftpFiles) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	name := path.Clean(r.Filepath)
	if r.Method == "List" {
		list, err := s.files.ReadDir(name)
		return infos(list), err
	}
	info, err := s.files.Stat(name)
	if err != nil {
		return nil, os.ErrNotExist
	}
	return infos{info}, nil
}

type infos []fs.FileInfo

// ListAt implements sftp.ListerAt.
func (l infos) ListAt(to []os.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[offset:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// sftpFile is a file being written; it is stored when it is closed.
type sftpFile struct {
	files lockedFS
	name  string
	mu    sync.Mutex
	data  []byte
}

func (f *sftpFile) WriteAt(p []byte, offset int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if grow := int(offset) + len(p) - len(f.data); grow > 0 {
		f.data = append(f.data, make([]byte, grow)...)
	}
	copy(f.data[offset:], p)
	return len(p), nil
}

// Close stores the file.
func (f *sftpFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.files.WriteFile(f.name, f.data, 0o644)
}
