// Package onhost builds the shell commands for the marks that aixmend itself leaves on a
// host, and parses their answers: the lease and its fence, the mark of an applied plan, the
// timed undo. It sends nothing.
package onhost

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The lease of a host. Two controllers with two state folders know nothing of
// each other; the host does. Who is to change it first makes a symbolic link
// there, whose target says who, for which run, under which name of the host, in
// which process, and until when by the host's own clock. Making a link is one step
// that fails if one exists, and its target is there as soon as the link is. It takes ln, mv, rm and ls, and no shell as root.

// LeasePath is the link on the host; /etc is root's alone.
const LeasePath = "/etc/aixmend.lease"

// leaseClock is the form of a lease's end, in UTC.
const leaseClock = "20060102T150405Z"

// LeaseGrace is how long after its end a lease is left alone: its holder may
// just be about to renew it.
const LeaseGrace = time.Minute

// Lease is who may change a host, and until when (procedure E3).
type Lease struct {
	Run string
	// Host is the name by which the holder knows the machine, and Process the
	// process that took the lease; both are "" in one that an older version took. Dots
	// may follow the process.
	Host, Process string
	// Owner is a user and a machine.
	Owner string
	// Until is by the host's clock, in whole seconds.
	Until time.Time
}

// The texts of a new lease always have one length together, so that a rule of sudoers can
// say which targets a link may have: texts that are too long are cut, and dots fill up the
// process.
const (
	maxLeaseHost    = 48
	maxLeaseOwner   = 64
	maxLeaseProcess = 24
	leaseWidth      = len(",host=,by=,proc=") + maxLeaseHost + maxLeaseOwner + maxLeaseProcess
)

// NewLease returns a lease as ReadLease will read it: characters that can't stand in
// a link's target are left out of its texts, an empty text is "unknown", and of a long one
// a hash replaces the end. Leases of older versions are shorter or longer.
func NewLease(run, host, owner, process string, until time.Time) Lease {
	l := Lease{
		Run: leased(run), Host: shortened(host, maxLeaseHost), Owner: shortened(owner, maxLeaseOwner),
		Process: shortened(process, maxLeaseProcess), Until: until.UTC().Truncate(time.Second),
	}
	l.Process += strings.Repeat(".", leaseWidth-len(l.texts()))
	return l
}

// IsFor reports whether a lease is for the host that its holder calls by this name. Older
// versions did not cut the name as this one does.
func (l Lease) IsFor(host string) bool {
	return l.Host == shortened(host, maxLeaseHost) || l.Host == leased(host)
}

// leased is a text as it can stand in the target of a link.
func leased(s string) string { return fmt.Sprintf("%.200s", linkable(s)) }

// linkable leaves the characters out that can't stand in the target of a link.
func linkable(s string) string {
	if s = leaseOther.ReplaceAllString(s, ""); s == "" {
		return "unknown"
	}
	return s
}

// shortened is a text as it can stand in the target of a link, with a hash of all of it at
// its end where it is longer than length.
func shortened(s string, length int) string {
	text := linkable(s)
	if len(text) <= length {
		return text
	}
	hash := sha256.Sum256([]byte(s))
	end := "-" + hex.EncodeToString(hash[:6])
	return text[:length-len(end)] + end
}

// Holds words who holds a host, by the host's clock. own: its run is that which asks, in
// another process. advice says how to go on; "": all that is known is how to remove the lease.
func (l Lease) Holds(now time.Time, own bool, advice string) string {
	who := l.Run + " by " + l.Owner
	if own {
		who += " in another process, which may have a copy of the state folder"
	}
	if advice == "" {
		advice = "where that run is dead: rm " + LeasePath + " on the host"
	}
	return fmt.Sprintf("%s, until %s (the host's clock says %s; %s)", who, l.Until.Format(time.RFC3339), now.Format(time.RFC3339), advice)
}

const leaseWord = `([A-Za-z0-9._@-]+)`

var (
	leaseText  = regexp.MustCompile(`^run=` + leaseWord + `(?:,host=` + leaseWord + `)?,by=` + leaseWord + `(?:,proc=` + leaseWord + `)?,until=([0-9]{8}T[0-9]{6}Z)$`)
	leaseOther = regexp.MustCompile(`[^A-Za-z0-9._@-]+`)
)

// String is the link's target.
func (l Lease) String() string { return l.holder() + l.Until.UTC().Format(leaseClock) }

// holder is the link's target up to its end.
func (l Lease) holder() string { return "run=" + l.Run + l.texts() + ",until=" }

// texts is the part of the link's target between the run and the end.
func (l Lease) texts() string {
	text := ""
	if l.Host != "" {
		text += ",host=" + l.Host
	}
	text += ",by=" + l.Owner
	if l.Process != "" {
		text += ",proc=" + l.Process
	}
	return text
}

// SameFolder reports whether two processes worked on a run in one and the same
// folder, as the first parts of their names say: where one has the folder's lock,
// the other has ended. Of processes that have no such name nothing is known.
func SameFolder(process, other string) bool {
	folder, _, named := strings.Cut(strings.TrimRight(process, "."), ".")
	return named && folder != "" && strings.HasPrefix(other, folder+".")
}

// LeaseClockCommand prints the host's time, and LeaseShowCommand the lease where
// there is one. They change nothing.
const (
	LeaseClockCommand = "/usr/bin/date -u +%Y%m%dT%H%M%SZ"
	LeaseShowCommand  = "if [ -h " + LeasePath + " ] || [ -f " + LeasePath + " ] || [ -d " + LeasePath + " ]; then /usr/bin/ls -ld " + LeasePath + "; fi"
)

// ReadLeaseClock reads the output of LeaseClockCommand.
func ReadLeaseClock(printed string) (time.Time, error) {
	at, err := time.Parse(leaseClock, strings.TrimSpace(printed))
	if err != nil {
		return at, fmt.Errorf("the host's clock says %q", strings.TrimSpace(printed))
	}
	return at, nil
}

// ReadLease reads the output of LeaseShowCommand: nil is no lease. An error: the link
// there is none of ours.
func ReadLease(printed string) (*Lease, error) {
	line := strings.TrimRight(printed, "\n")
	if line == "" {
		return nil, nil
	}
	_, target, _ := strings.Cut(line, " "+LeasePath+" -> ")
	m := leaseText.FindStringSubmatch(target)
	if m == nil {
		return nil, fmt.Errorf("%s is there and is not a lease", LeasePath)
	}
	until, err := time.Parse(leaseClock, m[5])
	if err != nil {
		return nil, fmt.Errorf("%s is there and is not a lease: %w", LeasePath, err)
	}
	return &Lease{Run: m[1], Host: m[2], Owner: m[3], Process: m[4], Until: until}, nil
}

// LeaseTakeCommand takes the lease where there is none; else its status is not 0.
func LeaseTakeCommand(l Lease) string { return leaseTake(l.String()) }

// LeaseReplaceCommand puts a lease in the place of another, if that one is still
// there: to renew it, or to take it over after its end. Of several who try, one
// succeeds: they exclude each other by a second link. Else its status is not 0.
func LeaseReplaceCommand(old, l Lease) string { return leaseReplace(old.String(), l.String()) }

// LeaseReleaseCommand gives a lease back, if it is still there.
func LeaseReleaseCommand(l Lease) string { return leaseRelease(l.String()) }

func leaseTake(lease string) string { return "/usr/bin/ln -s " + lease + " " + LeasePath }

func leaseReplace(old, lease string) string {
	return fmt.Sprintf(`/usr/bin/ln -s %[2]s %[3]s.next || exit 1
case "$(/usr/bin/ls -ld %[3]s)" in
*" -> %[1]s") /usr/bin/mv -f %[3]s.next %[3]s ;;
*) /usr/bin/rm -f %[3]s.next; exit 1 ;;
esac`, old, lease, LeasePath)
}

func leaseRelease(lease string) string {
	return fmt.Sprintf(`case "$(/usr/bin/ls -ld %[2]s)" in
*" -> %[1]s") /usr/bin/rm -f %[2]s ;;
esac`, lease, LeasePath)
}
