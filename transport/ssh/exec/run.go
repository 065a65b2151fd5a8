package exec

import (
	"aixmend/transport"
	"aixmend/transport/retry"
	"context"
	"fmt"
)

var errTooManyHung = fmt.Errorf("not run: %d commands before it hung", retry.Sessions.Attempts)

// Run implements transport.Conn. After a hung command the rest runs in a new
// session.
func (r *Runner) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	t := transport.Transcript{Results: make([]transport.Result, len(commands))}
	for i, command := range commands {
		t.Results[i] = transport.Result{ID: command.ID, Err: transport.ErrNotRun}
	}
	for first, sessions := 0, 0; first < len(commands) && sessions < retry.Sessions.Attempts; sessions++ {
		s := newSession(r, commands[first:])
		err := s.run(ctx)
		next := s.collect(t.Results[first:], err)
		if room := maxNoise - len(t.Noise); room > 0 {
			noise := append(s.out.noise, s.err.noise...)
			t.Noise = append(t.Noise, noise[:min(room, len(noise))]...)
		}
		if err != nil {
			return t, err
		}
		if next == 0 || endsScript(commands[first+next-1]) {
			return t, nil
		}
		first += next
		if sessions == retry.Sessions.Attempts-1 {
			for i := first; i < len(t.Results); i++ {
				t.Results[i].Err = errTooManyHung
			}
		}
	}
	return t, nil
}

// endsScript reports whether no command may run after a hung one: its effect, or
// the answer that the rest requires, is unknown.
func endsScript(hung transport.Command) bool { return hung.Mutating || hung.Require != "" }
