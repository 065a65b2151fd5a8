package powervs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// iamURL makes tokens of API keys.
const iamURL = "https://iam.cloud.ibm.com"

// The metadata services, which make tokens on a virtual machine of the cloud.
const (
	MetadataPowerVS = "https://api.metadata.power-iaas.cloud.ibm.com"
	MetadataVPC     = "http://169.254.169.254" // link-local: it does not leave the host
	// versionVPC is the version of the VPC identity API that has these paths.
	versionVPC = "2025-08-26"
)

// Auth says how a token is had: of an API key, or of a trusted profile.
type Auth struct {
	// Key returns the API key. It is asked for each token, and its answer cleared.
	Key func(context.Context) ([]byte, error)
	// Metadata is one of the metadata services, "" with a Key. Profile is the id or
	// the CRN of the trusted profile; "": the default one of this machine.
	Metadata, Profile string
}

// isMetadata reports whether a URL is that of a metadata service.
func isMetadata(at *url.URL) bool {
	return at.Scheme+"://"+at.Host == MetadataPowerVS || at.Scheme+"://"+at.Host == MetadataVPC
}

// token is the access token in use.
type token struct {
	turn chan struct{} // one renewal at a time

	mu          sync.Mutex
	text        string
	renew, ends time.Time
}

// current returns the token, and whether it should be renewed; "" where there is none
// that is good.
func (t *token) current(now time.Time) (text string, renew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text == "" || !now.Before(t.ends) {
		return "", true
	}
	return t.text, !now.Before(t.renew)
}

// forget drops a token that was refused.
func (t *token) forget(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text == text {
		t.text = ""
	}
}

// accessToken returns a token, a new one where the last one has used up 80 % of its time.
func (c *Client) accessToken(ctx context.Context) (string, error) {
	text, renew := c.token.current(c.now())
	if !renew {
		return text, nil
	}
	select {
	case c.token.turn <- struct{}{}:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	defer func() { <-c.token.turn }()
	old, renew := c.token.current(c.now())
	if !renew { // somebody else was here before
		return old, nil
	}
	began := c.now()
	got, err := c.newToken(ctx)
	if err != nil {
		if old != "" {
			return old, nil // it is good for a while
		}
		return "", err
	}
	c.token.mu.Lock()
	defer c.token.mu.Unlock()
	life := time.Duration(got.ExpiresIn) * time.Second
	c.token.text, c.token.renew, c.token.ends = got.AccessToken, began.Add(life*8/10), began.Add(life)
	return got.AccessToken, nil
}

// granted is the answer that holds a token.
type granted struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// newToken gets a token.
func (c *Client) newToken(ctx context.Context) (granted, error) {
	var got granted
	op, way := "get a token for the API key", c.byKey
	if c.options.Auth.Metadata != "" {
		op, way = "get a token for the trusted profile", c.byProfile
	}
	err := c.repeat(ctx, op, func(ctx context.Context) error { return way(ctx, &got) })
	if err == nil && (got.AccessToken == "" || got.ExpiresIn <= 0 || strings.ContainsFunc(got.AccessToken, outsideToken)) {
		err = &Error{Kind: Answer, Op: op, Reason: "there is no token in the answer"}
	}
	return got, err
}

// outsideToken reports whether a token can't have a character.
func outsideToken(r rune) bool { return r <= ' ' || r > '~' }

// byKey has IAM make a token of the API key. Nothing that IAM says is passed on if the key
// is in it.
func (c *Client) byKey(ctx context.Context, got *granted) error {
	if c.options.Auth.Key == nil {
		return &Error{Kind: NoKey, Reason: "there is no API key"}
	}
	key, err := c.options.Auth.Key(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return &Error{Kind: NoKey, Reason: "there is no API key: " + err.Error(), Err: err}
	}
	defer clear(key)
	at := c.options.IAM
	if at == "" {
		at = iamURL
	}
	form := url.Values{"grant_type": {"urn:ibm:params:oauth:grant-type:apikey"}, "response_type": {"cloud_iam"}, "apikey": {string(key)}}.Encode()
	err = c.grant(ctx, grantRequest{
		method: http.MethodPost, url: strings.TrimSuffix(at, "/") + "/identity/token",
		kind: "application/x-www-form-urlencoded", body: []byte(form),
	}, got)
	var fault *Error
	if errors.As(err, &fault) {
		if quotes(fault.Reason, string(key)) {
			fault.Reason = ""
		}
		if fault.Status == http.StatusBadRequest || fault.Status == http.StatusForbidden {
			fault.Kind = NotAuthenticated // IAM's words for a key that is not known or locked
		}
	}
	return err
}

// byProfile has the metadata service make a token of the trusted profile of this machine.
func (c *Client) byProfile(ctx context.Context, got *granted) error {
	auth := c.options.Auth
	query := ""
	if auth.Metadata == MetadataVPC {
		query = "?version=" + versionVPC
	}
	var identity granted
	err := c.grant(ctx, grantRequest{
		method: http.MethodPut, url: auth.Metadata + "/identity/v1/token" + query, body: []byte(`{"expires_in":300}`),
	}, &identity)
	if err != nil {
		return err
	}
	if strings.ContainsFunc(identity.AccessToken, outsideToken) {
		return &Error{Kind: Answer, Reason: "there is no identity token in the answer"}
	}
	wish := map[string]map[string]string{}
	switch {
	case strings.HasPrefix(auth.Profile, "crn:"):
		wish["trusted_profile"] = map[string]string{"crn": auth.Profile}
	case auth.Profile != "":
		wish["trusted_profile"] = map[string]string{"id": auth.Profile}
	}
	body, err := json.Marshal(wish)
	if err != nil {
		return err
	}
	return c.grant(ctx, grantRequest{
		method: http.MethodPost, url: auth.Metadata + "/identity/v1/iam_tokens" + query, body: body, bearer: identity.AccessToken,
	}, got)
}

// grantRequest asks for a token.
type grantRequest struct {
	method, url, bearer string
	kind                string // of the body; "": JSON, for a metadata service
	body                []byte
}

// grant sends a request for a token.
func (c *Client) grant(ctx context.Context, g grantRequest, got *granted) error {
	r, err := http.NewRequestWithContext(ctx, g.method, g.url, bytes.NewReader(g.body))
	if err != nil {
		return &Error{Kind: Answer, Reason: "the URL of the token service can't be read"}
	}
	if g.kind == "" {
		g.kind = "application/json"
		r.Header.Set("Metadata-Flavor", "ibm")
	}
	r.Header.Set("Content-Type", g.kind)
	if g.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+g.bearer)
	}
	return c.send(r, got)
}
