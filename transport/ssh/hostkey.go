package ssh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
)

// HostKeys checks host keys against known_hosts files. Each file is read once
// a run; no key is ever added. It is safe for concurrent use.
type HostKeys struct {
	// Default is the file for hosts that name none.
	Default string

	mu    sync.Mutex
	files map[string]*knownHostsFile
}

type knownHostsFile struct {
	db  *knownhosts.HostKeyDB
	err error
}

// hostKeyPolicy is what known_hosts holds about one address.
type hostKeyPolicy struct {
	// algorithms puts those of the known keys first: a server with several
	// key types then shows one that can be compared, and one that has lost the
	// known key still shows what it has. nil: nothing is known, any will do.
	algorithms []string
	check      ssh.HostKeyCallback
}

// UserKnownHosts is the user's own file.
func UserKnownHosts(home string) string { return filepath.Join(home, ".ssh", "known_hosts") }

// What the check of a host key fails with.
var (
	errUnknownHostKey = errors.New("the host's key is not known")
	errChangedHostKey = errors.New("the host's key is another than the known one")
	errRevokedHostKey = errors.New("the host's key is revoked")
)

// policy gives the policy for an address (host:port).
func (h *HostKeys) policy(path, address string) (hostKeyPolicy, error) {
	if path == "" {
		path = h.Default
	}
	file := h.file(path)
	if file.err != nil {
		return hostKeyPolicy{}, file.err
	}
	callback := file.db.HostKeyCallback()
	return hostKeyPolicy{
		algorithms: preferKnown(file.db.HostKeyAlgorithms(address)),
		check: func(name string, remote net.Addr, key ssh.PublicKey) error {
			return explainHostKey(callback(name, remote, key), path, name, key)
		},
	}, nil
}

// preferKnown puts the algorithms of the known keys before the other ones.
// None is taken back that x/crypto calls insecure: a known RSA key is no
// consent to SHA-1.
func preferKnown(known []string) []string {
	if len(known) == 0 {
		return nil
	}
	preferred := ssh.SupportedAlgorithms().HostKeys
	slices.SortStableFunc(preferred, func(a, b string) int { return rank(known, a) - rank(known, b) })
	return preferred
}

// rank is the place of an algorithm among the known ones, or behind them.
func rank(known []string, algorithm string) int {
	if at := slices.Index(known, algorithm); at >= 0 {
		return at
	}
	return len(known)
}

func (h *HostKeys) file(path string) *knownHostsFile {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f, ok := h.files[path]; ok {
		return f
	}
	db, err := knownhosts.NewDB(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = fmt.Errorf("%w: %s does not exist; look at the host's key and add it there (ssh-keyscan)", errUnknownHostKey, path)
	case err != nil:
		err = fmt.Errorf("known_hosts can't be used, so no key can be checked: %w", err)
	}
	f := &knownHostsFile{db: db, err: err}
	if h.files == nil {
		h.files = map[string]*knownHostsFile{}
	}
	h.files[path] = f
	return f
}

// explainHostKey makes the check's answer one that an operator can act on:
// which key came, which are known and where they stand.
func explainHostKey(err error, path, name string, key ssh.PublicKey) error {
	if err == nil {
		return nil
	}
	offered := key.Type() + " " + ssh.FingerprintSHA256(key)
	var wanted *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	switch {
	case errors.As(err, &revoked):
		return fmt.Errorf("%w: %s offered %s, revoked at %s:%d", errRevokedHostKey, name, offered, revoked.Revoked.Filename, revoked.Revoked.Line)
	case !errors.As(err, &wanted): // a certificate, and none of its authorities is known
		return fmt.Errorf("%w: %s offered %s: %w", errUnknownHostKey, name, offered, err)
	case len(wanted.Want) == 0:
		return fmt.Errorf("%w: %s offered %s, %s has no key for it; compare it with the console, then add it", errUnknownHostKey, name, offered, path)
	}
	known := make([]string, 0, len(wanted.Want))
	for _, w := range wanted.Want {
		known = append(known, fmt.Sprintf("%s %s (%s:%d)", w.Key.Type(), ssh.FingerprintSHA256(w.Key), w.Filename, w.Line))
	}
	return fmt.Errorf("%w: %s offered %s, known is %s; after a redeploy that is expected, otherwise somebody is in between",
		errChangedHostKey, name, offered, strings.Join(known, ", "))
}

// hostKeyKind tells an unknown key from a changed one.
func hostKeyKind(err error) transport.Kind {
	if errors.Is(err, errUnknownHostKey) {
		return transport.KindHostKeyUnknown
	}
	return transport.KindHostKeyChanged
}
