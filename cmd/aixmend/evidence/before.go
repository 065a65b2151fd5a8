package evidence

import (
	"cmp"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// earlier finds the run that a page compares with among those that are seen, the newest first:
// as journal.Store.Before, the newest that had all hosts of a run, or else one of them.
type earlier struct {
	of        *outcome.Run
	names     map[string]bool
	all, some *report.Before
}

// wants reports whether a run with the same playbook may be the one, by its head.
func (e *earlier) wants(head *outcome.Run) bool {
	few := head.Size() > 0 && head.Size() < len(e.of.Hosts)
	return e.all == nil && !head.ForQuestion && head.ID < e.of.ID && !(few && e.some != nil)
}

// see considers a run with the same playbook.
func (e *earlier) see(run *outcome.Run) {
	if !e.wants(run) {
		return
	}
	if e.names == nil {
		e.names = make(map[string]bool, len(e.of.Hosts))
		for _, h := range e.of.Hosts {
			e.names[h.Name] = true
		}
	}
	shared := 0
	for _, h := range run.Hosts {
		if e.names[h.Name] {
			shared++
		}
	}
	switch {
	case shared == len(e.names):
		e.all = report.NewBefore(run, true)
	case shared > 0 && e.some == nil:
		e.some = report.NewBefore(run, false)
	}
}

// found is the run; nil for none.
func (e *earlier) found() *report.Before { return cmp.Or(e.all, e.some) }
