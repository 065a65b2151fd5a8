package serve

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of the server.
const (
	maxConnections = 64
	maxRequests    = 16              // at work at once
	maxHeavy       = 2               // of them, those that read many or large documents
	maxStreams     = 8               // runs that are followed
	maxWait        = 5 * time.Second // for a place among those
	maxFailures    = 10              // wrong tokens in failureTime
	failureTime    = time.Minute
	maxForm        = 4 << 10 // bytes of the login form
)

// policy allows the site's own style and script, and requests to itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// reportPolicy is that of report.html, beside the one in its head: it is a page of its own
// origin, which can ask for nothing.
const reportPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"

// cookieName is the name of the cookie of a browser that has sent the token.
const cookieName = "aixmend"

// headers are those of every answer.
var headers = map[string]string{
	"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
	"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
}

// guard decides who gets an answer.
type guard struct {
	token   string // "" for none
	session string // the cookie's value: no token, and another one for each process
	tls     bool
	names   []string

	requests, heavy, streams chan struct{}
	now                      func() time.Time

	mu       sync.Mutex
	failures []time.Time
}

func newGuard(o Options) *guard {
	g := &guard{
		token: o.Token, tls: o.TLS, now: time.Now,
		requests: make(chan struct{}, maxRequests), heavy: make(chan struct{}, maxHeavy), streams: make(chan struct{}, maxStreams),
	}
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(o.Token))
	g.session = hex.EncodeToString(mac.Sum(nil))
	g.names = append(g.names, "localhost")
	if name, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(name, ".")
		g.names = append(g.names, name, short)
	}
	g.names = append(g.names, o.Names...)
	return g
}

// around lets through the requests that may have an answer.
func (g *guard) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range headers {
			h.Set(name, value)
		}
		login := r.URL.Path == "/login"
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !(login && r.Method == http.MethodPost):
			h.Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "this site reads only")
		case !g.knows(r.Host):
			refuse(w, http.StatusMisdirectedRequest, "this server has no such name: use its address, or give that name to --listen")
		case g.foreign(r):
			refuse(w, http.StatusForbidden, "a page of another site asked for this")
		case login, strings.HasPrefix(r.URL.Path, "/assets/"):
			g.bounded(w, r, next)
		case !g.known(r):
			if r.Header.Get("Authorization") != "" || r.URL.Path != "/" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
				h.Set("WWW-Authenticate", "Bearer")
				refuse(w, http.StatusUnauthorized, "the token is missing, or is another one")
				return
			}
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		default:
			g.bounded(w, r, next)
		}
	})
}

// refuse answers in plain text.
func refuse(w http.ResponseWriter, code int, text string) { http.Error(w, text, code) }

// knows reports whether a request is for this server: a name that another site had resolved to
// its address is none (DNS rebinding). Nobody else can have an address be a name.
func (g *guard) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	return net.ParseIP(name) != nil || slices.ContainsFunc(g.names, func(known string) bool { return known != "" && strings.EqualFold(known, name) })
}

// foreign reports whether a page of another origin made a request. Following a link to here is
// none of that.
func (g *guard) foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		scheme := "http"
		if g.tls {
			scheme = "https"
		}
		at, err := url.Parse(origin)
		return err != nil || at.Scheme != scheme || !strings.EqualFold(at.Host, r.Host)
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none" && (r.Method == http.MethodPost || r.Header.Get("Sec-Fetch-Mode") != "navigate")
}

// same compares secrets in constant time, whatever their lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// known reports whether a request has the token, or the cookie of one that had. A header with a
// wrong token counts as a failure.
func (g *guard) known(r *http.Request) bool {
	if g.token == "" {
		return true
	}
	if cookie, err := r.Cookie(cookieName); err == nil && same(cookie.Value, g.session) {
		return true
	}
	token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return is && g.try(token)
}

// try reports whether a token is right, and none at all after too many wrong ones.
func (g *guard) try(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	since := g.now().Add(-failureTime)
	g.failures = slices.DeleteFunc(g.failures, func(at time.Time) bool { return at.Before(since) })
	if len(g.failures) >= maxFailures {
		return false
	}
	if !same(token, g.token) {
		g.failures = append(g.failures, g.now())
		return false
	}
	return true
}

// admit gives a browser the cookie.
func (g *guard) admit(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: g.session, Path: "/", HttpOnly: true, Secure: g.tls, SameSite: http.SameSiteStrictMode})
}

// bounded answers when there is a place among the requests at work.
func (g *guard) bounded(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if strings.HasSuffix(r.URL.Path, "/events") { // bounded by streams
		next.ServeHTTP(w, r)
		return
	}
	if !place(r, g.requests) {
		busy(w)
		return
	}
	defer func() { <-g.requests }()
	next.ServeHTTP(w, r)
}

// heavily is a handler of which only a few are at work at once.
func (g *guard) heavily(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !place(r, g.heavy) {
			busy(w)
			return
		}
		defer func() { <-g.heavy }()
		next(w, r)
	}
}

// place waits for a place, and reports whether there was one.
func place(r *http.Request, places chan struct{}) bool {
	patience := time.NewTimer(maxWait)
	defer patience.Stop()
	select {
	case places <- struct{}{}:
		return true
	case <-r.Context().Done():
	case <-patience.C:
	}
	return false
}

func busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	refuse(w, http.StatusServiceUnavailable, "too many requests at once: try again")
}

// limited is a listener with a bound of connections.
func limited(l net.Listener, n int) net.Listener { return &bound{l, make(chan struct{}, n)} }

type bound struct {
	net.Listener
	places chan struct{}
}

// Accept implements net.Listener.
func (b *bound) Accept() (net.Conn, error) {
	b.places <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.places
		return nil, err
	}
	return &counted{Conn: c, leave: sync.OnceFunc(func() { <-b.places })}, nil
}

type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
