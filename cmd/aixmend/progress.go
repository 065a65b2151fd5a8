package main

import (
	"fmt"
	"io"
	"sync"

	"aixmend/controller"
	"aixmend/controller/outcome"
)

// progress is a sink that also counts the ended hosts on one line of a
// terminal.
type progress struct {
	controller.Sink
	out   io.Writer
	total int

	mu    sync.Mutex
	ended map[string]bool
}

// HostDone implements controller.Sink.
func (p *progress) HostDone(h outcome.Host) error {
	err := p.Sink.HostDone(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended[h.Host] = true
	fmt.Fprintf(p.out, "\r%d of %d hosts have ended", len(p.ended), p.total)
	return err
}

// clear takes the line away.
func (p *progress) clear() { fmt.Fprint(p.out, "\r\x1b[K") }

// watched adds the progress line where a person looks at a terminal that can
// show one, and returns how to take it away.
func (a *app) watched(sink controller.Sink, total int, f flags) (controller.Sink, func()) {
	if !a.errTerminal || !a.canMoveCursor() || f.quiet || f.verbose > 0 {
		return sink, func() {}
	}
	p := &progress{Sink: sink, out: a.err, total: total, ended: map[string]bool{}}
	return p, p.clear
}
