package evidence

import (
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// lookBack is how many whole runs are compared at least, where there are so many.
const lookBack = 20

// whole is a run over every host of its inventory.
type whole struct {
	inventory string // its files
	hosts     int
	finished  time.Time
	well      bool
}

func (w whole) succeeded() bool { return w.well }

// remember adds a run to the whole ones if it is one.
func remember(past []whole, store *journal.Store, run outcome.Run) []whole {
	if !run.Whole() {
		return past
	}
	w := whole{hosts: run.Size(), finished: run.Finished, well: run.Succeeded()}
	if files, err := request.Inventories(store, run.ID); err == nil { // older runs have none
		w.inventory = strings.Join(slices.Sorted(slices.Values(files)), "\n")
	}
	return append(past, w)
}

// last returns when a run of the fleet last ended, and when one last ended well. past are the
// whole runs, newest first. The fleet is the inventory whose newest run has the most hosts:
// a run of a smaller inventory says nothing about the hosts that only the larger one has.
func last(past []whole) (ended, succeeded time.Time) {
	newest, most := map[string]int{}, 0
	for _, w := range past {
		if _, known := newest[w.inventory]; !known {
			newest[w.inventory] = w.hosts
			most = max(most, w.hosts)
		}
	}
	for _, w := range past {
		if newest[w.inventory] < most {
			continue
		}
		if ended.IsZero() {
			ended = w.finished
		}
		if w.well {
			return ended, w.finished
		}
	}
	return ended, time.Time{}
}
