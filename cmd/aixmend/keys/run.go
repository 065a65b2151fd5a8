package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport/ssh/hostkeys"
)

// Run fetches the keys of hosts and of the bastions on the way, shows them and stores the
// confirmed ones. Its error is the exit code of the verb.
func Run(ctx context.Context, c *console.Console, o Options, selected []inventory.Host) error {
	list, err := rounds(ctx, o, selected)
	if err != nil {
		return err
	}
	for _, hosts := range list {
		fetch(ctx, c, o, hosts)
		addHistory(c, o.State, hosts)
		if !o.JSON {
			printKeys(c, o, hosts)
		}
		if err = (keeper{c, o}).store(ctx, hosts); err != nil {
			break
		}
	}
	hosts := slices.Concat(list...)
	if o.JSON {
		if err := printKeysJSON(c, hosts); err != nil {
			return err
		}
	}
	if errors.Is(err, exit.ErrCancelled) && slices.ContainsFunc(hosts, func(h *host) bool { return h.stored }) {
		return fmt.Errorf("%w: only the keys that were confirmed before are stored", exit.ErrCancelled)
	}
	if err != nil {
		return err
	}
	return verdict(c, hosts)
}

// verdict decides the exit code.
func verdict(c *console.Console, hosts []*host) error {
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
