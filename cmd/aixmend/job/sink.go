package job

import (
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/explain"
	"aixmend/controller/report/formats"
)

// sink writes the reports of each host as it ends.
type sink struct {
	dir *journal.Run
	// dialled returns how a host was dialled, nil where it was not.
	dialled func(host string) *outcome.Dialled
	// open are the open runs that had changed hosts before the run began.
	open []outcome.LeftOpen
	// typed adds the flags of the run to a command.
	typed func(command string) string
	// reported is told of each host whose report was written; nil: nobody is.
	reported func(h outcome.Host)
}

// HostDone implements controller.Sink. A host that could not be repaired gets the text of
// a support case beside its report.
func (s sink) HostDone(h outcome.Host) error {
	if h.Dialled = nil; h.Outcome == outcome.Unreachable {
		h.Dialled = s.dialled(h.Host)
	}
	if h.Shown() == outcome.Failed || len(h.Support) > 0 {
		if err := s.dir.WriteCase(h.Host, []byte(explain.Case(h))); err != nil {
			return err
		}
	}
	err := s.dir.WriteHost(h, formats.HostMarkdown(h, formats.Open{Others: outcome.OpenOn(s.open, h.Host), Typed: s.typed}))
	if err == nil && s.reported != nil {
		s.reported(h)
	}
	return err
}

// Checkpoint implements controller.Sink.
func (s sink) Checkpoint(h outcome.Host) error { return s.dir.WriteCheckpoint(h) }

// Load implements controller.Sink.
func (s sink) Load(host string) (outcome.Host, error) {
	h, err := s.dir.LoadHost(host)
	if err != nil {
		return outcome.Host{}, err
	}
	return *h, nil
}

// Amend implements controller.Sink.
func (s sink) Amend(host string, change func(*outcome.Host)) error {
	h, err := s.dir.LoadHost(host)
	if err != nil {
		return err
	}
	change(h)
	return s.HostDone(*h)
}
