package ssh

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"aixmend/transport"
)

// HostKeys checks host keys against known_hosts files. Each file is read once
// a run; no key is ever added by a check. It is safe for concurrent use.
//
// What a line means is what it means to ssh(1), with two differences, both on
// the safe side: a revoked key is revoked under every name, and the key of a
// host at another port than 22 must stand there with its port.
type HostKeys struct {
	// Default are the files for hosts that name none, that of the user first.
	// Those that are not there are passed over, as long as one is.
	Default []string
	// Warn is told once of each line that nothing can be made of; nil: nobody.
	Warn func(message string)

	mu     sync.Mutex
	files  map[string]*knownHostsFile // by path
	lists  map[string][]*knownHosts   // by Target.KnownHosts
	failed map[string]error           // likewise
	macs   atomic.Int64               // HMACs of look-ups
}

type knownHostsFile struct {
	index *knownHosts
	err   error
}

// UserKnownHosts are the user's own files, none where there is no home.
func UserKnownHosts(home string) []string {
	if home == "" {
		return nil
	}
	return []string{filepath.Join(home, ".ssh", "known_hosts"), filepath.Join(home, ".ssh", "known_hosts2")}
}

// SystemKnownHosts are the files of the machine.
func SystemKnownHosts() []string {
	dir := "/etc/ssh"
	if runtime.GOOS == "windows" {
		dir = filepath.Join(os.Getenv("ProgramData"), "ssh")
	}
	return []string{filepath.Join(dir, "ssh_known_hosts"), filepath.Join(dir, "ssh_known_hosts2")}
}

// What the check of a host key fails with.
var (
	errUnknownHostKey = errors.New("the host's key is not known")
	errChangedHostKey = errors.New("the host's key is another than the known one")
	errRevokedHostKey = errors.New("the host's key is revoked")
)

// paths are the files that hold the keys of a target's host.
func (h *HostKeys) paths(target transport.Target) []string {
	if target.KnownHosts == "" {
		return h.Default
	}
	return slices.DeleteFunc(strings.Split(target.KnownHosts, "\n"), func(path string) bool { return path == "" })
}

// indexes gives the indexes of a target's files.
func (h *HostKeys) indexes(target transport.Target) ([]*knownHosts, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if list, ok := h.lists[target.KnownHosts]; ok {
		return list, h.failed[target.KnownHosts]
	}
	if h.lists == nil {
		h.files, h.lists, h.failed = map[string]*knownHostsFile{}, map[string][]*knownHosts{}, map[string]error{}
	}
	list, err := h.load(h.paths(target))
	h.lists[target.KnownHosts], h.failed[target.KnownHosts] = list, err
	return list, err
}

func (h *HostKeys) load(paths []string) ([]*knownHosts, error) {
	var list []*knownHosts
	for _, path := range paths {
		file, read := h.files[path]
		if !read {
			file = &knownHostsFile{}
			file.index, file.err = loadKnownHosts(path, h.warn, &h.macs)
			h.files[path] = file
		}
		switch {
		case errors.Is(file.err, os.ErrNotExist):
		case file.err != nil: // what it may revoke is not known
			return nil, fmt.Errorf("known_hosts can't be used, so no key can be checked: %w", file.err)
		default:
			list = append(list, file.index)
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	return nil, &noKnownHostsError{paths}
}

// noKnownHostsError says that none of the files is there.
type noKnownHostsError struct{ paths []string }

func (e *noKnownHostsError) Error() string {
	missing := "no known_hosts file is named"
	switch len(e.paths) {
	case 0:
	case 1:
		missing = e.paths[0] + " does not exist"
	default:
		missing = "none of " + strings.Join(e.paths, ", ") + " exists"
	}
	return fmt.Sprintf("%v: %s; look at the host's key and add it there (aixmend hostkeys, or ssh-keyscan)", errUnknownHostKey, missing)
}

func (e *noKnownHostsError) Unwrap() error { return errUnknownHostKey }

func (h *HostKeys) warn(message string) {
	if h.Warn != nil {
		h.Warn(message)
	}
}
