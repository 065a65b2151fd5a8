package recording

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"aixmend/transport"
	"aixmend/transport/retry"
)

// ErrNotAIX: the host does not run AIX. Only uname was run.
var ErrNotAIX = errors.New("not AIX")

// Record runs every command of the catalogue over connections of dial and returns the
// recording, redacted; the caller fills in the version and the host. If the connection
// broke halfway, the recording has a Trouble. The error is a *transport.Error without any
// answer, or wraps ErrNotAIX.
func (c *Catalogue) Record(ctx context.Context, dial func(context.Context) (transport.Conn, error)) (*Recording, error) {
	r := &Recording{
		Schema: Schema, Recorded: time.Now().UTC().Truncate(time.Millisecond),
		Playbooks: append([]Playbook{}, c.Playbooks...), LeftOut: append([]LeftOut{}, c.LeftOut...), Commands: []Entry{},
	}
	var err error
	for range retry.Read.Attempts {
		if err = r.take(ctx, c, dial); transport.KindOf(err) != transport.KindLost {
			break
		}
	}
	if errors.Is(err, ErrNotAIX) || err != nil && !r.answered() {
		return nil, err
	}
	r.trouble(err)
	for _, a := range c.Asked {
		if r.Find(a.Line) == nil {
			r.Commands = append(r.Commands, Entry{ID: a.ID, Of: a.Of, Command: Stream(a.Line), NoAnswer: missing(err)})
		}
	}
	r.summarise()
	r.redact()
	return r, nil
}

// answered reports whether the host answered a command.
func (r *Recording) answered() bool {
	return slices.ContainsFunc(r.Commands, func(e Entry) bool { return e.Exit != nil })
}

// missing returns why commands that were not run have no answer.
func missing(err error) string {
	switch transport.KindOf(err) {
	case "", transport.KindPrivilege:
		return NotRun
	}
	return Lost
}

// take runs the commands without an answer over a new connection.
func (r *Recording) take(ctx context.Context, c *Catalogue, dial func(context.Context) (transport.Conn, error)) error {
	conn, err := dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	r.System.SSHServer = printable(transport.LinkOf(conn).ServerVersion)
	for i, batch := range c.batches() {
		if i > 0 && r.uncertain(c) {
			return nil // a required answer is wrong: the other commands are not run
		}
		if slices.ContainsFunc(r.Commands, func(e Entry) bool { return e.NoAnswer == Late }) {
			return nil // the host is too slow to be asked more
		}
		batch = slices.DeleteFunc(slices.Clone(batch), func(a Asked) bool { return !a.AsLogin && r.Find(a.Line) != nil })
		if err := r.run(ctx, conn, batch); err != nil {
			return err
		}
		if e := r.byID("uname"); e != nil && e.Exit != nil && e.Stdout.text() != "AIX" {
			return fmt.Errorf("%w: uname -s says %s", ErrNotAIX, printable(e.Stdout.text()))
		}
	}
	return nil
}

// uncertain reports whether a required answer is wrong or missing.
func (r *Recording) uncertain(c *Catalogue) bool {
	return slices.ContainsFunc(c.Asked, func(a Asked) bool {
		e := r.Find(a.Line)
		return a.Require != "" && (e == nil || e.Exit == nil || e.Stdout.text() != a.Require)
	})
}

// run runs a batch and keeps the answers.
func (r *Recording) run(ctx context.Context, conn transport.Conn, batch []Asked) error {
	commands := make([]transport.Command, len(batch))
	for i, a := range batch {
		commands[i] = a.Command
	}
	if len(commands) == 0 {
		return nil
	}
	t, err := conn.Run(ctx, commands)
	if len(r.Noise) == 0 {
		r.Noise = Stream(t.Noise)
	}
	for i, result := range t.Results {
		if known := r.Find(batch[i].Line); known == nil || known.Exit == nil {
			if e, ok := entry(batch[i], result, err != nil); ok {
				r.keep(e)
			}
		}
	}
	return err
}

// keep adds an entry, or replaces one without an answer.
func (r *Recording) keep(e Entry) {
	if known := r.Find(string(e.Command)); known != nil {
		*known = e
		return
	}
	r.Commands = append(r.Commands, e)
}

// entry returns the answer to a command. ok is false if the connection broke first; then
// the command is run again.
func entry(a Asked, result transport.Result, broke bool) (e Entry, ok bool) {
	e = Entry{
		ID: a.ID, Of: a.Of, Command: Stream(a.Line), DurationMS: result.Duration.Milliseconds(),
		Stdout: result.Stdout, Stderr: result.Stderr, StdoutDropped: result.StdoutDropped, StderrDropped: result.StderrDropped,
	}
	if !result.Started.IsZero() {
		e.Started = result.Started.UTC().Truncate(time.Millisecond)
	}
	switch {
	case result.Err == nil:
		e.Exit = &result.Exit
	case errors.Is(result.Err, transport.ErrHung):
		e.NoAnswer = Hung
	case errors.Is(result.Err, transport.ErrNotRun):
		e.NoAnswer = NotRun
	case !broke:
		e.NoAnswer = Late
	default:
		return e, false
	}
	return e, true
}

// trouble records the error that ended the recording early.
func (r *Recording) trouble(err error) {
	var typed *transport.Error
	if errors.As(err, &typed) {
		r.Trouble = &Trouble{Kind: typed.Kind, Op: printable(typed.Op), Text: printable(typed.Err.Error())}
	}
}

var (
	osLevel   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{4}$`)
	rmcLevel  = regexp.MustCompile(`(?m)^[^:\n]*:rsct\.core\.rmc:([0-9.]+):`)
	toolLine  = regexp.MustCompile(`(?m)^([A-Za-z_]+)=(/[A-Za-z0-9_./-]+)$`)
	levelName = "oslevel"
)

// summarise fills in System.
func (r *Recording) summarise() {
	if e := r.byID(levelName); e != nil && osLevel.MatchString(e.Stdout.text()) {
		r.System.OSLevel = e.Stdout.text()
	}
	if e := r.byID("filesets"); e != nil {
		if m := rmcLevel.FindSubmatch(e.Stdout); m != nil {
			r.System.RSCT = string(m[1])
		}
	}
	tools := map[string]string{}
	for _, id := range []string{"rsct_paths", questionTools} {
		if e := r.byID(id); e != nil {
			for _, m := range toolLine.FindAllSubmatch(e.Stdout, 32) {
				tools[string(m[1])] = string(m[2])
			}
		}
	}
	if len(tools) > 0 {
		r.System.Tools = maps.Clone(tools)
	}
}

// printable returns output of a host as one line of at most 300 bytes without control
// characters.
func printable(text string) string {
	const most = 300
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool { return !shown(string(r)) }), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// Unanswered counts the commands that have no exit status.
func (r *Recording) Unanswered() int {
	n := 0
	for _, e := range r.Commands {
		if e.Exit == nil {
			n++
		}
	}
	return n
}

// Complete reports whether every command was run, whatever its result.
func (r *Recording) Complete() bool {
	return !slices.ContainsFunc(r.Commands, func(e Entry) bool { return e.NoAnswer == Late || e.NoAnswer == NotRun || e.NoAnswer == Lost })
}
