package controller_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport"
)

// slowLink is a dialler of hosts that answer so slowly that the time for all commands of a
// script is over after some. It uses up no time.
type slowLink struct {
	transport.Dialer
	t *testing.T
	// late returns how many commands of a script are answered; false: all.
	late func(commands []transport.Command) (answered int, late bool)

	mu     sync.Mutex
	within []time.Duration // of the scripts that were too slow
}

func (s *slowLink) Dial(ctx context.Context, target transport.Target) (transport.Conn, error) {
	conn, err := s.Dialer.Dial(ctx, target)
	if err != nil {
		return nil, err
	}
	return &slowConn{Conn: conn, link: s}, nil
}

type slowConn struct {
	transport.Conn
	link *slowLink
	over bool
}

func (c *slowConn) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	if c.over {
		c.link.t.Errorf("%s was sent over a connection that is too slow", commands[0].ID)
	}
	answered, late := c.link.late(commands)
	if !late {
		return c.Conn.Run(ctx, commands)
	}
	c.over = true
	c.link.mu.Lock()
	c.link.within = append(c.link.within, commands[0].Within)
	c.link.mu.Unlock()
	t, err := c.Conn.Run(ctx, commands[:answered])
	for _, command := range commands[answered:] {
		t.Results = append(t.Results, transport.Result{ID: command.ID, Err: transport.ErrLate})
	}
	return t, err
}

// isLook reports whether a script reads all probes.
func isLook(commands []transport.Command) bool { return commands[0].ID == "uname" }

// A look that takes too long ends: its connection is closed, the probes without an answer
// are reported, and nothing that rests on them is sent.
func TestLookThatTakesTooLong(t *testing.T) {
	t.Parallel()
	for _, verb := range []controller.Verb{controller.Audit, controller.Capture, controller.Plan, controller.Recover} {
		t.Run(string(verb), func(t *testing.T) {
			b := newBench(t, "address-removed-smitty")
			e := b.engine(verb)
			slow := &slowLink{Dialer: e.Dialer, t: t, late: func(commands []transport.Command) (int, bool) {
				return 9, isLook(commands)
			}}
			e.Dialer = slow
			h := b.runEngine(e)["address-removed-smitty"]
			if h.Outcome != outcome.NeedsAction || len(b.sent(h.Host)) > 0 || len(h.Changes) > 0 {
				t.Errorf("%s: %s, sent %q", h.Outcome, h.Reason, b.sent(h.Host))
			}
			const why = "the look took longer than 1m15s (look_timeout)"
			if n := len(slow.within); n == 0 || slow.within[0] != 75*time.Second {
				t.Errorf("the looks have %v, want 1m15s: the longest limit of a probe, and six times probe_timeout", slow.within)
			}
			for _, id := range []string{"lsrpdomain", "ifconfig"} {
				found := slices.ContainsFunc(h.Findings, func(f outcome.Finding) bool {
					return f.ID == "probe-failed" && strings.HasPrefix(f.Title, id+" could not be read: "+why) && strings.Contains(f.Evidence[0], why)
				})
				if !found {
					t.Errorf("probe %s is not reported", id)
				}
			}
		})
	}
}

// A capture that takes too long is none, and nothing is changed; it has more time than a
// look, for its files.
func TestCaptureThatTakesTooLong(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty")
	e := b.engine(controller.Recover)
	slow := &slowLink{Dialer: e.Dialer, t: t, late: func(commands []transport.Command) (int, bool) {
		return 2, commands[0].ID == "ifconfig_all"
	}}
	e.Dialer = slow
	h := b.runEngine(e)["address-removed-smitty"]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "no good capture") || !strings.Contains(h.Reason, "the look took longer than") || len(b.sent(h.Host)) > 0 {
		t.Errorf("%s: %s, sent %q", h.Outcome, h.Reason, b.sent(h.Host))
	}
	if len(slow.within) != 1 || slow.within[0] <= 75*time.Second || slow.within[0] > 3*time.Minute {
		t.Errorf("the capture has %v, want some more than 1m15s", slow.within)
	}
}

// After a change a look that takes too long proves nothing: the host is read again until
// the wait is over, and its changes are not called a success.
func TestVerifyThatTakesTooLong(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty")
	e := b.engine(controller.Recover)
	slow := &slowLink{Dialer: e.Dialer, t: t, late: func(commands []transport.Command) (int, bool) {
		return 2, commands[0].Within > 0 && commands[0].ID != "ifconfig_all" && len(b.sent("address-removed-smitty")) > 0
	}}
	e.Dialer = slow
	h := b.runEngine(e)["address-removed-smitty"]
	if h.Outcome == outcome.Recovered || h.Outcome == outcome.Healthy || len(h.Changes) == 0 {
		t.Errorf("%s: %s, changes %v", h.Outcome, h.Reason, statuses(h))
	}
	for _, d := range slow.within {
		if d != 75*time.Second {
			t.Errorf("a look after a change has %s, want 1m15s", d)
		}
	}
}
