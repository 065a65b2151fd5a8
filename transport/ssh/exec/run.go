package exec

import (
	"aixmend/transport"
	"aixmend/transport/retry"
	"context"
	"fmt"
	"time"
)

var errTooManyHung = fmt.Errorf("not run: %d commands before it hung", retry.Sessions.Attempts)

// Run implements transport.Conn. After a hung command the rest runs in a new
// session, unless the time of all commands together is over.
func (r *Runner) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	t := transport.Transcript{Results: make([]transport.Result, len(commands))}
	for i, command := range commands {
		t.Results[i] = transport.Result{ID: command.ID, Err: transport.ErrNotRun}
	}
	var began time.Time
	for first, sessions := 0, 0; first < len(commands) && sessions < retry.Sessions.Attempts; sessions++ {
		s := newSession(r, commands[first:], began)
		err := s.run(ctx)
		began = s.watchdog.began
		next := s.collect(t.Results[first:], err)
		if room := maxNoise - len(t.Noise); room > 0 {
			noise := append(s.out.noise, s.err.noise...)
			t.Noise = append(t.Noise, noise[:min(room, len(noise))]...)
		}
		if err != nil {
			return t, err
		}
		if s.watchdog.isLate() {
			fail(t.Results[first+next:], transport.ErrLate)
			return t, nil
		}
		if next == 0 || endsScript(commands[first+next-1]) {
			return t, nil
		}
		first += next
		if sessions == retry.Sessions.Attempts-1 {
			fail(t.Results[first:], errTooManyHung)
		}
	}
	return t, nil
}

// fail gives the commands that are left their error.
func fail(left []transport.Result, err error) {
	for i := range left {
		left[i].Err = err
	}
}

// endsScript reports whether no command may run after a hung one: its effect, or
// the answer that the rest requires, is unknown.
func endsScript(hung transport.Command) bool { return hung.Mutating || hung.Require != "" }
