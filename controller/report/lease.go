package report

import (
	"regexp"
	"strings"
	"time"

	"aixmend/controller/outcome"
)

// leaseEnd matches the end of a lease in its text.
var leaseEnd = regexp.MustCompile(`,until=([0-9]{8}T[0-9]{6}Z)$`)

// Lease words the state of the lease of a run on a host: released, or until when it
// keeps other runs away. Its text is untrusted, and its note too.
func Lease(l outcome.Lease) string {
	words := "taken, so that no other run could change the host; "
	switch m := leaseEnd.FindStringSubmatch(l.Text); {
	case l.Released():
		words += "released"
	case m != nil:
		words += "not released: other runs must wait until " + leaseTime(m[1]) + " by the host's clock"
	default:
		words += "not released"
	}
	if l.Note != "" {
		words += "; " + strings.TrimSpace(l.Note)
	}
	return words
}

// leaseTime is the time in a lease as other times in reports are written.
func leaseTime(s string) string {
	at, err := time.Parse("20060102T150405Z", s)
	if err != nil {
		return s
	}
	return Stamp(at)
}
