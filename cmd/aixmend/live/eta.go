package live

import (
	"strings"
	"time"

	"aixmend/controller"
)

// A time left is told only where the hosts that ended say something of the others.
const (
	// minEnded is how many hosts must have ended, and a quarter of all.
	minEnded = 10
	// minTaken is how long they must have taken together: a shorter wait needs no word.
	minTaken = 5 * time.Second
)

// waves is how far the waves of a run are.
type waves struct {
	last  bool
	began time.Time // the newest
	ended int       // hosts that had ended by then
}

// left estimates the time left of a run from the rate at which its hosts ended, 0 where
// that says nothing: too few ended, more waves follow, or a host has been in its state for
// longer than the others together would still take, so that it alone decides. Hosts that
// wait for others have done their own part. The caller holds the lock.
func (b *board) left(s shown) time.Duration {
	began, before, all := b.began, 0, b.hosts
	done := b.ended + s.idle[controller.Gathering]
	if b.verb == controller.Recover || s.wave != "" {
		if !b.waves.last {
			return 0
		}
		began, before, done = b.waves.began, b.waves.ended, b.ended
	}
	taken := s.now.Sub(began)
	ended, open := done-before, all-done
	if ended < minEnded || ended*4 < all-before || open <= 0 || taken < minTaken {
		return 0
	}
	left := time.Duration(float64(taken) * float64(open) / float64(ended))
	for _, r := range b.running {
		if r.state != controller.Gathering && s.now.Sub(r.since) > left {
			return 0
		}
	}
	return left
}

// leftText words a time left, rounded up; "" where it is not known.
func leftText(left time.Duration) string {
	unit := 10 * time.Second
	switch {
	case left <= 0:
		return ""
	case left >= time.Hour:
		unit = 10 * time.Minute
	case left > 50*time.Second:
		unit = time.Minute
	}
	text := (left + unit - 1).Truncate(unit).String()
	if unit >= time.Minute {
		text = strings.TrimSuffix(text, "0s")
	}
	return "about " + text + " left"
}
