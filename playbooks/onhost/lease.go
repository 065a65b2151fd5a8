// Package onhost builds the shell commands for the marks that aixmend itself leaves on a
// host, and parses their answers: the lease and its fence, the mark of an applied plan, the
// timed undo. It sends nothing.
package onhost

import (
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
	// process that took the lease; both are "" in one that an older version took.
	Host, Process string
	// Owner is a user and a machine.
	Owner string
	// Until is by the host's clock, in whole seconds.
	Until time.Time
}

// NewLease returns a lease as ReadLease will read it: characters that can't stand in
// a link's target are left out of its texts, and an empty text is "unknown".
func NewLease(run, host, owner, process string, until time.Time) Lease {
	return Lease{Run: leased(run), Host: leased(host), Owner: fmt.Sprintf("%.100s", leased(owner)), Process: leased(process), Until: until.UTC().Truncate(time.Second)}
}

// leased is a text as it can stand in the target of a link.
func leased(s string) string {
	if s = leaseOther.ReplaceAllString(s, ""); s == "" {
		return "unknown"
	}
	return fmt.Sprintf("%.200s", s)
}

const leaseWord = `([A-Za-z0-9._@-]+)`

var (
	leaseText  = regexp.MustCompile(`^run=` + leaseWord + `(?:,host=` + leaseWord + `)?,by=` + leaseWord + `(?:,proc=` + leaseWord + `)?,until=([0-9]{8}T[0-9]{6}Z)$`)
	leaseOther = regexp.MustCompile(`[^A-Za-z0-9._@-]+`)
)

// String is the link's target.
func (l Lease) String() string { return l.holder() + l.Until.UTC().Format(leaseClock) }

// holder is the link's target up to its end.
func (l Lease) holder() string {
	text := "run=" + l.Run
	if l.Host != "" {
		text += ",host=" + l.Host
	}
	text += ",by=" + l.Owner
	if l.Process != "" {
		text += ",proc=" + l.Process
	}
	return text + ",until="
}

// SameFolder reports whether two processes worked on a run in one and the same
// folder, as the first parts of their names say: where one has the folder's lock,
// the other has ended. Of processes that have no such name nothing is known.
func SameFolder(process, other string) bool {
	folder, _, named := strings.Cut(process, ".")
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
