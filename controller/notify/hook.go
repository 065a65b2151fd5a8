package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"aixmend/transport/retry"

	"github.com/cenkalti/backoff/v5"
)

// post posts a document to a hook. It retries after a broken connection, 429 and 5xx,
// and waits as long as the server asks for.
func (t *Teller) post(ctx context.Context, target Target, body []byte) error {
	wait := t.backOff
	if wait == nil {
		wait = func() backoff.BackOff {
			rule := retry.Hook
			return &backoff.ExponentialBackOff{InitialInterval: rule.First, RandomizationFactor: rule.Jitter, Multiplier: rule.Factor, MaxInterval: rule.Max}
		}
	}
	transport := t.Transport
	if transport == nil {
		transport = newTransport()
	}
	client := &http.Client{Transport: transport, CheckRedirect: sameHost}
	tries := 0
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		tries++
		last = t.try(ctx, client, target, body)
		return struct{}{}, last
	}, backoff.WithBackOff(wait()), backoff.WithMaxTries(uint(retry.Hook.Attempts)), backoff.WithMaxElapsedTime(retry.Hook.Within))
	var permanent *backoff.PermanentError
	if errors.As(last, &permanent) {
		last = permanent.Err
	}
	switch why := context.Cause(ctx); {
	case err == nil:
		return nil
	case why != nil && last != nil && !errors.Is(last, why):
		return fmt.Errorf("%w; %w", last, why)
	case tries > 1:
		return fmt.Errorf("%w (tried %d times)", last, tries)
	}
	return last
}

// later is an answer with a Retry-After.
type later struct {
	error
	after *backoff.RetryAfterError
}

// Unwrap lets backoff see for how long.
func (l later) Unwrap() []error { return []error{l.error, l.after} }

// errLate is the timeout of one try.
var errLate = fmt.Errorf("no answer within %s", retry.Hook.Each)

// try asks a hook once.
func (t *Teller) try(parent context.Context, client *http.Client, target Target, body []byte) error {
	ctx, stop := context.WithTimeoutCause(parent, retry.Hook.Each, errLate)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.url.String(), bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(errors.New("it is no URL to post to"))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "aixmend/"+t.Version)
	if t.Token != "" && !target.chat {
		request.Header.Set("Authorization", "Bearer "+t.Token)
	}
	answer, err := client.Do(request)
	if err != nil {
		if why := context.Cause(ctx); why != nil {
			return why
		}
		return unreached(err)
	}
	_ = answer.Body.Close() // the code says it all, and the text may be endless
	return judged(answer)
}

// judged returns the error that an answer means.
func judged(answer *http.Response) error {
	code := answer.StatusCode
	err := fmt.Errorf("it answered %d %s", code, http.StatusText(code))
	switch {
	case code >= 200 && code < 300:
		return nil
	case code != http.StatusTooManyRequests && code < 500:
		return backoff.Permanent(err)
	}
	if after, ok := retryAfter(answer.Header.Get("Retry-After"), time.Now()); ok {
		return later{err, &backoff.RetryAfterError{Duration: after}}
	}
	return err
}

// retryAfter reads the header of that name: seconds or a date. It is never more
// than a little longer than anybody waits.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(text, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(2*retry.Hook.Within/time.Second))) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), 2*retry.Hook.Within), true
}

// errElsewhere is a redirect to another host, which must not get the notice.
var errElsewhere = errors.New("it redirects: give the URL that it redirects to")

// sameHost lets a redirect pass that stays with the host and is still a POST.
func sameHost(next *http.Request, via []*http.Request) error {
	first := via[0]
	if next.Method != http.MethodPost || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host || next.URL.User != nil || len(via) > 3 {
		return errElsewhere
	}
	return nil
}

// errProxy does not quote the proxy, which may hold a password.
var errProxy = errors.New("the proxy that the environment names can't be understood")

// newTransport returns the transport for hooks: it checks certificates, and uses the
// proxy of the environment.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			proxy, err := http.ProxyFromEnvironment(r)
			if err != nil {
				return nil, errProxy
			}
			return proxy, nil
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
