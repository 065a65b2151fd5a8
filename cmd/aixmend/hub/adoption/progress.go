package adoption

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Progress is an adoption that goes on, or has ended. Its methods may be called from any
// goroutine.
type Progress struct {
	// ID is the adoption in the words of who has asked for it.
	ID string
	// Order is the run of its orders: another adoption, also by a process of the hub before, has
	// another one.
	Order string

	mu  sync.Mutex
	now Answer
}

// Answer is how far an adoption is.
type Answer struct {
	// Lines are all that there is to say so far.
	Lines []string     `json:"lines,omitempty"`
	Over  bool         `json:"over"`
	Code  outcome.Code `json:"code"`
}

// Say adds a line.
func (p *Progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Lines = append(p.now.Lines, fmt.Sprintf(format, args...))
}

// Trouble is Say of something that keeps a run, or a site, from being adopted, with its exit code.
func (p *Progress) Trouble(code outcome.Code, format string, args ...any) {
	p.Say(format, args...)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range outcome.Codes() { // the gravest first
		if c.Code == code || c.Code == p.now.Code {
			p.now.Code = c.Code
			return
		}
	}
}

// Adopted says that a run was adopted, or why not.
func (p *Progress) Adopted(store *journal.Store, id string, r request.Request, why string) error {
	if why != "" {
		p.Trouble(outcome.ExitUnreachable, "run %s is not adopted: %s", id, why)
		return nil
	}
	run, err := store.LoadRun(id)
	if err == nil {
		p.Say("%s", Text(*run, r))
	}
	return err
}

// End ends it.
func (p *Progress) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Over = true
}

// So is how far it is.
func (p *Progress) So() *Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now
	now.Lines = slices.Clone(now.Lines)
	return &now
}

// Text is the line on a run that was adopted.
func Text(run outcome.Run, r request.Request) string {
	var from []string
	for _, a := range r.Adopted {
		from = append(from, a.Site)
	}
	text := fmt.Sprintf("run %s: %s of %s, adopted from %s", run.ID, run.Kind(), report.Hosts(len(run.Hosts)), strings.Join(from, ", "))
	if missing := Missing(r); len(missing) > 0 {
		text += "; not yet from " + strings.Join(missing, ", ")
	}
	if run.Unfinished > 0 {
		text += fmt.Sprintf("; it is open: resume continues it on %s", report.Hosts(run.Unfinished))
	}
	return text
}

// Wire is a wire on which the sites are heard, and told nothing.
type Wire struct {
	*fleet.Hub
	// For is Progress.Order.
	For string
}

// Order orders nothing.
func (Wire) Order(context.Context, fleet.Order) error { return nil }

// Stop stops nothing.
func (Wire) Stop(string, string) error { return nil }

// Events leaves out the ends that were told for another adoption: it was cut off, and the reports
// before them are lost.
func (w Wire) Events(ctx context.Context, run string, take func(fleet.Event), bad func(string, error)) error {
	return w.Hub.Events(ctx, run, func(e fleet.Event) {
		if e.Ended == nil || e.Ended.Adoption == w.For {
			take(e)
		}
	}, bad)
}
