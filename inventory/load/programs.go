package load

import (
	"context"
	"errors"
	"time"

	"aixmend/inventory/powervs"
	"aixmend/transport/program"
)

// Programs is a Runner whose programs end with the context. Each runs with the
// environment and the working folder of this process, and with nothing to read.
func Programs(ctx context.Context) Runner {
	return func(argv []string, timeout time.Duration) ([]byte, error) {
		return program.Command{Argv: argv, Timeout: timeout, Limit: maxOutput, Strict: true}.Run(ctx)
	}
}

// errNotRun is the answer of NotRun.
var errNotRun = errors.New("not run")

// NotRun is a Runner that runs nothing. The inventory lacks the hosts that programs would
// print, with a warning for each program; it may have no host, and groups of any name.
func NotRun([]string, time.Duration) ([]byte, error) { return nil, errNotRun }

// NotListed is a Lister that asks nobody, as NotRun runs nothing.
func NotListed(powervs.Source) (powervs.Listing, error) { return powervs.Listing{}, errNotRun }
