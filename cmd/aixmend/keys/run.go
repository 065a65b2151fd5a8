package keys

import (
	"context"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/reach"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport/ssh/hostkeys"
)

// Run fetches the keys of hosts, window at one time, shows them and stores the confirmed
// ones. Its error is the exit code of the verb.
func Run(ctx context.Context, c *console.Console, o Options, way *reach.Way, selected []inventory.Host, window int) error {
	hosts, err := fetch(ctx, c, way, selected, window)
	if err != nil {
		return err
	}
	addHistory(c, o.State, hosts)
	return settle(ctx, c, o, way.Known(), hosts)
}

// settle shows the keys, stores the confirmed ones, and decides the exit code.
func settle(ctx context.Context, c *console.Console, o Options, known *hostkeys.KnownHosts, hosts []*host) error {
	json := o.JSON
	if !json {
		printKeys(c, o, hosts)
	}
	err := storeKeys(ctx, c, o, known, hosts)
	if json {
		if err := printKeysJSON(c, hosts); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if code := c.Interrupts.Code(); code != 0 {
		return exit.Verdict{Code: code}
	}
	code := outcome.ExitOK
	for _, h := range hosts {
		switch {
		case h.stored || h.status == hostkeys.Known || h.status == hostkeys.Signed:
		case h.status != hostUnreachable:
			return exit.Verdict{Code: outcome.ExitNeedsPerson}
		default:
			code = outcome.ExitUnreachable
		}
	}
	if code == outcome.ExitOK {
		return nil
	}
	return exit.Verdict{Code: code}
}
