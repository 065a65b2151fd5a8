package console

import (
	"fmt"
	"io"
	"sync"
)

// A GitHub runner reads the output of a step and takes some lines for commands: lines
// that begin with ::, and ##[ anywhere. Hosts can print anything, so only annotations
// reach the runner as commands.

// InWorkflow reports whether a GitHub runner reads along.
func (c *Console) InWorkflow() bool { return c.getenv("GITHUB_ACTIONS") == "true" }

// Annotate prints workflow commands on stderr.
func (c *Console) Annotate(commands string) { fmt.Fprint(plain(c.view.out), commands) }

// plain is the writer below a defused one.
func plain(to io.Writer) io.Writer {
	if d, ok := to.(*defused); ok {
		return d.to
	}
	return to
}

// defused is a writer that puts a space into everything a runner would take for a command.
type defused struct {
	mu sync.Mutex
	to io.Writer
	// blank: the line holds only characters that the runner trims.
	blank bool
	// last are the last two bytes of the line.
	last [2]byte
}

func newDefused(to io.Writer) *defused { return &defused{to: to, blank: true} }

// Write implements io.Writer.
func (d *defused) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	safe := make([]byte, 0, len(p)+8)
	for _, c := range p {
		switch {
		case c == ':' && d.blank && d.last[1] == ':', c == '[' && d.last == [2]byte{'#', '#'}:
			safe = append(safe, ' ')
		}
		safe = append(safe, c)
		switch {
		case c == '\n' || c == '\r':
			d.blank, d.last = true, [2]byte{}
			continue
		case c > ' ' && c < 0x7f && c != ':': // bytes above may belong to a blank
			d.blank = false
		case c == ':' && d.last[1] == ':':
			d.blank = false
		}
		d.last = [2]byte{d.last[1], c}
	}
	if _, err := d.to.Write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}
