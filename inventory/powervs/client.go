// Package powervs asks the API of IBM Power Virtual Server for workspaces, virtual
// machines and their health. It can only read: the one method of its client is GET, and
// a token is the one thing that it asks for otherwise.
//
// A *workspace* holds virtual machines; the API calls it a cloud instance. A *health* is
// the cloud's own word for a machine, which it takes from RMC.
package powervs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"aixmend/transport/retry"
)

const (
	// DefaultRegion is the region that is asked for the workspaces where nobody names
	// another. The list is that of the account.
	DefaultRegion = "us-south"
	// Fresh is how long the list of a workspace is used again before it is asked for anew.
	Fresh = time.Minute
	// maxBody is the longest answer that is read, in bytes.
	maxBody = 16 << 20
	// maxAtOnce is how many requests are under way at one time.
	maxAtOnce = 4
	// domain is where the API is.
	domain = ".power-iaas.cloud.ibm.com"
)

// Options are the options of New.
type Options struct {
	// Auth gets the token.
	Auth Auth
	// Region names the endpoint that lists the workspaces; "": DefaultRegion.
	Region string
	// Endpoint and IAM are https URLs in place of the public endpoints. The workspaces
	// that a private endpoint lists are asked there.
	Endpoint, IAM string
	// Dial opens connections; nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy names the proxy of a request; nil: that of the environment.
	Proxy func(*http.Request) (*url.URL, error)
	// RootCAs are trusted in place of those of the system.
	RootCAs *x509.CertPool
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Version is that of this program, for the server's log.
	Version string
}

// Client asks the API. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client
	slots   chan struct{} // one for each request under way
	now     func() time.Time
	token   token

	mu         sync.Mutex
	quiet      time.Time // the server wants no request before
	workspaces *asked[[]Workspace]
	lists      map[string]*asked[[]Instance] // by workspace
}

// New returns a client. It opens no connection.
func New(o Options) *Client {
	c := &Client{
		options: o, slots: make(chan struct{}, maxAtOnce), now: o.Now,
		workspaces: newAsked[[]Workspace](), lists: map[string]*asked[[]Instance]{},
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.token.turn = make(chan struct{}, 1)
	c.http = &http.Client{Transport: newTransport(o), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// newTransport returns a transport of its own: others set theirs for their own needs.
func newTransport(o Options) *http.Transport {
	proxy := o.Proxy
	if proxy == nil {
		proxy = http.ProxyFromEnvironment
	}
	return &http.Transport{
		DialContext: o.Dial,
		Proxy: func(r *http.Request) (*url.URL, error) {
			if isMetadata(r.URL) {
				return nil, nil // it answers this machine alone
			}
			at, err := proxy(r)
			if err != nil {
				return nil, errProxy
			}
			return at, nil
		},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return &refusedByProxy{answer.StatusCode}
			}
			return nil
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // nothing is decompressed
		MaxConnsPerHost:        maxAtOnce,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// endpoint is the URL that lists the workspaces.
func (c *Client) endpoint() string {
	if c.options.Endpoint != "" {
		return strings.TrimSuffix(c.options.Endpoint, "/")
	}
	region := c.options.Region
	if region == "" {
		region = DefaultRegion
	}
	return "https://" + region + domain
}

// request is one question.
type request struct {
	op   string // for a person, such as "list the workspaces"
	url  string
	crn  string // of the workspace, "" for none
	into any    // the answer is decoded into it
}

// get asks the API, with a token.
func (c *Client) get(ctx context.Context, r request) error {
	renewed := false
	return c.repeat(ctx, r.op, func(ctx context.Context) error {
		for {
			text, err := c.accessToken(ctx)
			if err != nil {
				return err
			}
			asked, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, http.NoBody)
			if err != nil {
				return &Error{Kind: Answer, Reason: "the URL that the workspace has in the list can't be read"}
			}
			asked.Header.Set("Authorization", "Bearer "+text)
			if r.crn != "" {
				asked.Header.Set("CRN", r.crn)
			}
			err = c.send(asked, r.into)
			var fault *Error
			if renewed || !errors.As(err, &fault) || fault.Kind != NotAuthenticated {
				return err
			}
			renewed = true // it may have ended in the meantime
			c.token.forget(text)
		}
	})
}

// send sends one request and decodes its answer into a value.
func (c *Client) send(r *http.Request, into any) error {
	if err := c.await(r); err != nil {
		return err
	}
	select {
	case c.slots <- struct{}{}:
	case <-r.Context().Done():
		return unreached(r.URL, context.Cause(r.Context()))
	}
	defer func() { <-c.slots }()
	ctx, stop := context.WithTimeoutCause(r.Context(), retry.Cloud.Each, errLate)
	defer stop()
	r = r.WithContext(ctx)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "aixmend/"+c.options.Version)
	answer, err := c.http.Do(r)
	if err != nil {
		if why := context.Cause(ctx); why != nil {
			err = why
		}
		return unreached(r.URL, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	switch {
	case err != nil:
		if why := context.Cause(ctx); why != nil {
			err = why
		}
		return unreached(r.URL, err)
	case answer.StatusCode != http.StatusOK:
		return c.refused(answer, body)
	case holds(string(body), r.Header.Get("Authorization")):
		return &Error{Kind: Answer, Host: r.URL.Host, Reason: "its answer repeats the token"}
	case len(body) > maxBody:
		return &Error{Kind: Answer, Host: r.URL.Host, Reason: "its answer is longer than 16 MB"}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &Error{Kind: Answer, Host: r.URL.Host, Reason: "its answer is not the JSON that was asked for", Err: err}
	}
	return nil
}

// await waits until the server wants to be asked again; where that is too late for the
// request, it does not wait.
func (c *Client) await(r *http.Request) error {
	c.mu.Lock()
	left := c.quiet.Sub(c.now())
	c.mu.Unlock()
	if end, limited := r.Context().Deadline(); limited && left > time.Until(end) {
		return &Error{Kind: Limited, Host: r.URL.Host, Reason: asksToWait(left) + " from now on", After: left}
	}
	return sleep(r.Context(), left)
}

// sleep waits; it returns the cause of a context that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// asked is an answer that is used again for a while.
type asked[T any] struct {
	turn  chan struct{} // one question at a time
	at    time.Time
	value T
	err   error
}

func newAsked[T any]() *asked[T] { return &asked[T]{turn: make(chan struct{}, 1)} }

// get returns the answer and its time; it asks where there is none that is fresh. Failures
// are used again, too: they have had their own attempts.
func (a *asked[T]) get(ctx context.Context, now func() time.Time, ask func() (T, error)) (T, time.Time, error) {
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, time.Time{}, context.Cause(ctx)
	}
	defer func() { <-a.turn }()
	if a.at.IsZero() || now().Sub(a.at) >= Fresh {
		value, err := ask()
		if ctx.Err() != nil {
			return value, time.Time{}, err
		}
		a.at, a.value, a.err = now(), value, err
	}
	return a.value, a.at, a.err
}
