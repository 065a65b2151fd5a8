package main

import (
	"fmt"
	"io"
	"sync"

	"aixmend/controller"
)

// progress is an observer that also counts the ended hosts on one line of a
// terminal.
type progress struct {
	controller.Observer
	out   io.Writer
	total int

	mu    sync.Mutex
	ended int
	held  bool // somebody is being asked: the line is theirs
}

// Moved implements controller.Observer.
func (p *progress) Moved(host string, to controller.State, note string) {
	p.Observer.Moved(host, to, note)
	if to != controller.Done {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended++
	if !p.held {
		fmt.Fprintf(p.out, "\r%d of %d hosts have ended", p.ended, p.total)
	}
}

// hold leaves the line alone until it is called with false.
func (p *progress) hold(held bool) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = held
}

// clear takes the line away.
func (p *progress) clear() {
	if p != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// watch adds the progress line where a person looks at a terminal that can show
// one. It returns nil where there is none.
func (a *app) watch(e *controller.Engine, total int, f flags) *progress {
	if !a.errTerminal || !a.canMoveCursor() || f.quiet || f.verbose > 0 {
		return nil
	}
	p := &progress{Observer: e.Observer, out: a.err, total: total}
	e.Observer = p
	return p
}
