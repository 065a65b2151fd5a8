// Package hostkeys checks host keys against known_hosts files, and stores new ones in
// them.
//
// A line means the same as to ssh(1). Where a verdict is another one, it is stricter:
// a revoked key is revoked under every name; the key of a host at a port other than 22
// must be listed with its port, unless an authority has signed it; RSA keys of fewer than
// 2048 bits and certificates without principals do not count.
package hostkeys

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"aixmend/transport"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/revoked"
)

// KnownHosts checks host keys against known_hosts files. It reads each file once a
// run; a check never adds a key. It is safe for concurrent use.
type KnownHosts struct {
	// Default lists the files for targets that name none, the user's first.
	// Missing files are skipped as long as one exists.
	Default []string
	// Warn is called once for each line that can't be used; nil: nobody is told.
	Warn func(message string)

	mu      sync.Mutex
	files   map[string]*indexedFile // by path
	lists   map[string][]*index     // by Target.KnownHosts
	failed  map[string]error        // by Target.KnownHosts
	macs    atomic.Int64            // HMACs of lookups
	revoked map[string]revokedFile  // by Target.RevokedHostKeys
}

// revokedFile is the result of reading a file of revoked keys.
type revokedFile struct {
	list *revoked.List
	err  error
}

// revokedBy returns the revoked keys of a file, which is read once; nil for no file.
func (h *KnownHosts) revokedBy(path string) (*revoked.List, error) {
	if path == "" {
		return nil, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	file, read := h.revoked[path]
	if !read {
		file.list, file.err = revoked.Load(path)
		if h.revoked == nil {
			h.revoked = map[string]revokedFile{}
		}
		h.revoked[path] = file
	}
	return file.list, file.err
}

// indexedFile is the result of reading a file.
type indexedFile struct {
	index *index
	err   error
}

// UserFiles returns the user's own known_hosts files, none without a home.
func UserFiles(home string) []string {
	if home == "" {
		return nil
	}
	return []string{filepath.Join(home, ".ssh", "known_hosts"), filepath.Join(home, ".ssh", "known_hosts2")}
}

// SystemFiles returns the known_hosts files of this machine.
func SystemFiles() []string {
	dir := "/etc/ssh"
	if runtime.GOOS == "windows" {
		dir = filepath.Join(os.Getenv("ProgramData"), "ssh")
	}
	return []string{filepath.Join(dir, "ssh_known_hosts"), filepath.Join(dir, "ssh_known_hosts2")}
}

// The errors of a host key check.
var (
	errUnknown = errors.New("the host's key is not known")
	errChanged = errors.New("the host's key is another than the known one")
	errRevoked = errors.New("the host's key is revoked")
	errShort   = errors.New("the host's key is known, and too short to be trusted")
)

// Kind returns the kind of a host key error: unknown, protocol for a key that is too
// short, or changed for all others.
func Kind(err error) transport.Kind {
	switch {
	case errors.Is(err, errUnknown):
		return transport.KindHostKeyUnknown
	case errors.Is(err, errShort):
		return transport.KindProtocol
	}
	return transport.KindHostKeyChanged
}

// Name returns the name under which known_hosts lists a target's host: its alias,
// or its address, with the port unless that is 22.
func Name(target transport.Target) string {
	target = target.Defaulted()
	if target.HostKeyAlias != "" || target.Port == transport.DefaultPort {
		return ownName(target)
	}
	return fmt.Sprintf("[%s]:%d", ownName(target), target.Port)
}

// ownName returns the name of a target's host without a port. As in ssh, an address is
// written in its shortest form.
func ownName(target transport.Target) string {
	if target.HostKeyAlias != "" {
		return lower(target.HostKeyAlias)
	}
	if address, err := netip.ParseAddr(target.Address); err == nil {
		return address.String()
	}
	return lower(target.Address)
}

// paths returns the files that may hold the keys of a target's host.
func (h *KnownHosts) paths(target transport.Target) []string {
	if target.KnownHosts == "" {
		return h.Default
	}
	return slices.DeleteFunc(strings.Split(target.KnownHosts, "\n"), func(path string) bool { return path == "" })
}

// indexes returns the indexes of a target's files.
func (h *KnownHosts) indexes(target transport.Target) ([]*index, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if list, ok := h.lists[target.KnownHosts]; ok {
		return list, h.failed[target.KnownHosts]
	}
	if h.lists == nil {
		h.files, h.lists, h.failed = map[string]*indexedFile{}, map[string][]*index{}, map[string]error{}
	}
	list, err := h.load(h.paths(target))
	h.lists[target.KnownHosts], h.failed[target.KnownHosts] = list, err
	return list, err
}

func (h *KnownHosts) load(paths []string) ([]*index, error) {
	var list []*index
	for _, path := range paths {
		file, read := h.files[path]
		if !read {
			file = &indexedFile{}
			file.index, file.err = loadIndex(path, h.warn, &h.macs)
			h.files[path] = file
		}
		switch {
		case errors.Is(file.err, os.ErrNotExist):
		case file.err != nil: // it may revoke the key
			return nil, fmt.Errorf("known_hosts can't be used, so no key can be checked: %w", plain.Error(file.err))
		default:
			list = append(list, file.index)
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	return nil, &noFileError{paths}
}

// noFileError means that none of the files exists.
type noFileError struct{ paths []string }

func (e *noFileError) Error() string {
	missing := "no known_hosts file is named"
	switch len(e.paths) {
	case 0:
	case 1:
		missing = e.paths[0] + " does not exist"
	default:
		missing = "none of " + strings.Join(e.paths, ", ") + " exists"
	}
	return fmt.Sprintf("%v: %s; check the host's key and add it there (aixmend hostkeys, or ssh-keyscan)", errUnknown, missing)
}

func (e *noFileError) Unwrap() error { return errUnknown }

func (h *KnownHosts) warn(message string) {
	if h.Warn != nil {
		h.Warn(message)
	}
}
