package load

import (
	"context"
	"time"

	"aixmend/transport/program"
)

// Programs is a Runner whose programs end with the context. Each runs with the
// environment and the working folder of this process, and with nothing to read.
func Programs(ctx context.Context) Runner {
	return func(argv []string, timeout time.Duration) ([]byte, error) {
		return program.Command{Argv: argv, Timeout: timeout, Limit: maxOutput, Strict: true}.Run(ctx)
	}
}
