// Package console talks to the person who ran the command: output, messages, questions,
// and the signals that stop it. Nothing a host printed reaches a terminal unescaped.
package console

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"aixmend/controller/report"
)

// Streams are the standard streams, and whether each is a terminal.
type Streams struct {
	In                                   io.Reader
	Out, Err                             io.Writer
	InTerminal, OutTerminal, ErrTerminal bool
	// Width returns the columns of stdout's terminal, 0 when not known; nil: not known.
	Width func() int
	// Height returns its rows, 0 when not known; nil: not known.
	Height func() int
	// ErrWidth returns the columns of stderr's terminal, 0 when not known; nil: not known.
	ErrWidth func() int
	// Program are the words that call this program again, "" for its plain name.
	Program string
}

// Console is the terminal of one call.
type Console struct {
	Streams
	Interrupts *Interrupts

	getenv func(string) string
	view   *viewed
	lines  *bufio.Reader // of In: one for all questions
}

// New returns a console. getenv looks up variables of the environment. Where no terminal
// reads along but perhaps a runner of pipelines, it takes nothing printed through the
// console for a command.
func New(std Streams, interrupts *Interrupts, getenv func(string) string) *Console {
	if std.Width == nil {
		std.Width = func() int { return 0 }
	}
	if std.ErrWidth == nil {
		std.ErrWidth = func() int { return 0 }
	}
	if std.Height == nil {
		std.Height = func() int { return 0 }
	}
	if std.Program == "" {
		std.Program = "aixmend"
	}
	if std.In == nil {
		std.In = strings.NewReader("")
	}
	c := &Console{Streams: std, Interrupts: interrupts, getenv: getenv}
	if c.InWorkflow() || !c.OutTerminal {
		c.Out = newDefused(c.Out, c.InWorkflow())
	}
	if c.InWorkflow() || !c.ErrTerminal {
		c.Err = newDefused(c.Err, c.InWorkflow())
	}
	c.view = &viewed{out: c.Err}
	c.Err = c.view
	c.lines = bufio.NewReader(c.In)
	return c
}

// Say prints one message to stderr, escaped, its further lines indented, and fitted to a
// terminal.
func (c *Console) Say(format string, args ...any) {
	text := strings.ReplaceAll(report.Clean(fmt.Sprintf(format, args...), true), "\n", "\n  ")
	fmt.Fprintln(c.Err, report.FitAs(text, c.ErrWidth(), c.Program))
}

// Fitted is stderr, with the lines that are written to it fitted to a terminal.
func (c *Console) Fitted() io.Writer { return fitted{c} }

type fitted struct{ c *Console }

// Write implements io.Writer.
func (f fitted) Write(lines []byte) (int, error) {
	if _, err := io.WriteString(f.c.Err, report.FitAs(string(lines), f.c.ErrWidth(), f.c.Program)); err != nil {
		return 0, err
	}
	return len(lines), nil
}

// Print prints text for a person to stdout, escaped, and fitted to a terminal.
func (c *Console) Print(format string, args ...any) error {
	_, err := fmt.Fprint(c.Out, report.FitAs(report.Clean(fmt.Sprintf(format, args...), true), c.Width(), c.Program))
	return err
}

// ErrTextOptions are the width and the colour of stderr.
func (c *Console) ErrTextOptions() report.TextOptions {
	return report.TextOptions{Width: c.ErrWidth(), Color: c.ErrTerminal && c.colours()}
}

// JSON prints a document to stdout.
func (c *Console) JSON(document any) error {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	_, err = c.Out.Write(append(report.SafeJSON(text), '\n'))
	return err
}

// TextOptions are the width and the colour of stdout.
func (c *Console) TextOptions() report.TextOptions {
	return report.TextOptions{Width: c.Width(), Color: c.OutTerminal && c.colours()}
}

// ErrColor reports whether stderr takes colour.
func (c *Console) ErrColor() bool { return c.ErrTerminal && c.colours() }

func (c *Console) colours() bool { return c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb" }

// Terminal is the name of the terminal where somebody sits, "" where nobody does. Not
// every system tells it: then it is sshd's word, or "unknown".
func (c *Console) Terminal() string {
	if !c.InTerminal && !c.ErrTerminal {
		return ""
	}
	for _, fd := range []string{"0", "2"} {
		if name, err := os.Readlink("/proc/self/fd/" + fd); err == nil && strings.HasPrefix(name, "/dev/") && name != os.DevNull {
			return name
		}
	}
	return cmp.Or(c.getenv("SSH_TTY"), "unknown")
}

// LeadsTo reports whether stdout leads to the file: it must be written through Out then,
// and not be replaced.
func (c *Console) LeadsTo(info os.FileInfo) bool {
	out, ok := plain(c.Out).(*os.File)
	if !ok {
		return false
	}
	there, err := out.Stat()
	return err == nil && os.SameFile(info, there)
}
