package hostkeys

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

// StorePath returns the file to which the keys of a target's host are stored: the
// first of its files.
func (h *KnownHosts) StorePath(target transport.Target) (string, error) {
	paths := h.paths(target)
	if len(paths) == 0 {
		return "", errors.New("no known_hosts file is named")
	}
	return paths[0], nil
}

// Store writes keys to a known_hosts file, and creates it and its folder if need
// be. It returns the names that were left alone because the file has other keys for
// them by now, or revokes one.
//
// The file is replaced as a whole. Links are followed; its mode and the lines about
// other hosts stay. It is read again first, so lines added since the hosts were
// judged are kept. Processes of aixmend exclude each other by a lock that the system
// releases when one dies. ssh takes no lock: its additions are checked for until
// right before the file is replaced.
func (h *KnownHosts) Store(ctx context.Context, path string, edits []Edit) (left []string, err error) {
	for _, e := range edits {
		if err := e.Check(); err != nil {
			return nil, err
		}
	}
	h.mu.Lock()
	var before *index
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

// realPath follows the links of a path, if it exists.
func realPath(path string) (string, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return filepath.EvalSymlinks(path)
}

// lockFile locks a file and returns the function that unlocks it. Unlocking removes
// the lock's own file; a process that waited for the removed one locks a new one.
func lockFile(ctx context.Context, path string) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, retry.KnownHosts.Within)
	defer cancel()
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
	for {
		lock := flock.New(name, flock.SetPermissions(0o600))
		if _, err := lock.TryLockContext(ctx, retry.KnownHosts.First); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				err = fmt.Errorf("another aixmend has held its lock for %s", retry.KnownHosts.Within)
			}
			return nil, err
		}
		if inPlace(lock) {
			return func() {
				_ = os.Remove(name) // where a file in use can't be removed it stays, unlocked
				_ = lock.Close()
			}, nil
		}
		_ = lock.Close()
	}
}

// inPlace reports whether a lock is on the file that has its name now: the previous
// holder removes the file.
func inPlace(lock *flock.Flock) bool {
	held, err := lock.Stat()
	there, gone := os.Stat(lock.Path())
	return err == nil && gone == nil && os.SameFile(held, there)
}

// rewrite replaces a file with its changed text. done is false if the file has
// changed meanwhile.
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
	defer func() { _ = os.Remove(temp) }() // gone already if all went well
	if now, _, err := readWhole(path); err != nil || !bytes.Equal(now, text) {
		return nil, false, err
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, false, err
	}
	return left, true, syncFolder(filepath.Dir(path))
}

// readWhole reads a file; a missing one is empty and has no info.
func readWhole(path string) ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s is not a plain file: nothing can be stored there", path)
	}
	text, err := os.ReadFile(path)
	return text, info, err
}

// writeBeside writes and syncs a new file in the folder of another one, with the
// mode and the owner of that, and returns its path.
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
