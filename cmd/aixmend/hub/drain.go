package hub

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub/adoption"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/report"
)

const (
	askDrain = "drain" // take no new run, and stop after the last one; the owner's alone
	// handOver is how long the end of a run waits for its operator to have it.
	handOver = time.Minute
	// lookAgain is how often a hub that drains is looked at.
	lookAgain = time.Second
	// lastTry is how many questions without an answer in a row end the wait.
	lastTry = 20
)

// errDrained: the last run of a hub that drains has ended.
var errDrained = errors.New("drained")

// drain lets no new run begin, and stops the hub when those that go on have ended.
func (s *Service) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return
	}
	s.draining = true
	s.say("draining: %d runs go on, no new one is taken", s.active())
	runs := slices.Collect(maps.Values(s.runs))
	go func() {
		for _, g := range runs {
			select {
			case <-g.taken:
			case <-s.ctx.Done():
				return
			}
		}
		s.stop(errDrained)
	}()
}

// dial connects to the hub that runs in the folder, as its owner.
func (f Folder) dial(ctx context.Context, c *console.Console) (*fleet.Operator, error) {
	p, set, err := f.pass()
	if err != nil {
		return nil, err
	}
	if set.NATS == nil {
		p.Hub = set.address(here(set.Listen))
	}
	p.Role, p.Name, p.Seed = fleet.RoleHub, fleet.Owner, set.Seed
	return dial(ctx, c, p)
}

// here is the address by which this machine reaches its own hub.
func here(listen string) string {
	host, _, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}

// runs reports whether a hub runs in the folder.
func (f Folder) runs() (bool, error) {
	lock := durable.NewLock(f.file("running"))
	held, err := lock.TryLock()
	if err != nil || !held {
		return !held, err
	}
	return false, lock.Unlock()
}

func drainCommand(c *console.Console) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "drain", Short: "Let the runs of a hub end, then stop it", Args: cobra.NoArgs,
		Long: `Lets the hub of this machine take no new run, waits until those that go on have ended,
and stops it: before an upgrade of hub and workers, so that no run is cut in two. Ctrl-C ends
the wait alone. A hub that is started again takes runs again.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := Open(dir)
			if err != nil {
				return err
			}
			if runs, err := f.runs(); err != nil || !runs {
				c.Say("no hub runs in %s", dir)
				return err
			}
			ctx, release := c.Interrupts.UntilStop(cmd.Context())
			defer release()
			return f.drain(ctx, c)
		},
	}
	dirFlag(cmd, &dir)
	return cmd
}

// drain asks the hub of the folder to drain, and waits until it has stopped.
func (f Folder) drain(ctx context.Context, c *console.Console) error {
	o, err := f.dial(ctx, c)
	if err != nil {
		return err
	}
	defer o.Close()
	told, failed := -1, 0
	for {
		var st Status
		err := o.Ask(ctx, askDrain, named{}, &st)
		runs, broken := f.runs()
		var no *fleet.Refusal
		switch {
		case broken != nil:
			return broken
		case !runs:
			return c.Print("the hub has stopped\n")
		case ctx.Err() != nil:
		case errors.As(err, &no), err != nil && failed == lastTry:
			return err
		case err != nil: // it may be about to stop
			failed++
		case len(st.Runs) != told:
			told, failed = len(st.Runs), 0
			for _, r := range st.Runs {
				c.Say("waiting for run %s: %d of %s have ended", r.Run, r.Ended, report.Hosts(r.Of))
			}
		}
		select {
		case <-ctx.Done():
			c.Say("the hub drains on, and stops when its runs have ended")
			return exit.ErrInterrupted
		case <-time.After(lookAgain):
		}
	}
}

// adopt has the hub of the folder adopt runs, and prints how far that is.
func (f Folder) adopt(ctx context.Context, c *console.Console, sites []string) error {
	o, err := f.dial(ctx, c)
	var none *fleet.NoHub
	if errors.As(err, &none) {
		return exit.Usagef("start it with aixmend hub run", "%w", err)
	}
	if err != nil {
		return err
	}
	defer o.Close()
	q := adoptQuestion{ID: journal.NewRunID(time.Now()), Sites: sites}
	for told := 0; ; {
		var a adoption.Answer
		if err := persist(ctx, c, func() error { return o.Ask(ctx, askAdopt, q, &a) }); err != nil {
			return err
		}
		for ; told < len(a.Lines); told++ {
			if err := c.Print("%s\n", a.Lines[told]); err != nil {
				return err
			}
		}
		if a.Over {
			return exit.Verdict{Code: a.Code}
		}
		select {
		case <-ctx.Done():
			c.Say("the hub adopts on; aixmend hub adopt again shows the rest")
			return exit.ErrInterrupted
		case <-time.After(lookAgain):
		}
	}
}
