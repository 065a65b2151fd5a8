package powervs

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"aixmend/transport/retry"
)

var (
	// errLate is the end of one request, errPatience that of all attempts.
	errLate     = errors.New("no whole answer within " + retry.Cloud.Each.String())
	errPatience = errors.New("no answer within " + retry.Cloud.Within.String())
)

// repeat attempts an operation by the rule retry.Cloud, and names it in its error.
func (c *Client) repeat(ctx context.Context, op string, attempt func(context.Context) error) error {
	rule := retry.Cloud
	ctx, stop := context.WithTimeoutCause(ctx, rule.Within, errPatience)
	defer stop()
	end, _ := ctx.Deadline()
	for n := 1; ; n++ {
		err := attempt(ctx)
		var fault *Error
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &fault):
			return &Error{Kind: Unreachable, Op: op, Reason: err.Error(), Err: err}
		case ctx.Err() != nil || !fault.passes(n) || n == rule.Attempts:
			return fault.of(op, n)
		}
		wait := max(pause(rule, n), fault.After)
		if time.Until(end) < wait {
			return fault.of(op, n)
		}
		if err := sleep(ctx, wait); err != nil {
			return fault.of(op, n)
		}
	}
}

// pause is the wait after attempt n.
func pause(rule retry.Rule, n int) time.Duration {
	wait := float64(rule.First)
	for range n - 1 {
		wait = min(wait*rule.Factor, float64(rule.Max))
	}
	return time.Duration(wait * (1 + rule.Jitter*(2*rand.Float64()-1)))
}

// hold notes that the server wants no request for a while.
func (c *Client) hold(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := c.now().Add(d); until.After(c.quiet) {
		c.quiet = until
	}
}

// maxAfter is the longest wait that a server can ask for: a run is over before.
const maxAfter = 24 * time.Hour

// retryAfter reads the header of that name, seconds or a date by the server's own clock; 0
// where it says nothing, maxAfter where it says more.
func retryAfter(of http.Header, now time.Time) time.Duration {
	text := of.Get("Retry-After")
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return min(time.Duration(seconds)*time.Second, maxAfter)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(of.Get("Date")); err == nil {
		now = theirs
	}
	return min(max(at.Sub(now), 0), maxAfter)
}

// asksToWait says how long a server wants to be left alone.
func asksToWait(d time.Duration) string {
	if d >= maxAfter {
		return "it asks to wait a day or more"
	}
	return "it asks to wait " + d.Round(time.Second).String()
}
