package planfile

import (
	"fmt"
	"strings"
	"sync"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
	"aixmend/transport/wrap"
)

// Journal is the journal of a run that applies a plan. The state folder's record of the
// plan names a host before the journal has that host's first change, or says that its site
// may begin it.
type Journal struct {
	*journal.Run
	store     *journal.Store
	plan, run string

	mu     sync.Mutex
	marked map[string]bool
}

// NewJournal returns the journal of a run that applies a plan.
func NewJournal(p *Plan, store *journal.Store, dir *journal.Run, run string) *Journal {
	return &Journal{Run: dir, store: store, plan: p.ID, run: run, marked: map[string]bool{}}
}

// Append implements controller.Journal.
func (j *Journal) Append(e outcome.Entry) error {
	if (e.Event == outcome.EventIntent || e.Event == outcome.EventTurn) && j.plan != "" {
		if err := j.mark(e.Host); err != nil {
			return err
		}
	}
	return j.Run.Append(e)
}

// mark records a host once, under the lock: all hosts share one file.
func (j *Journal) mark(host string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.marked[host] {
		return nil
	}
	if err := j.store.MarkApplied(j.plan, host, j.run); err != nil {
		return err
	}
	j.marked[host] = true
	return nil
}

// Gate wraps a gate so that only the plan passes it: its commands and their undos, leases
// and the mark of the plan itself.
func (p *Plan) Gate(gate wrap.Gate, run string) wrap.Gate {
	allowed := map[string]bool{}
	for _, h := range p.Hosts {
		for _, s := range h.Plan {
			if s.BlockedBy == "" || s.Conditional {
				allowed[h.Name+"\n"+s.Command], allowed[h.Name+"\n"+s.Undo] = true, true
			}
		}
	}
	return func(t transport.Target, c transport.Command) error {
		own := strings.HasPrefix(c.ID, controller.LeaseSteps) || c.ID == onhost.MarkAppliedStep && c.Line == onhost.MarkAppliedCommand(p.ID, run)
		if !own && c.ID != "upload" && !allowed[t.Name+"\n"+c.Line] {
			return fmt.Errorf("%s: %w: it is not in the approved plan", c.ID, transport.ErrGateShut)
		}
		return gate(t, c)
	}
}
