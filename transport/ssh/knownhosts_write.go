package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"aixmend/transport"
	"aixmend/transport/retry"
)

// StorePath is the file to which the keys of a target's host are written: the
// first of its files.
func (h *HostKeys) StorePath(target transport.Target) (string, error) {
	paths := h.paths(target)
	if len(paths) == 0 {
		return "", errors.New("no known_hosts file is named")
	}
	return paths[0], nil
}

// Store writes keys to a known_hosts file, which is made, with its folder, where
// it is not there. It returns the names that were left alone: by now the file
// holds other keys of theirs, or revokes one.
//
// The file is written whole or not at all; links are followed, its mode stays,
// and so does each line that is about other hosts. It is read again first: what
// somebody added since the hosts were judged is kept. Two of us wait for each
// other by a lock that the system gives back when a process dies; ssh takes no
// lock, so what it adds is looked for until the very moment of the change.
func (h *HostKeys) Store(ctx context.Context, path string, edits []KnownHostsEdit) (left []string, err error) {
	for _, e := range edits {
		if err := e.Check(); err != nil {
			return nil, err
		}
	}
	h.mu.Lock()
	var before *knownHosts
	if file := h.files[path]; file != nil {
		before = file.index
	}
	h.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("known_hosts: %w", err)
	}
	real, err := realPath(path)
	if err != nil {
		return nil, fmt.Errorf("known_hosts: %w", err)
	}
	unlock, err := lockFile(ctx, real)
	if err != nil {
		return nil, fmt.Errorf("known_hosts: %s: %w", real, err)
	}
	defer unlock()
	change := func(text []byte) ([]byte, []string) { return newEditing(edits, before, &h.macs).apply(text) }
	for range retry.Rewrite.Attempts {
		left, done, err := rewrite(real, change)
		if err != nil {
			return nil, fmt.Errorf("known_hosts: %w", err)
		}
		if done {
			return left, nil
		}
	}
	return nil, fmt.Errorf("known_hosts: %s changes all the time: nothing was stored", real)
}

// realPath follows the links of a path, if it is there.
func realPath(path string) (string, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return filepath.EvalSymlinks(path)
}

// lockFile takes the lock that goes with a file, and returns how to give it
// back. The lock's own file goes with it: who waited for one that is gone takes
// the next.
func lockFile(ctx context.Context, path string) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, retry.KnownHosts.Within)
	defer cancel()
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
	for {
		lock := flock.New(name, flock.SetPermissions(0o600))
		if _, err := lock.TryLockContext(ctx, retry.KnownHosts.First); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				err = fmt.Errorf("another aixmend has held it for %s", retry.KnownHosts.Within)
			}
			return nil, err
		}
		if inPlace(lock) {
			return func() {
				_ = os.Remove(name) // where a file in use can't be removed it stays, and holds nobody up
				_ = lock.Close()
			}, nil
		}
		_ = lock.Close()
	}
}

// inPlace tells whether a lock is on the file that has its name now: who had it
// before takes the file away.
func inPlace(lock *flock.Flock) bool {
	held, err := lock.Stat()
	there, gone := os.Stat(lock.Path())
	return err == nil && gone == nil && os.SameFile(held, there)
}

// rewrite changes a file, and tells whether it could: not where somebody else
// has changed it meanwhile.
func rewrite(path string, change func(text []byte) ([]byte, []string)) (left []string, done bool, err error) {
	text, info, err := readWhole(path)
	if err != nil {
		return nil, false, err
	}
	after, left := change(text)
	if bytes.Equal(after, text) {
		return left, true, nil
	}
	temp, err := writeBeside(path, after, info)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = os.Remove(temp) }() // it is not there any more when all went well
	if now, _, err := readWhole(path); err != nil || !bytes.Equal(now, text) {
		return nil, false, err
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, false, err
	}
	return left, true, syncFolder(filepath.Dir(path))
}

// readWhole reads a file; where it is not there, it is empty and has no info.
func readWhole(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is no plain file: nothing can be stored there", path)
	}
	text, err := os.ReadFile(path)
	return text, info, err
}

// writeBeside writes a file in the folder of another one, with the mode and the
// owner of that, and returns its path. It is on the disk then.
func writeBeside(path string, text []byte, like fs.FileInfo) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".known_hosts-") // 0600
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	if err == nil && like != nil {
		err = file.Chmod(like.Mode().Perm())
		keepOwner(file, like)
	}
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}
