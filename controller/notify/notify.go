// Package notify notifies a program or a webhook of the end of a run. It retries
// within a bound, and a failure is a warning: it neither delays nor fails a run.
package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"aixmend/transport/retry"

	"github.com/cenkalti/backoff/v5"
)

// Teller notifies targets of a run.
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

// Tell notifies all targets at the same time, and returns an error for each that failed.
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
				failed[i] = fmt.Errorf("%s could not be notified: %w", target, t.masked(target, err))
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

// tell notifies one target.
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

// masked returns an error on one line, without the secrets of a target.
func (t *Teller) masked(target Target, err error) error {
	return errors.New(short(target.mask(err.Error(), t.Token), 300))
}
