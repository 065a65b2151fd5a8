package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/spf13/cobra"
)

// A runner of GitHub reads what a step prints, and takes some lines for commands:
// those that begin with ::, and ##[ anywhere. Hosts print what they like, so
// nothing but the annotations gets through to it as a command.

// inWorkflow tells whether a runner of GitHub reads along.
func inWorkflow() bool { return os.Getenv("GITHUB_ACTIONS") == "true" }

// annotated declares the flag of the verbs that can annotate.
func (f *flags) annotated(c *cobra.Command) {
	c.Flags().BoolVar(&f.annotations, "annotations", false, "say the worst hosts as workflow commands of GitHub, too (default true where GITHUB_ACTIONS is true)")
}

// workflow prints workflow commands on stderr.
func (a *app) workflow(commands string) { fmt.Fprint(plainWriter(a.err), commands) }

// plainWriter is what is behind the console and a defused writer.
func plainWriter(to io.Writer) io.Writer {
	if c, ok := to.(*console); ok {
		to = c.out
	}
	if d, ok := to.(*defused); ok {
		return d.to
	}
	return to
}

// defused is a writer that puts a space into whatever a runner would take for a
// command.
type defused struct {
	mu sync.Mutex
	to io.Writer
	// blank tells that the line holds nothing yet but what the runner trims.
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
		case c > ' ' && c < 0x7f && c != ':': // some blanks are longer than a byte
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
