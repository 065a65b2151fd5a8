// Package notify tells others how a run has ended: a program, or a web hook. It
// tries again, within a bound, and what goes wrong with it is a warning: a run is
// never held up or spoiled by it.
package notify

import (
	"aixmend/transport/retry"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/cenkalti/backoff/v5"
)

// Teller tells targets of a run.
type Teller struct {
	// Token is the bearer token for plain hooks, "" for none. It never goes to a
	// hook of a chat, whose URL is its secret, nor to a program.
	Token string
	// Version is that of this program, for the User-Agent.
	Version string
	// Env is the environment of programs, as os.Environ has it.
	Env []string
	// Transport is nil but in tests.
	Transport http.RoundTripper
	// backOff is nil but in tests.
	backOff func() backoff.BackOff
}

// errTotal is why telling is given up.
var errTotal = fmt.Errorf("it took longer than %s", retry.Hook.Within)

// Tell tells all targets at the same time, and returns what went wrong with which.
// It ends within retry.Hook.Within or soon after the context. No error holds a secret of a
// target.
func (t *Teller) Tell(ctx context.Context, targets []Target, n Notice) []error {
	ctx, stop := context.WithTimeoutCause(ctx, retry.Hook.Within, errTotal)
	defer stop()
	failed := make([]error, len(targets))
	var work sync.WaitGroup
	for i, target := range targets {
		work.Go(func() {
			if err := t.tell(ctx, target, n); err != nil {
				failed[i] = fmt.Errorf("%s was not told: %w", target, t.masked(target, err))
			}
		})
	}
	work.Wait()
	var list []error
	for _, err := range failed {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// tell tells one of them.
func (t *Teller) tell(ctx context.Context, target Target, n Notice) error {
	var document any = n
	if target.chat {
		document = map[string]string{"text": Text(n)}
	}
	body, err := json.Marshal(document)
	if err != nil {
		return err
	}
	if target.url == nil {
		return t.run(ctx, target.argv, n, append(body, '\n'))
	}
	return t.post(ctx, target, body)
}

// masked is an error without what a target keeps secret, on one line.
func (t *Teller) masked(target Target, err error) error {
	return errors.New(short(target.mask(err.Error(), t.Token), 300))
}
