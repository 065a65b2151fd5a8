package console

import (
	"io"
	"os"
	"sync"
)

// View is a live view on stderr. Text written to it appears above the view.
type View interface {
	io.Writer
	// Hold gives the terminal to a question until release is called.
	Hold() (release func())
}

// viewed is stderr, through a live view while there is one.
type viewed struct {
	out io.Writer

	mu   sync.Mutex
	view View // nil: none
	told func()
}

// Write implements io.Writer.
func (v *viewed) Write(p []byte) (int, error) {
	v.mu.Lock()
	told := v.told
	v.mu.Unlock()
	if told != nil {
		defer told()
	}
	if view := v.shown(); view != nil {
		return view.Write(p)
	}
	return v.out.Write(p)
}

func (v *viewed) shown() View {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.view
}

// Screen is the terminal of stderr where a live view can be shown; nil where it can't.
func (c *Console) Screen() *os.File {
	term := c.getenv("TERM")
	if !c.ErrTerminal || term == "" || term == "dumb" {
		return nil
	}
	out, _ := c.view.out.(*os.File)
	return out
}

// Page is the terminal of stdout where a person can read in a pager; nil where nobody can.
func (c *Console) Page() *os.File {
	term := c.getenv("TERM")
	if !c.OutTerminal || !c.InTerminal || term == "" || term == "dumb" {
		return nil
	}
	out, _ := plain(c.Out).(*os.File)
	return out
}

// Show puts a live view on stderr; nil takes it off.
func (c *Console) Show(v View) {
	c.view.mu.Lock()
	defer c.view.mu.Unlock()
	c.view.view = v
}

// Spoken has tell called after each write to stderr; nil: no longer.
func (c *Console) Spoken(tell func()) {
	c.view.mu.Lock()
	defer c.view.mu.Unlock()
	c.view.told = tell
}

// hold takes the terminal from the live view, if there is one, until release is called.
func (c *Console) hold() (release func()) {
	if v := c.view.shown(); v != nil {
		return v.Hold()
	}
	return func() {}
}
