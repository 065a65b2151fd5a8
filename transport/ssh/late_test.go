package ssh

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// drips is a host that prints one byte every three seconds and ends each command just
// before its own time limit. why gets the reason for the end of its session.
func drips(each time.Duration, why chan<- error) sshtest.HandlerFunc {
	return framed(func(ctx context.Context, s script) int {
		if strings.Contains(s.Command, "%s P") { // the script becomes root
			s.both("\n" + s.nonce + " P\n")
		}
		for i := range strings.Count(s.Command, "aixmend_e ") {
			s.begin(i)
			for began := time.Now(); time.Since(began) < each; {
				select {
				case <-time.After(3 * time.Second):
					_, _ = io.WriteString(s.Stdout, ".")
				case <-ctx.Done():
					why <- context.Cause(ctx)
					return 0
				}
			}
			s.end(i, 0)
		}
		return 0
	})
}

// A host whose commands all end just in time is cut off when the time for all of them
// together is over, whatever carries the script.
func TestDrippingHost(t *testing.T) {
	const commands, each, within = 40, 27 * time.Second, 225 * time.Second
	for name, change := range map[string]func(*transport.Target){
		"login":    func(*transport.Target) {},
		"script":   func(t *transport.Target) { t.Become = transport.BecomeSudo },
		"commands": func(t *transport.Target) { t.Become, t.BecomeMode = transport.BecomeSudo, transport.ModeCommands },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				why := make(chan error, 1)
				r := serve(t, drips(each, why), memory())
				change(&r.target)
				list := slices.Repeat([]transport.Command{{Line: "/usr/bin/id", Timeout: 30 * time.Second, Within: within}}, commands)
				conn := r.dial()
				began := time.Now()
				got, err := conn.Run(t.Context(), list)
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took < within || took > within+15*time.Second {
					t.Errorf("the look took %s, want %s", took, within)
				}
				const whole = int(within / each)
				for i, c := range got.Results {
					switch {
					case i < whole && (c.Err != nil || string(c.Stdout) != "........."):
						t.Errorf("command %d: %q, %v; want its answer", i, c.Stdout, c.Err)
					case i >= whole && (!errors.Is(c.Err, transport.ErrLate) || errors.Is(c.Err, transport.ErrNotRun)):
						t.Errorf("command %d: %v, want %v", i, c.Err, transport.ErrLate)
					}
				}
				if n := r.server.Execs(); n != 1 {
					t.Errorf("%d sessions, want one", n)
				}
				var signal sshtest.SignalError
				synctest.Wait()
				select {
				case err := <-why:
					if !errors.As(err, &signal) || signal.Name != "TERM" {
						t.Errorf("the command that ran ended by %v, want SIGTERM", err)
					}
				default:
					t.Error("no command was stopped")
				}
			})
		})
	}
}

// The time of all commands goes on in the session after a hung one, and over the time
// before a session's first frame.
func TestTimeOfAllCommandsIsOne(t *testing.T) {
	for _, c := range []struct {
		name        string
		first, then time.Duration // the limits of the first command and of the others
		want        []error
		took        time.Duration
	}{
		{"a second session", 30 * time.Second, 5 * time.Minute, []error{transport.ErrHung, transport.ErrLate, transport.ErrLate}, 100 * time.Second},
		{"a limit that is not reached", 30 * time.Second, 20 * time.Second, []error{transport.ErrHung, transport.ErrHung, transport.ErrHung}, 70 * time.Second},
		{"one command", time.Hour, time.Hour, []error{transport.ErrLate, transport.ErrLate, transport.ErrLate}, 100 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, framed(func(ctx context.Context, s script) int {
					s.begin(0)
					<-ctx.Done()
					return 0
				}), memory())
				conn := r.dial()
				began := time.Now()
				within := 100 * time.Second
				got, err := conn.Run(t.Context(), []transport.Command{{Timeout: c.first, Within: within}, {Timeout: c.then, Within: within}, {Timeout: c.then, Within: within}})
				if err != nil {
					t.Fatal(err)
				}
				for i, r := range got.Results {
					if !errors.Is(r.Err, c.want[i]) {
						t.Errorf("command %d: %v, want %v", i, r.Err, c.want[i])
					}
				}
				if took := time.Since(began); took < c.took || took > c.took+5*time.Second {
					t.Errorf("took %s, want %s", took, c.took)
				}
			})
		})
	}
}

// A login profile that takes all the time leaves the commands late, and a tool that had no
// time to answer has not refused.
func TestLateBeforeTheFirstFrame(t *testing.T) {
	for _, become := range []string{transport.BecomeNone, transport.BecomeSudo} {
		synctest.Test(t, func(t *testing.T) {
			r := serve(t, framed(func(ctx context.Context, s script) int {
				if become == transport.BecomeSudo {
					s.both("\n" + s.nonce + " P\n")
				}
				<-ctx.Done()
				return 0
			}), memory())
			r.target.Become = become
			r.opts.StartTimeout = time.Minute
			got, err := r.run(transport.Command{Timeout: time.Minute, Within: 20 * time.Second}, transport.Command{Timeout: time.Minute, Within: 20 * time.Second})
			if err != nil || !errors.Is(got.Results[0].Err, transport.ErrLate) || !errors.Is(got.Results[1].Err, transport.ErrLate) {
				t.Errorf("%s: %v, %+v", become, err, got.Results)
			}
		})
	}
}
