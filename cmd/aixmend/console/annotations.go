package console

import (
	"fmt"
	"io"
	"sync"

	"aixmend/controller/report"
)

// Runners of pipelines read the output of a step and take some of it for commands: a
// GitHub runner lines that begin with ::, and others (see report.Commander) ##WORD[
// anywhere. Hosts can print anything, so only annotations reach a runner as commands.

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
	// lines: a GitHub runner reads along, and executes lines that begin with ::.
	lines bool

	command report.Commander
	// blank: the line holds only characters that the runner trims, and colon: then a colon.
	blank, colon bool
}

func newDefused(to io.Writer, lines bool) *defused {
	return &defused{to: to, lines: lines, blank: true}
}

// Write implements io.Writer.
func (d *defused) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	safe := make([]byte, 0, len(p)+8)
	for _, c := range p {
		if opens, begins := d.command.Opens(c), d.begins(c); opens || begins && d.lines {
			safe = append(safe, ' ')
		}
		safe = append(safe, c)
	}
	if _, err := d.to.Write(safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// begins reports whether c is the second colon at the beginning of a line.
func (d *defused) begins(c byte) bool {
	switch {
	case c == '\n' || c == '\r':
		d.blank, d.colon = true, false
	case report.Ignorable(c): // may also be a part of a blank
	case c == ':' && d.blank:
		d.blank, d.colon = false, true
	case c == ':' && d.colon:
		d.colon = false
		return true
	case c > ' ' || d.colon:
		d.blank, d.colon = false, false
	}
	return false
}
