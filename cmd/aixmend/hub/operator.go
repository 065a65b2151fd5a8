package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/remote"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

const (
	dialWithin = 20 * time.Second
	askAgain   = 2 * time.Second
	patience   = 15 * time.Minute // with a hub that does not answer
	// quietFor is how long nothing is printed while hosts end, and longest while none does.
	quietFor = 10 * time.Second
	longest  = time.Minute
)

// Dial connects to the hub of a join file.
func Dial(ctx context.Context, c *console.Console, file string) (*fleet.Operator, error) {
	p, err := fleet.ReadPass(file, fleet.RoleOperator)
	if err != nil {
		return nil, exit.Usagef("aixmend help hub says how the hub writes one", "--hub: %w", err)
	}
	o, err := dial(ctx, c, p)
	var none *fleet.NoHub
	switch {
	case errors.Is(err, fleet.ErrRevoked):
		return nil, exit.Usagef("ask the hub's owner for a new one", "--hub %s: %w", file, err)
	case errors.As(err, &none) && none.Through:
		return nil, exit.Usagef("ask the hub's owner whether the hub and the NATS run; "+shell.Word(file)+" says where the NATS is", "%w", err)
	case errors.As(err, &none):
		return nil, exit.Usagef("start it there with aixmend hub run; "+shell.Word(file)+" says where it is", "%w", err)
	}
	return o, err
}

// dial connects with a join file. A signal ends the wait, and is then the error.
func dial(ctx context.Context, c *console.Console, p *fleet.Pass) (*fleet.Operator, error) {
	ctx, done := context.WithTimeout(ctx, dialWithin)
	defer done()
	ctx, release := c.Interrupts.UntilStop(ctx)
	defer release()
	o, err := fleet.Dial(ctx, p)
	if errors.Is(err, exit.ErrInterrupted) {
		return nil, exit.ErrInterrupted
	}
	return o, err
}

// begin has the hub begin something of a run, prints how far it is, and returns the run at its
// end.
func begin(ctx context.Context, d *Desk, run, task string, ask func(*begun) error) (*outcome.Run, error) {
	var b begun
	if err := persist(ctx, d.Console, func() error { return ask(&b) }); err != nil {
		return nil, err
	}
	say := d.Say
	if d.view.Quiet || d.view.Since {
		say = func(string, ...any) {}
	}
	say("%s of %s at %s, run %s", task, report.Hosts(b.Hosts), siteList(b.Sites), run)
	if err := follow(ctx, d.Console, d.hub, run, say); err != nil {
		return nil, fmt.Errorf("%w; run %s goes on at the hub, where aixmend report shows it", err, run)
	}
	end, err := d.fetch(ctx, run)
	if err != nil {
		return nil, err
	}
	if end.Broken == "" || end.Run.ID != "" { // one that broke may have no run.json
		if err := remote.Check(&end.Run, run); err != nil {
			return nil, err
		}
	}
	told, done := context.WithTimeout(ctx, askAgain)
	_ = d.hub.Ask(told, askTaken, named{run}, &named{}) // no answer: it drained, and has stopped
	done()
	if end.Broken != "" {
		return &end.Run, errors.New("the hub: " + end.Broken)
	}
	return &end.Run, nil
}

func siteList(sites []string) string {
	if len(sites) == 1 {
		return "site " + sites[0]
	}
	return fmt.Sprintf("%d sites (%s)", len(sites), report.Compact(sites))
}

// follow waits for the end of a run. The first signal stops the run, the second one the wait.
func follow(ctx context.Context, c *console.Console, o *fleet.Operator, run string, say func(string, ...any)) error {
	var p progress
	told, stopped, shown, waves := 0, false, time.Now(), 0
	for !p.Over {
		select {
		case <-c.Interrupts.Stop():
			if !stopped {
				say("interrupted: the sites begin no further host; Ctrl-C again leaves the run to the hub")
				stopped = o.Ask(ctx, askStop, named{run}, &named{}) == nil
			}
		default:
		}
		before := p.Ended
		var next progress
		if err := persist(ctx, c, func() error { return o.Ask(ctx, askFollow, following{run, before, waves}, &next) }); err != nil {
			return err
		}
		p = next
		for ; told < len(p.Lines); told++ {
			say("%s", p.Lines[told])
			shown = time.Now()
		}
		if w := p.Wave; w != nil {
			waves = w.Number
			a := answering{run, w.Number, confirm(c, *w)}
			if err := persist(ctx, c, func() error { return o.Ask(ctx, askWave, a, &a) }); err != nil {
				return err
			}
		}
		if since := time.Since(shown); since > longest || since > quietFor && p.Ended > before {
			say("%d of %s have ended", p.Ended, report.Hosts(p.Of))
			shown = time.Now()
		}
	}
	return nil
}

// persist asks again where no answer came, for a while; a refusal is an answer.
func persist(ctx context.Context, c *console.Console, ask func() error) error {
	began := time.Now()
	for told := false; ; {
		err := ask()
		var no *fleet.Refusal
		switch {
		case err == nil:
			return nil
		case errors.As(err, &no):
			return exit.Usagef(no.Hint, "the hub refuses: %s", no.Text)
		case errors.Is(err, fleet.ErrRevoked), ctx.Err() != nil, time.Since(began) > patience:
			return err
		case !told:
			told = true
			c.Say("warning: %s; asking again", err)
		}
		select {
		case <-time.After(askAgain):
		case <-c.Interrupts.Stop(): // nobody waits for a hub that is down
			return exit.ErrInterrupted
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// fetch fetches the end of a run.
func (d *Desk) fetch(ctx context.Context, run string) (*result, error) {
	return joined(run, func(f fetching, p *piece) error {
		return persist(ctx, d.Console, func() error { return d.hub.Ask(ctx, askResult, f, p) })
	})
}

// joined puts the pieces of the end of a run joined.
func joined(run string, ask func(fetching, *piece) error) (*result, error) {
	var text []byte
	for of, anew := 0, 0; ; {
		var p piece
		if err := ask(fetching{run, len(text)}, &p); err != nil {
			return nil, err
		}
		if of != 0 && p.Of != of && anew < maxAnew { // another process of the hub has made it anew
			text, of, anew = nil, 0, anew+1
			continue
		}
		text, of = append(text, p.Text...), p.Of
		if of > maxEnding || len(text) > of || len(p.Text) == 0 {
			return nil, errors.New("the hub sent an end of the run that can't be one")
		}
		if len(text) == p.Of {
			break
		}
	}
	var end result
	if err := json.Unmarshal(text, &end); err != nil {
		return nil, fmt.Errorf("the end of the run as the hub sent it: %w", err)
	}
	return &end, nil
}
