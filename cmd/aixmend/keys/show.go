package keys

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/console"
	"aixmend/controller/report"
	"aixmend/transport"
	"aixmend/transport/ssh/hostkeys"
)

// shownHost is one host of `hostkeys --format json`.
type shownHost struct {
	Host string `json:"host"`
	// Bastion: it is a bastion on the way to selected hosts.
	Bastion bool   `json:"bastion,omitempty"`
	Address string `json:"address"`
	Port    int    `json:"port"`
	// KnownAs is its name in known_hosts, KnownHosts the file where its keys are stored.
	KnownAs    string `json:"known_as"`
	KnownHosts string `json:"known_hosts"`
	// Status is the worst of its keys', unreachable or not-asked.
	Status hostkeys.Status `json:"status"`
	// Reason is why it is unreachable.
	Reason string     `json:"reason,omitempty"`
	Keys   []shownKey `json:"keys"`
	// Stored: its keys were written.
	Stored bool `json:"stored"`
}

// shownKey is a key that a host presented.
type shownKey struct {
	Type        string          `json:"type"`
	Fingerprint string          `json:"fingerprint"`
	Status      hostkeys.Status `json:"status"`
	// Authority is the fingerprint of the CA that signed the certificate of the key.
	Authority string `json:"authority,omitempty"`
	// Certificate is why the certificate is ignored.
	Certificate string `json:"certificate,omitempty"`
	// Weak is why the key proves nothing.
	Weak string `json:"weak,omitempty"`
	// Known are the lines that the status rests on.
	Known []shownLine `json:"known"`
}

// shownLine is a key of known_hosts.
type shownLine struct {
	File        string `json:"file"`
	Line        int    `json:"line"`
	Type        string `json:"type"`
	Fingerprint string `json:"fingerprint"`
	Comment     string `json:"comment,omitempty"`
	// FirstSeen and LastSeen are when the host proved itself by it in kept runs.
	FirstSeen *time.Time `json:"first_seen,omitempty"`
	LastSeen  *time.Time `json:"last_seen,omitempty"`
	FirstRun  string     `json:"first_run,omitempty"`
	LastRun   string     `json:"last_run,omitempty"`
}

func printKeysJSON(c *console.Console, hosts []*host) error {
	list := []shownHost{}
	for _, h := range hosts {
		s := shownHost{
			Host: h.name, Bastion: h.noun == "bastion", Address: h.target.Address, Port: h.target.Port, KnownAs: h.knownAs, KnownHosts: h.file,
			Status: h.status, Reason: h.reason(), Keys: []shownKey{}, Stored: h.stored,
		}
		for _, k := range h.keys {
			s.Keys = append(s.Keys, h.shown(k))
		}
		list = append(list, s)
	}
	return c.JSON(list)
}

func (h *host) shown(k hostkeys.Key) shownKey {
	s := shownKey{Type: k.Key.Type(), Fingerprint: gossh.FingerprintSHA256(k.Key), Status: k.Status, Known: []shownLine{}}
	if k.Certificate != nil {
		s.Authority = gossh.FingerprintSHA256(k.Certificate.SignatureKey)
	}
	if k.Reason != nil {
		s.Certificate = k.Reason.Error()
	}
	if k.Weak != nil {
		s.Weak = k.Weak.Error()
	}
	for _, l := range k.Lines {
		line := shownLine{File: l.File, Line: l.Number, Type: l.Type, Fingerprint: l.Fingerprint, Comment: l.Comment}
		if seen, ok := h.seen[l.Fingerprint]; ok {
			line.FirstSeen, line.LastSeen, line.FirstRun, line.LastRun = &seen.First, &seen.Last, seen.FirstRun, seen.LastRun
		}
		s.Known = append(s.Known, line)
	}
	return s
}

// reason is why a host presented no key, as in reports.
func (h *host) reason() string {
	var typed *transport.Error
	switch {
	case h.err == nil:
		return ""
	case errors.As(h.err, &typed):
		return typed.Reason()
	}
	return h.err.Error()
}

// label is the name of a host in a table and in messages.
func (h *host) label() string {
	if h.noun == "bastion" {
		return "bastion " + h.name
	}
	return h.name
}

// address is the address and the port of the host.
func (h *host) address() string {
	if h.target.Port == transport.DefaultPort {
		return h.target.Address
	}
	return net.JoinHostPort(h.target.Address, strconv.Itoa(h.target.Port))
}

// printKeys shows the keys, worst hosts first. With -q, hosts without trouble are left
// out.
func printKeys(c *console.Console, o Options, hosts []*host) {
	counts, rows := map[hostkeys.Status]int{}, [][]string{}
	for _, h := range hosts {
		counts[h.status]++
		if o.Quiet && (h.status == hostkeys.Known || h.status == hostkeys.Signed) {
			continue
		}
		for _, k := range h.keys {
			rows = append(rows, []string{string(k.Status), h.label(), h.address(), k.Key.Type(), gossh.FingerprintSHA256(k.Key)})
		}
	}
	if len(rows) > 0 {
		fmt.Fprint(c.Out, c.Table([]string{"STATUS", "HOST", "ADDRESS", "TYPE", "FINGERPRINT"}, rows))
	}
	for _, h := range hosts {
		_ = c.Print("%s", h.details(o.State))
	}
	if o.Quiet && counts[hostkeys.Known]+counts[hostkeys.Signed] == len(hosts) {
		return
	}
	var parts []string
	for _, status := range hostStatuses {
		if counts[status] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[status], status))
		}
	}
	_ = c.Print("\n%s: %s\n", report.Number(len(hosts), hosts[0].noun), strings.Join(parts, ", "))
}

// details are lines about a host whose keys need explaining.
func (h *host) details(state string) string {
	var b strings.Builder
	if h.err != nil {
		fmt.Fprintf(&b, "%s: %s\n", h.label(), h.reason())
	}
	for _, k := range h.keys {
		if k.Certificate != nil {
			fmt.Fprintf(&b, "%s: its %s key has a certificate of %s%s\n", h.label(), k.Key.Type(), gossh.FingerprintSHA256(k.Certificate.SignatureKey), because(k.Reason))
		}
		if k.Weak != nil {
			fmt.Fprintf(&b, "%s: its key is an %v, which can be forged: it is not stored, and not enough; make another there (ssh-keygen -A), or set ssh.legacy_algorithms for it\n", h.label(), k.Weak)
		}
		if k.Status == hostkeys.New && len(k.Lines) > 0 {
			fmt.Fprintf(&b, "%s: its key is known without the port (%s:%d)\n", h.label(), k.Lines[0].File, k.Lines[0].Number)
		}
		if k.Status == hostkeys.Revoked {
			fmt.Fprintf(&b, "%s: revoked at %s:%d: do not connect: this may be a man in the middle\n", h.label(), k.Lines[0].File, k.Lines[0].Number)
		}
	}
	for _, l := range h.old() {
		fmt.Fprintf(&b, "%s: known key: %s %s (%s:%d), %s\n", h.label(), l.Type, l.Fingerprint, l.File, l.Number, h.since(l, state))
	}
	return b.String()
}

func because(reason error) string {
	if reason == nil {
		return ""
	}
	return ", which is ignored: " + reason.Error()
}

// old are the known keys of a changed host that it did not present.
func (h *host) old() []hostkeys.Line {
	var lines []hostkeys.Line
	for _, k := range h.keys {
		for _, l := range k.Lines {
			shown := slices.ContainsFunc(h.keys, func(k hostkeys.Key) bool { return gossh.FingerprintSHA256(k.Key) == l.Fingerprint })
			if k.Status == hostkeys.Changed && !shown && !slices.Contains(lines, l) {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

// since says since when a key is known, and how we know.
func (h *host) since(l hostkeys.Line, state string) string {
	if seen, ok := h.seen[l.Fingerprint]; ok {
		return fmt.Sprintf("seen from %s (run %s) to %s (run %s)",
			seen.First.UTC().Format(time.RFC3339), seen.FirstRun, seen.Last.UTC().Format(time.RFC3339), seen.LastRun)
	}
	if l.Comment != "" {
		return fmt.Sprintf("not seen in any run in %s; its comment is %q", state, l.Comment)
	}
	return fmt.Sprintf("not seen in any run in %s, and its line has no comment", state)
}
