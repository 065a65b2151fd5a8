package sshconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/transport/ownership"
	"aixmend/transport/sshtext"
)

// Bounds of reading. The first is that of ssh.
const (
	maxDepth = 16
	maxFiles = 1000
	maxBytes = 32 << 20
)

// loader reads files, within bounds.
type loader struct {
	home   string
	system string // the folder of the system's ssh_config
	files  int
	bytes  int64
	paths  []string // of the files that were read
}

// source is where a text comes from.
type source struct {
	path string
	// system: it belongs to the system's file, not to the user's.
	system bool
	depth  int
}

// read reads one file. private: nobody else may be able to write it, as ssh
// wants: a ProxyCommand in it is run.
func (l *loader) read(path string, private bool) (string, error) {
	if path == os.DevNull {
		return "", nil
	}
	if l.files++; l.files > maxFiles {
		return "", fmt.Errorf("there are more than %d files", maxFiles)
	}
	info, err := os.Stat(path) // before it is opened: a pipe would hang
	switch {
	case err != nil:
		return "", cause(err)
	case !info.Mode().IsRegular():
		return "", errors.New("it is no plain file")
	}
	if private {
		if err := othersMayChange(path); err != nil {
			return "", err
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", cause(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes-l.bytes+1))
	l.bytes += int64(len(text))
	switch {
	case err != nil:
		return "", cause(err)
	case l.bytes > maxBytes:
		return "", fmt.Errorf("the files hold more than %d bytes", maxBytes)
	}
	l.paths = append(l.paths, path)
	return string(text), nil
}

// cause is the reason in an error that names the file once more.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// glob gives the files that a pattern names, as the C library does: a wildcard
// does not match a dot at the beginning of a name.
func glob(pattern string) ([]string, error) {
	found, err := filepath.Glob(pattern)
	wanted := strings.Split(filepath.ToSlash(filepath.Clean(pattern)), "/")
	return slices.DeleteFunc(found, func(path string) bool {
		for i, name := range strings.Split(filepath.ToSlash(filepath.Clean(path)), "/") {
			if strings.HasPrefix(name, ".") && i < len(wanted) && !strings.HasPrefix(wanted[i], ".") {
				return true
			}
		}
		return false
	}), err
}

// anchor makes a path of an Include line absolute.
func (l *loader) anchor(path string, system bool) (string, error) {
	switch {
	case strings.ContainsRune(path, '%'), strings.Contains(path, "${"):
		return "", errors.New("tokens in it are not expanded here")
	case strings.HasPrefix(path, "~") && system:
		return "", errors.New("the system's file can't name one of a user")
	case strings.HasPrefix(path, "~"):
		return sshtext.Tilde(path, l.home)
	case filepath.IsAbs(path):
		return path, nil
	case system:
		return filepath.Join(l.system, path), nil
	}
	return filepath.Join(l.home, ".ssh", path), nil
}

// othersMayChange returns an error if anybody but this user and root can change a file.
func othersMayChange(path string) error {
	err := ownership.Check(path)
	var fault *ownership.Fault
	if errors.As(err, &fault) {
		return unsafeFile{fault}
	}
	return err
}

// unsafeFile is the error of a file that others can change.
type unsafeFile struct{ *ownership.Fault }

func (e unsafeFile) Error() string {
	return fmt.Sprintf("others may change it: %s %s; %s", e.At, e.Why, e.Remedy)
}

func (e unsafeFile) Unwrap() error { return e.Fault }
