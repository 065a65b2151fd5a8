package powervs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"

	"aixmend/transport/plain"
)

// Kind says why there is no answer.
type Kind string

// The kinds of errors.
const (
	NoKey            Kind = "no key"
	NotAuthenticated Kind = "not authenticated"
	Forbidden        Kind = "forbidden"
	NotFound         Kind = "not found"
	Limited          Kind = "too many requests"
	ServerFailed     Kind = "server failed"
	Unreachable      Kind = "unreachable"
	ProxyFailed      Kind = "proxy"
	Untrusted        Kind = "certificate"
	Elsewhere        Kind = "redirected"
	Answer           Kind = "answer not understood"
	WrongChoice      Kind = "no such workspace"
)

// Error is why the API could not be read. It holds no secret.
type Error struct {
	Kind Kind
	// Op is the operation, such as "list the workspaces".
	Op string
	// Host is the server, Status the HTTP status of its answer; empty for none.
	Host   string
	Status int
	// Reason is one line for a person.
	Reason string
	// After is how long the server wants to be left alone.
	After time.Duration
	// Attempts counts the requests.
	Attempts int
	Err      error
	// closed: there is no way to the host, or it refuses the connection: that rarely passes.
	closed bool
}

// Error has no remedy in it; see Remedy.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("Power Virtual Server: ")
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	switch {
	case e.Status != 0:
		fmt.Fprintf(&b, "%s answered %d %s", e.Host, e.Status, http.StatusText(e.Status))
		if e.Reason != "" {
			b.WriteString(": " + e.Reason)
		}
	case e.Host != "":
		b.WriteString(e.Host + ": " + e.Reason)
	default:
		b.WriteString(e.Reason)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " (tried %d times)", e.Attempts)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// of returns the error of an operation after n attempts.
func (e *Error) of(op string, n int) error {
	done := *e
	if done.Op == "" {
		done.Op = op
	}
	done.Attempts = max(done.Attempts, n)
	return &done
}

// maxClosed is how often a host is tried to which there is no way.
const maxClosed = 2

// passes reports whether another attempt after n may succeed.
func (e *Error) passes(n int) bool {
	if e.closed && n >= maxClosed {
		return false
	}
	switch e.Kind {
	case Limited, ServerFailed, Unreachable:
		return e.Attempts == 0 && !errors.Is(e.Err, context.Canceled)
	}
	return false
}

// Remedy is the advice for an error of this package; "" for another error.
func Remedy(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	switch e.Kind {
	case NoKey:
		return "set IBMCLOUD_API_KEY, or name the key's source with key: {file: PATH}, {exec: [PROGRAM]}, {env: NAME} or {age: FILE}"
	case NotAuthenticated:
		return "the API key is wrong, locked or deleted, or of another account: create one in IBM Cloud under Manage > Access (IAM) > API keys"
	case Forbidden:
		return "give the owner of the key the service role Reader and the platform role Viewer on the workspace (service Power Virtual Server)"
	case NotFound:
		return "the workspace was deleted, or belongs to another account than the key: take its id from ibmcloud pi workspace list"
	case Limited:
		return "run fewer controllers with one key at the same time, or wait"
	case ServerFailed:
		return "look at https://cloud.ibm.com/status, and run it again later"
	case Unreachable:
		return "from this machine port 443 of that host must be reachable, or HTTPS_PROXY must name a proxy; a wrong region has no such host; endpoint: names a private one"
	case ProxyFailed:
		return "check HTTPS_PROXY and NO_PROXY, and the login in it"
	case Untrusted:
		return "a proxy that breaks TLS open needs its CA among those of this machine (SSL_CERT_FILE)"
	case Elsewhere:
		return "the token is sent to no other place: name the final URL with endpoint:"
	case WrongChoice:
		return "name a workspace as ibmcloud pi workspace list shows it, by name, id or CRN, or leave workspaces out for all; region: asks another region's endpoint"
	}
	return "another program may answer there: a proxy's login page, for example"
}

// errProxy does not quote the proxy, which may hold a password.
var errProxy = errors.New("the proxy that the environment names can't be understood")

// refusedByProxy is the answer of a proxy.
type refusedByProxy struct{ status int }

func (e *refusedByProxy) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.status, http.StatusText(e.status))
}

// unreached is the error of a request without an answer.
func unreached(at *url.URL, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the other quotes the URL
	}
	e := &Error{Kind: Unreachable, Host: at.Host, Reason: line(plain.Text(err), 200), Err: err}
	var proxy *refusedByProxy
	var op *net.OpError
	var dns *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &proxy), errors.Is(err, errProxy), errors.As(err, &op) && op.Op == "proxyconnect":
		e.Kind = ProxyFailed
	case errors.As(err, &untrusted), errors.As(err, &unknown):
		e.Kind = Untrusted
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Reason, e.closed = "no such host", true
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		e.Reason, e.closed = "no route to it", true
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Reason, e.closed = "it refuses the connection", true
	}
	return e
}

// refused is the error of an answer that is not 200.
func (c *Client) refused(answer *http.Response, body []byte) error {
	e := &Error{Host: answer.Request.URL.Host, Status: answer.StatusCode, Reason: saying(body)}
	if quotes(e.Reason, answer.Request.Header.Get("Authorization")) {
		e.Reason = ""
	}
	switch code := answer.StatusCode; {
	case code == http.StatusUnauthorized:
		e.Kind = NotAuthenticated
	case code == http.StatusForbidden:
		e.Kind = Forbidden
	case code == http.StatusNotFound:
		e.Kind = NotFound
	case code == http.StatusTooManyRequests:
		e.Kind = Limited
	case code == http.StatusProxyAuthRequired:
		e.Kind = ProxyFailed
	case code == http.StatusRequestTimeout, code >= 500:
		e.Kind = ServerFailed
	case code >= 300 && code < 400:
		e.Kind, e.Reason = Elsewhere, "it redirects elsewhere"
	default:
		e.Kind = Answer
	}
	if e.Kind == Limited || e.Kind == ServerFailed {
		if e.After = retryAfter(answer.Header, c.now()); e.After > 0 {
			e.Reason = strings.TrimPrefix(e.Reason+"; "+asksToWait(e.After), "; ")
			c.hold(e.After)
		}
	}
	return e
}

// saying is the message in the body of an error, which has several forms.
func saying(body []byte) string {
	var said struct {
		Description, Message, Error string
		ErrorCode, ErrorMessage     string
	}
	_ = json.Unmarshal(body, &said) // a page of HTML says nothing that helps
	for _, text := range []string{said.ErrorMessage, said.Description, said.Message, said.Error} {
		if text != "" {
			return line(strings.TrimSpace(said.ErrorCode+" "+text), 200)
		}
	}
	return ""
}

// quoted is how many characters of a secret in a text count as the secret: the rest may be
// cut off.
const quoted = 12

// quotes reports whether a text has a part of a secret, which may begin with "Bearer ".
func quotes(text, secret string) bool {
	secret = strings.TrimPrefix(secret, "Bearer ")
	if len(secret) <= quoted {
		return holds(text, secret)
	}
	for i := range len(secret) - quoted + 1 {
		if strings.Contains(text, secret[i:i+quoted]) {
			return true
		}
	}
	return false
}

// holds reports whether a text has a whole secret in it, which may begin with "Bearer ".
func holds(text, secret string) bool {
	secret = strings.TrimPrefix(secret, "Bearer ")
	return secret != "" && strings.Contains(text, secret)
}

// line makes one clean line of foreign text, at most n bytes long.
func line(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "") + "..."
	}
	return strings.TrimSpace(text)
}
