package adoption

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/report"
)

const (
	// maxKept bounds the runs that one site may tell, maxKeptBytes their requests.
	maxKept      = 200
	maxKeptBytes = 256 << 20
	// checkEvery is how often silent sites are looked for.
	checkEvery = 2 * time.Second
)

// Lists are the runs that sites tell. Its methods may be called from any goroutine.
type Lists struct {
	heard func(site string) fleet.Heard
	began time.Time

	mu   sync.Mutex
	of   map[string]*List
	left int           // lists that have no end yet
	over chan struct{} // closed when there are none
}

// List is that of one site.
type List struct {
	Runs  []fleet.Kept
	known map[string]bool
	bytes int
	end   *fleet.KeptEnd
	// Why is why it has no end, or is not taken whole; "" for neither.
	Why  string
	over bool
}

// NewLists are the lists that some sites are asked for. heard tells when each was heard last.
func NewLists(heard func(site string) fleet.Heard, sites []string) *Lists {
	l := &Lists{heard: heard, began: time.Now(), of: map[string]*List{}, left: len(sites), over: make(chan struct{})}
	for _, site := range sites {
		l.of[site] = &List{known: map[string]bool{}}
	}
	return l
}

// Take takes an event. A list that comes again adds nothing.
func (l *Lists) Take(e fleet.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of[e.Site]
	switch {
	case one == nil || one.over:
	case e.Ended != nil && e.Ended.Refused != "":
		l.close(one, "it refuses: "+report.Clean(e.Ended.Refused, false))
	case e.Ended != nil && e.Ended.Broken != "":
		l.close(one, "its worker failed: "+report.Clean(e.Ended.Broken, false))
	case e.Ended != nil:
		l.close(one, "its worker has not told its runs")
	case e.Kept == nil:
	case e.Kept.End != nil:
		one.end = e.Kept.End
		l.close(one, one.Why)
	case one.known[e.Kept.ID]:
	case len(one.Runs) == maxKept || one.bytes+len(e.Kept.Request) > maxKeptBytes:
		one.Why = "it tells more than it was asked for; the rest is not adopted"
	default:
		one.known[e.Kept.ID] = true
		one.bytes += len(e.Kept.Request)
		one.Runs = append(one.Runs, *e.Kept)
	}
}

// Bad notes a message of a site that is none.
func (l *Lists) Bad(site string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.of[site]; one != nil && !one.over && one.Why == "" {
		one.Why = "a message that is none: " + report.Clean(err.Error(), false)
	}
}

// close ends a list. The lock is held.
func (l *Lists) close(one *List, why string) {
	one.over, one.Why = true, why
	if l.left--; l.left == 0 {
		close(l.over)
	}
}

// Wait waits until each list has ended, or its site is silent.
func (l *Lists) Wait(ctx context.Context) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.over:
			return nil
		case <-ctx.Done():
			return errors.New("the hub was stopped")
		case now := <-tick.C:
			l.Check(now)
		}
	}
}

// Check ends the lists of sites that are silent at a time.
func (l *Lists) Check(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for site, one := range l.of {
		last := l.heard(site).Last
		if last.Before(l.began) {
			last = l.began
		}
		if silent := now.Sub(last); !one.over && silent > fleet.SilentAfter {
			l.close(one, fmt.Sprintf("not heard for %s: its worker is down, or cut off", silent.Round(time.Second)))
		}
	}
}

// Text says how long the list is.
func (l *List) Text() string {
	text := fmt.Sprintf("%d runs to adopt", len(l.Runs))
	if len(l.Runs) == 1 {
		text = "1 run to adopt"
	}
	if l.end == nil {
		return text
	}
	if n := l.end.There; n > 0 {
		text += fmt.Sprintf(", %d that the hub has, which stay as they are", n)
	}
	if n := l.end.Older; n > 0 {
		text += fmt.Sprintf(", %d older ones for another aixmend hub adopt", n)
	}
	return text
}

// Of returns the list of a site, after Wait.
func (l *Lists) Of(site string) List {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *l.of[site]
}
