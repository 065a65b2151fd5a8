package keys

import (
	"context"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport/ssh/hostkeys"
)

// Run fetches the keys of hosts, shows them and stores the confirmed ones. Its error is the
// exit code of the verb.
func Run(ctx context.Context, c *console.Console, o Options, selected []inventory.Host) error {
	hosts, err := fetch(ctx, c, o, selected)
	if err != nil {
		return err
	}
	addHistory(c, o.State, hosts)
	return settle(ctx, c, o, hosts)
}

// settle shows the keys, stores the confirmed ones, and decides the exit code.
func settle(ctx context.Context, c *console.Console, o Options, hosts []*host) error {
	if !o.JSON {
		printKeys(c, o, hosts)
	}
	err := keeper{c, o}.store(ctx, hosts)
	if o.JSON {
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
