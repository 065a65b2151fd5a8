package rollout

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/transport/cause"
)

// Brake says how many hosts may end failed or unknown before no further one begins: a
// number, or a share of the selected hosts.
type Brake struct {
	Count, Percent int
	// Unreachable hosts count too.
	Unreachable bool
}

// counts reports whether the end of a host counts for the brake. A host that was cut off has not
// failed: resume continues it.
func (b Brake) counts(h outcome.Host) bool {
	o := h.Shown()
	return o == outcome.Failed || o == outcome.Unknown || b.Unreachable && o == outcome.Unreachable
}

// limit is how many of n hosts may fail, with the arithmetic.
func (b Brake) limit(n int) (int, string) {
	if b.Percent == 0 {
		return b.Count, fmt.Sprintf("--max-fail %d", b.Count)
	}
	limit := max((n*b.Percent+99)/100, 1)
	return limit, fmt.Sprintf("--max-fail %d%%: %d%% of %d selected hosts, rounded up, is %d", b.Percent, b.Percent, n, limit)
}

// alike is how many hosts in a row may end in the same way before that is taken for a
// common cause.
const alike = 3

// brake is the state of the brake of one run.
type brake struct {
	reason    string   // why it has tripped, "" when it has not
	failed    []string // hosts that count, as they ended
	row       []string // hosts that ended alike, one after the other
	signature string   // of those
}

// count takes a host that counts, and returns why no further one may begin, "" where
// one may.
func (b *brake) count(host string, by Brake, selected int) string {
	b.failed = append(b.failed, host)
	limit, arithmetic := by.limit(selected)
	if len(b.failed) <= limit {
		return ""
	}
	return fmt.Sprintf("%d of %d hosts ended failed or unknown (%s); %s", len(b.failed), selected, strings.Join(b.failed, ", "), arithmetic)
}

// compare takes the end of a host that had begun, and returns why no further one may
// begin: several in a row ended in the same way, so their cause is likely a common one.
func (b *brake) compare(h outcome.Host, bad bool) string {
	if !bad {
		b.row, b.signature = nil, ""
		return ""
	}
	if s := signature(h); s != b.signature {
		b.row, b.signature = nil, s
	}
	if b.row = append(b.row, h.Host); len(b.row) < alike {
		return ""
	}
	return fmt.Sprintf("%d hosts in a row (%s) ended alike, so the cause is likely common to them: %s", len(b.row), strings.Join(b.row, ", "), h.Reason)
}

// siteBrake is the state of the brake of one site.
type siteBrake struct {
	brake
	selected int
}

// endAt counts the end of a host for its site, and refuses the hosts of the site that wait
// when its brake trips; the lock is held.
func (w *Waves) endAt(h outcome.Host, counts, began, refused bool) {
	if w.sites == nil {
		return
	}
	site := w.Site(h.Host)
	b, reason := w.sites[site], ""
	if counts {
		reason = b.count(h.Host, w.Brake, b.selected)
	}
	if began {
		reason = cmp.Or(reason, b.compare(h, counts || refused || h.Outcome == outcome.Unreachable))
	}
	if reason == "" || b.reason != "" {
		return
	}
	b.reason = outcome.ReasonBrake + "site " + site + ": " + reason
	for host, permit := range w.waiting {
		if w.Site(host) == site {
			permit <- b.reason
			delete(w.waiting, host)
		}
	}
}

// particular matches the parts of a reason that differ from host to host: numbers,
// addresses, ids.
var particular = regexp.MustCompile(`[0-9A-Fa-f]*[0-9][0-9A-Fa-f:.]*`)

// signature is the part of a host's end that hosts with a common cause share: the
// outcome and the reason without particulars; of an unreachable host the kind and the cause.
func signature(h outcome.Host) string {
	reason := strings.ReplaceAll(h.Reason, h.Host, "")
	if h.Outcome == outcome.Unreachable {
		reason = cause.Head(reason)
	}
	return string(h.Outcome) + " " + particular.ReplaceAllString(reason, "#")
}
