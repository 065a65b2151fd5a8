package main

import (
	"io"
	"os"
	"sync"

	"aixmend/cmd/aixmend/live"
	"aixmend/controller"
)

// console is stderr. While a live view is on it, what is written goes above that.
type console struct {
	out io.Writer

	mu   sync.Mutex
	view *live.View // nil: none
}

// Write implements io.Writer.
func (c *console) Write(p []byte) (int, error) {
	if v := c.shown(); v != nil {
		return v.Write(p)
	}
	return c.out.Write(p)
}

func (c *console) shown() *live.View {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view
}

func (c *console) show(v *live.View) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.view = v
}

// hold leaves the terminal to somebody who is asked something, until release is
// called.
func (a *app) hold() (release func()) {
	if c, ok := a.err.(*console); ok {
		if v := c.shown(); v != nil {
			return v.Hold()
		}
	}
	return func() {}
}

// watched runs a job with a live view where a person looks at a terminal that can
// show one.
func (a *app) watched(e *controller.Engine, j *job, run func() (controller.Result, error)) (controller.Result, error) {
	c, ok := a.err.(*console)
	if !ok || !a.errTerminal || !a.canMoveCursor() || j.flags.quiet || j.flags.verbose > 0 {
		return run()
	}
	out, ok := c.out.(*os.File)
	if !ok {
		return run()
	}
	v := live.Start(live.Options{Out: out, Verb: j.verb, Hosts: len(j.Hosts), Color: a.errColor()})
	if v == nil {
		return run()
	}
	e.Observer = onView{v, e.Observer}
	c.show(v)
	defer c.show(nil)
	defer v.Stop() // after a panic, too
	return run()
}

// onView is an observer that a live view shows to a person, who is told in words of
// what became of an open change.
type onView struct {
	*live.View
	words controller.Observer
}

// Settled implements controller.Observer.
func (o onView) Settled(s controller.Settled) { o.words.Settled(s) }
