package hostkeys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"aixmend/transport"
	"aixmend/transport/ownership"
	"aixmend/transport/place"
	"aixmend/transport/retry"
)

// StorePath returns the file to which the keys of a target's host are stored: the
// first of its files. The error is an *ownership.Fault where another user decides which
// file that is.
func (h *KnownHosts) StorePath(target transport.Target) (string, error) {
	paths := h.paths(target)
	if len(paths) == 0 {
		return "", errors.New("no known_hosts file is named")
	}
	file, err := place.Find(paths[0])
	var fault *ownership.Fault
	switch {
	case errors.As(err, &fault):
		return "", fmt.Errorf("known_hosts: %w", err)
	case err != nil:
		return paths[0], nil // Store says why, if keys are to be stored
	}
	defer file.Close()
	if file.Planted() {
		return "", fmt.Errorf("known_hosts: %w", ownership.Owner(file.Path, file.Info))
	}
	return paths[0], nil
}

// Store writes keys to a known_hosts file, and creates it and its folder if need
// be. It returns the names that were left alone because the file has other keys for
// them by now, or revokes one.
//
// The file is replaced as a whole; its mode and the lines about other hosts stay. Links
// of this user and of root are followed; those of others, and a file that another user put
// into a shared folder, are errors. The file is read again first, so lines added since the
// hosts were judged are kept. Processes of aixmend exclude each other by a lock that the
// system releases when one dies. ssh takes no lock: its additions are checked for until
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
	file, err := place.Make(path)
	if err != nil {
		return nil, fmt.Errorf("known_hosts: %w", ownership.Late(err))
	}
	defer file.Close()
	if !file.Replaces() {
		return nil, fmt.Errorf("known_hosts: %w", ownership.Late(owned(file)))
	}
	if _, err := os.Lstat(path); err == nil && file.Info == nil {
		return nil, fmt.Errorf("known_hosts: %s is a link to %s, which is not there", path, file.Path)
	}
	unlock, err := lockFile(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("known_hosts: %s: %w", file.Path, ownership.Late(err))
	}
	defer unlock()
	change := func(text []byte) ([]byte, []string) { return newEditing(edits, before, &h.macs).apply(text) }
	for range retry.Rewrite.Attempts {
		left, done, err := rewrite(file, change)
		if err != nil {
			return nil, fmt.Errorf("known_hosts: %w", ownership.Late(err))
		}
		if done {
			h.forget(path)
			return left, nil
		}
	}
	return nil, fmt.Errorf("known_hosts: %s changes all the time: nothing was stored", file.Path)
}

// forget makes the next check read a file again.
func (h *KnownHosts) forget(path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.files, path)
	clear(h.lists)
	clear(h.failed)
}

// lockFile locks a file and returns the function that unlocks it. Unlocking removes
// the lock's own file; a process that waited for the removed one locks a new one.
func lockFile(ctx context.Context, of *place.Place) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, retry.KnownHosts.Within)
	defer cancel()
	name := "." + filepath.Base(of.Path) + ".lock"
	for {
		own, err := lockOf(of, name)
		if err != nil {
			return nil, err
		}
		lock := flock.New(own.Path, flock.SetFlag(place.LockFlag())) // never made by its path
		_, err = lock.TryLockContext(ctx, retry.KnownHosts.First)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return nil, fmt.Errorf("another aixmend has held its lock for %s", retry.KnownHosts.Within)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
		if err == nil && inPlace(lock, own) {
			return func() {
				_ = own.Remove() // where a file in use can't be removed it stays, unlocked
				_ = lock.Close()
			}, nil
		}
		_ = lock.Close()
	}
}

// lockOf returns the place of the lock of a file, and makes the lock if it is not there.
// Another user's is an error: he could hold it forever.
func lockOf(of *place.Place, name string) (*place.Place, error) {
	lock, err := of.Beside(name)
	if err != nil {
		return nil, err
	}
	if lock.Info == nil {
		if err := lock.Create(); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		return lock, nil
	}
	return lock, owned(lock)
}

// owned returns an error for an existing file that is not plain, or that another user has
// put into a shared folder.
func owned(file *place.Place) error {
	if !file.Info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a plain file: nothing can be stored there", file.Path)
	}
	if file.Planted() {
		return ownership.Owner(file.Path, file.Info)
	}
	return nil
}

// inPlace reports whether a lock is on the file that has its name now: the previous
// holder removes the file.
func inPlace(lock *flock.Flock, own *place.Place) bool {
	held, err := lock.Stat()
	return err == nil && own.Again() == nil && own.Info != nil && os.SameFile(held, own.Info)
}

// errStale: somebody else has written the file meanwhile.
var errStale = errors.New("it has changed")

// rewrite replaces a file with its changed text. done is false if the file has
// changed meanwhile.
func rewrite(file *place.Place, change func(text []byte) ([]byte, []string)) (left []string, done bool, err error) {
	text, err := readWhole(file)
	if err != nil {
		return nil, false, err
	}
	after, left := change(text)
	if bytes.Equal(after, text) {
		return left, true, nil
	}
	like := file.Info
	err = file.Replace(0o600, func(to *os.File) error {
		if _, err := to.Write(after); err != nil {
			return err
		}
		if like != nil {
			if err := to.Chmod(like.Mode().Perm()); err != nil {
				return err
			}
			keepOwner(to, like)
		}
		if err := to.Sync(); err != nil {
			return err
		}
		now, err := readWhole(file)
		if err == nil && !bytes.Equal(now, text) {
			err = errStale
		}
		return err
	})
	if errors.Is(err, errStale) {
		return nil, false, nil
	}
	return left, err == nil, err
}

// readWhole reads a file; a missing one is empty and has no info.
func readWhole(file *place.Place) ([]byte, error) {
	if err := file.Again(); err != nil || file.Info == nil {
		return nil, err
	}
	if err := owned(file); err != nil {
		return nil, err
	}
	from, err := file.Read()
	if err != nil {
		return nil, err
	}
	defer from.Close()
	return io.ReadAll(from)
}
