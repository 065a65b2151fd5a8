package controller

import (
	"context"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/inventory"
)

// Hosts of many sites are walked elsewhere, by the worker of each site; the engine takes
// their reports and judges the hosts among each other.

// Elsewhere gives the reports of hosts that are walked elsewhere.
type Elsewhere interface {
	// Report waits for the report of a host. Where none comes, because its site refuses, is
	// silent or was stopped, the report says so.
	Report(ctx context.Context, host string) outcome.Host
	// Last returns the last report of a host, and whether it differs from that of Report. It
	// waits until the host's site sends no more.
	Last(host string) (outcome.Host, bool)
}

// through takes a host to its end by the report of its walk elsewhere.
func (e *Engine) through(ctx context.Context, p *peers.Peers, host inventory.Host) (outcome.HostSummary, error) {
	h := e.Elsewhere.Report(ctx, host.Name)
	p.Recall(h.Host, h.Facts)
	p.End(h.Host, h.Interrupted)
	summary := h.Summary(e.Verb == Plan)
	if err := e.Sink.HostDone(h); err != nil || h.Interrupted {
		return summary, err
	}
	return summary, e.journalEnd(h)
}

// journalEnd journals the end of a host whose report is written.
func (e *Engine) journalEnd(h outcome.Host) error {
	return e.Journal.Append(outcome.Entry{
		Time: time.Now().UTC(), Event: outcome.EventEnded, Host: h.Host, Status: string(h.Outcome), Detail: h.Reason,
	})
}

// renew takes the last reports of hosts that are walked elsewhere: their sites may have
// amended them.
func (e *Engine) renew(p *peers.Peers, summaries []outcome.HostSummary) error {
	if e.Elsewhere == nil {
		return nil
	}
	for i := range summaries {
		h, newer := e.Elsewhere.Last(summaries[i].Name)
		if !newer {
			continue
		}
		p.Recall(h.Host, h.Facts)
		if err := e.Sink.HostDone(h); err != nil {
			return err
		}
		summaries[i] = h.Summary(e.Verb == Plan)
	}
	return nil
}
