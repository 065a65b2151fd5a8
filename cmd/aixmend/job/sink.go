package job

import (
	"sync"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/explain"
	"aixmend/controller/report/formats"
	"aixmend/controller/report/html"
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
	// rooms are buffers for reports in Markdown.
	rooms *sync.Pool
	// pages pack the hosts that have ended.
	pages *html.Pages
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
	room := s.rooms.Get().(*[]byte)
	*room = formats.AppendHostMarkdown((*room)[:0], h, formats.Open{Others: outcome.OpenOn(s.open, h.Host), Typed: s.typed})
	err := s.dir.WriteHost(h, *room)
	s.rooms.Put(room)
	if err != nil {
		return err
	}
	if s.reported != nil {
		s.reported(h)
	}
	if h.Outcome != "" { // else it is parked
		s.pages.Add(h)
	}
	return nil
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

// fill has the pages filled, while the run goes on, with the hosts that an earlier process of it
// has ended. done waits for the last one.
func (s sink) fill(e *controller.Engine) (done func()) {
	begun := e.Begun
	if begun == nil {
		return func() {}
	}
	ended, all := make(chan outcome.Host, 16), make(chan struct{})
	go func() {
		defer close(all)
		for h := range ended {
			s.pages.Fill(h)
		}
	}()
	e.Begun = func(host string) (controller.Begun, error) {
		b, err := begun(host)
		if err == nil && b.Done != nil {
			ended <- *b.Done
		}
		return b, err
	}
	return func() {
		close(ended)
		<-all
	}
}
