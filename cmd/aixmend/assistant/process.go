package assistant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
)

// Limits of the processes that answer.
const (
	readWithin  = time.Minute      // for a verb that reads the state folder
	stopWithin  = 30 * time.Second // for a run that is told to stop, until it is killed
	readAtOnce  = 4
	maxOutput   = 64 << 20 // bytes on stdout: run.json of 10,000 hosts is a fifth of it
	maxMistakes = 64 << 10 // bytes on stderr that are kept
)

// printed is how a process of a verb ended.
type printed struct {
	verb     string
	code     outcome.Code
	out, err string
}

// programs starts the processes of verbs: of this program itself, with a line of the table.
type programs struct {
	stop context.Context // ends all of them
	given
	started func(order)
	slots   chan struct{} // of verbs that read
	visit   chan struct{} // of the one that may connect to hosts
}

func newPrograms(stop context.Context, fixed given, started func(order)) *programs {
	return &programs{stop: stop, given: fixed, started: started, slots: make(chan struct{}, readAtOnce), visit: make(chan struct{}, 1)}
}

// read runs a verb that reads the state folder. It gets no variable of the environment and
// no config file that could change its work.
func (p *programs) read(ctx context.Context, verb string, flags map[string]string, names ...string) (*printed, error) {
	if _, known := reading[verb]; !known {
		return nil, fmt.Errorf("%q is not offered", verb)
	}
	ctx, done := context.WithTimeout(ctx, readWithin)
	defer done()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, errors.New("too much is asked at once: try again")
	}
	env := []string{"AIXMEND_CONFIG=none", "PATH=" + os.Getenv("PATH")}
	if runtime.GOOS == "windows" {
		env = append(env, "SystemRoot="+os.Getenv("SystemRoot"))
	}
	return p.run(ctx, order{verb: verb, flags: flags, names: names}, env, io.Discard)
}

// visits runs audit or plan, which connect to hosts. It has the environment of this process,
// and its config file, as a person at its terminal would have them. lines gets each line of
// its stderr.
func (p *programs) visits(ctx context.Context, verb string, hosts []string, lines io.Writer) (*printed, error) {
	if _, known := visiting[verb]; !known {
		return nil, fmt.Errorf("%q is not offered", verb)
	}
	select {
	case p.visit <- struct{}{}:
		defer func() { <-p.visit }()
	default:
		return nil, errors.New("another audit or plan of this assistant is still at work: one at a time")
	}
	flags := map[string]string{"format": "json"}
	if len(hosts) > 0 {
		if err := checkNames(hosts); err != nil {
			return nil, err
		}
		flags["limit"] = strings.Join(hosts, ",")
	}
	return p.run(ctx, order{verb: verb, flags: flags}, slices.DeleteFunc(os.Environ(), ours), lines)
}

// ours reports whether a variable belongs to the verb mcp: its --allow has other words than
// that of plan.
func ours(variable string) bool {
	return strings.HasPrefix(variable, "AIXMEND_ALLOW=") || strings.HasPrefix(variable, "AIXMEND_STATE=") || strings.HasPrefix(variable, "AIXMEND_FORMAT=")
}

// run runs a process of this program until it ends. It has no stdin, and no terminal.
func (p *programs) run(ctx context.Context, o order, env []string, lines io.Writer) (*printed, error) {
	line, err := o.line(p.given)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	defer context.AfterFunc(p.stop, func() { leave(context.Cause(p.stop)) })()
	p.started(o)
	out, errs := &bounded{most: maxOutput}, &bounded{most: maxMistakes, rest: true}
	cmd := exec.CommandContext(ctx, self, line...)
	cmd.Env = append(env, "NO_COLOR=1")
	cmd.Stdout, cmd.Stderr = out, io.MultiWriter(errs, lines)
	cmd.WaitDelay = stopWithin
	if runtime.GOOS != "windows" { // which can only kill
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	}
	err = cmd.Run()
	var ended *exec.ExitError
	switch {
	case out.full:
		return nil, fmt.Errorf("the output of %s is longer than %d MB", o.verb, maxOutput>>20)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s was stopped: %w", o.verb, context.Cause(ctx))
	case err != nil && !errors.As(err, &ended):
		return nil, err
	}
	return &printed{verb: o.verb, code: outcome.Code(cmd.ProcessState.ExitCode()), out: out.text.String(), err: errs.text.String()}, nil
}

// bounded keeps the beginning of an output.
type bounded struct {
	text bytes.Buffer
	most int
	// rest: the rest is dropped; else it is an error, which ends the writer.
	rest bool
	full bool
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.most-b.text.Len())
	b.text.Write(p[:n])
	if n < len(p) && !b.rest {
		b.full = true
		return n, io.ErrShortWrite
	}
	return len(p), nil
}
