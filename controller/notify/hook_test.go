package notify

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aixmend/transport/retry"

	"github.com/cenkalti/backoff/v5"
	"github.com/google/go-cmp/cmp"
)

const token = "t0ken-that-nobody-sees"

// path is what a URL keeps secret.
const path = "/services/T0000/s3cret-of-slack?key=s3cret-key"

// seen is what a server was sent.
type seen struct {
	method, path, contentType, authorization, agent string
	body                                            map[string]any
}

// server answers the nth call with the nth of some handlers, and then with the last.
func server(t *testing.T, handlers ...http.HandlerFunc) (*httptest.Server, func() []seen) {
	t.Helper()
	got := make(chan seen, 100)
	var n atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one := seen{method: r.Method, path: r.URL.RequestURI(), contentType: r.Header.Get("Content-Type"), authorization: r.Header.Get("Authorization"), agent: r.Header.Get("User-Agent")}
		_ = json.NewDecoder(r.Body).Decode(&one.body)
		got <- one
		handlers[min(int(n.Add(1)), len(handlers))-1](w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	return s, func() []seen {
		var list []seen
		for len(got) > 0 {
			list = append(list, <-got)
		}
		return list
	}
}

func code200(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func answers(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, "the URL was "+path+", and the token "+token)
	}
}

// teller does not wait between its tries.
func teller() *Teller {
	return &Teller{Token: token, Version: "1.0", backOff: func() backoff.BackOff { return &backoff.ZeroBackOff{} }}
}

func target(t *testing.T, text string) Target {
	t.Helper()
	got, err := Parse(text, lookup)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// told tells one target, and looks for secrets in what went wrong.
func told(ctx context.Context, t *testing.T, teller *Teller, to Target) string {
	t.Helper()
	run, news := example()
	problems := teller.Tell(ctx, []Target{to}, Of(run, news, "/state"))
	if len(problems) > 1 {
		t.Fatalf("%q", problems)
	}
	if len(problems) == 0 {
		return ""
	}
	text := problems[0].Error()
	for _, secret := range []string{token, "s3cret", "T0000/"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %q", secret, text)
		}
	}
	if strings.Contains(text, "Post \"") {
		t.Errorf("the URL is quoted in %q", text)
	}
	if len(text) > 500 || strings.ContainsAny(text, "\n\x1b") {
		t.Errorf("it says %q", text)
	}
	return text
}

func TestHook(t *testing.T) {
	s, calls := server(t, code200)
	if said := told(t.Context(), t, teller(), target(t, s.URL+path)); said != "" {
		t.Error(said)
	}
	got := calls()
	if len(got) != 1 || got[0].body["schema"] != Schema || got[0].body["exit_code"] != 3.0 {
		t.Fatalf("%+v", got)
	}
	got[0].body = nil
	if diff := cmp.Diff(seen{"POST", path, "application/json", "Bearer " + token, "aixmend/1.0", nil}, got[0], cmp.AllowUnexported(seen{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if said := told(t.Context(), t, teller(), target(t, "slack:"+s.URL+path)); said != "" {
		t.Error(said)
	}
	got = calls()
	if text, _ := got[0].body["text"].(string); len(got) != 1 || len(got[0].body) != 1 || !strings.HasPrefix(text, "*aixmend audit*") || got[0].authorization != "" {
		t.Errorf("%+v", got)
	}
}

func TestAnswers(t *testing.T) {
	elsewhere, calls := server(t, code200)
	var poured atomic.Int64 // bytes of the text without end
	redirect := func(code int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) }
	}
	for _, c := range []struct {
		name     string
		handlers []http.HandlerFunc
		tries    int
		says     string // "": all is well
	}{
		{"204", []http.HandlerFunc{answers(204)}, 1, ""},
		{"500 twice, then well", []http.HandlerFunc{answers(500), answers(503), code200}, 3, ""},
		{"429, then well", []http.HandlerFunc{answers(429), code200}, 2, ""},
		{"500 for ever", []http.HandlerFunc{answers(500)}, 3, "it answered 500 Internal Server Error (tried 3 times)"},
		{"400", []http.HandlerFunc{answers(400)}, 1, "it answered 400 Bad Request"},
		{"404", []http.HandlerFunc{answers(404)}, 1, "it answered 404 Not Found"},
		{"a code that is none", []http.HandlerFunc{answers(499)}, 1, "it answered 499"},
		{"a redirect that stays", []http.HandlerFunc{redirect(307, "/other?key=s3cret-key"), code200}, 2, ""},
		{"a redirect that would be read", []http.HandlerFunc{redirect(302, "/other")}, 1, "it redirects: give the URL"},
		{"a redirect to another host", []http.HandlerFunc{redirect(307, elsewhere.URL+path)}, 1, "it redirects: give the URL"},
		{"a redirect to another port by name", []http.HandlerFunc{redirect(308, "https://127.0.0.1"+path)}, 1, "it redirects: give the URL"},
		{"a redirect with a login", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://user:s3cret-key@"+r.Host+"/", http.StatusTemporaryRedirect)
		}}, 1, "it redirects: give the URL"},
		{"redirects for ever", []http.HandlerFunc{redirect(307, "/")}, 4, "it redirects: give the URL"},
		{"a redirect to nowhere", []http.HandlerFunc{answers(307)}, 1, "307"},
		{"the connection is cut, then well", []http.HandlerFunc{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, code200}, 2, ""},
		{"no HTTP", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = fmt.Fprintf(conn, "%s %s\x1b[31m\r\n\r\n", path, token)
				_ = conn.Close()
			}
		}}, 3, "malformed HTTP"},
		{"headers without end", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}}, 3, "header"},
		{"a text without end", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				n, err := w.Write(make([]byte, 1<<16))
				if poured.Add(int64(n)); err != nil {
					return
				}
			}
		}}, 1, ""},
		{"a text that hangs", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}}, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, mine := server(t, c.handlers...)
			said := told(t.Context(), t, teller(), target(t, s.URL+path))
			if (c.says == "") != (said == "") || !strings.Contains(said, c.says) || said != "" && !strings.HasPrefix(said, s.URL+" could not be notified: ") {
				t.Errorf("it says %q", said)
			}
			if n := len(mine()); n != c.tries {
				t.Errorf("%d tries", n)
			}
		})
	}
	if n := poured.Load(); n > 256<<20 { // what lies in buffers on the way is less
		t.Errorf("%d bytes of an answer were read", n)
	}
	if got := calls(); len(got) != 0 {
		t.Errorf("another host was told: %+v", got)
	}
}

// A certificate is checked, and asked for once: it will not be better.
func TestUntrusted(t *testing.T) {
	var calls atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	if said := told(t.Context(), t, teller(), target(t, s.URL+path)); !strings.Contains(said, "certificate") || strings.Contains(said, "tried") {
		t.Errorf("it says %q", said)
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("it was told %d times", n)
	}
	trusting := teller()
	transport := newTransport()
	transport.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	trusting.Transport = transport
	if said := told(t.Context(), t, trusting, target(t, s.URL+path)); said != "" {
		t.Error(said)
	}
	old := transport.Clone()
	old.TLSClientConfig = &tls.Config{MinVersion: newTransport().TLSClientConfig.MinVersion}
	if old.TLSClientConfig.MinVersion < tls.VersionTLS12 {
		t.Error("old TLS is good enough")
	}
}

func TestNobodyListens(t *testing.T) {
	s, _ := server(t, code200)
	s.Close()
	if said := told(t.Context(), t, teller(), target(t, s.URL+path)); !strings.Contains(said, "refused: nothing listens") || !strings.Contains(said, "(tried 3 times)") {
		t.Errorf("it says %q", said)
	}
}

// A proxy that can't be understood is not quoted: it may hold a password.
func TestProxyIsNotQuoted(t *testing.T) {
	odd := teller()
	odd.Transport = &http.Transport{Proxy: newTransport().Proxy}
	if err := unreached(fmt.Errorf("x: %w", errProxy)); err == nil || !strings.Contains(err.Error(), "can't be understood") {
		t.Error(err)
	}
	var permanent *backoff.PermanentError
	if !errors.As(unreached(errProxy), &permanent) {
		t.Error("it is tried again")
	}
}

// transport answers in the time of a test that has its own.
type transport func(r *http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	return f(r)
}

func response(r *http.Request, code int, header ...string) *http.Response {
	w := &http.Response{StatusCode: code, Header: http.Header{}, Body: http.NoBody, Request: r}
	for i := 0; i+1 < len(header); i += 2 {
		w.Header.Set(header[i], header[i+1])
	}
	return w
}

// How long it takes: tries are apart, what hangs is given up, a server's wish is
// followed within the bound, and the context ends it all.
func TestTime(t *testing.T) {
	hangs := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	always := func(code int, header ...string) transport {
		return func(r *http.Request) (*http.Response, error) { return response(r, code, header...), nil }
	}
	for _, c := range []struct {
		name        string
		transport   transport
		cut         time.Duration // 0: the context does not end
		least, most time.Duration
		says        string
	}{
		{"refused three times", always(503), 0, 500 * time.Millisecond, 3 * time.Second, "503 Service Unavailable (tried 3 times)"},
		{"hangs", hangs, 0, retry.Hook.Within, retry.Hook.Within, "it took longer than 30s (tried 3 times)"},
		{"wants some time", always(429, "Retry-After", "7"), 0, 14 * time.Second, 14 * time.Second, "429 Too Many Requests (tried 3 times)"},
		{"wants an hour", always(429, "Retry-After", "3600"), 0, 0, 0, "429 Too Many Requests"},
		{"wants no time", always(503, "Retry-After", "0"), 0, 0, 0, "(tried 3 times)"},
		{"wants the past", always(503, "Retry-After", "Sat, 01 Jan 2000 00:00:00 GMT"), 0, 0, 0, "(tried 3 times)"},
		{"wants until a date", always(429, "Retry-After", "Sat, 01 Jan 2000 00:00:05 GMT"), 0, 5 * time.Second, 5 * time.Second, "(tried 3 times)"},
		{"wants what nobody understands", always(503, "Retry-After", "-1"), 0, 500 * time.Millisecond, 3 * time.Second, "(tried 3 times)"},
		{"wants more than there is", always(503, "Retry-After", "99999999999999999999"), 0, 500 * time.Millisecond, 3 * time.Second, "(tried 3 times)"},
		{"a signal while it hangs", hangs, 2 * time.Second, 2 * time.Second, 2 * time.Second, "a signal"},
		{"a signal between two tries", always(429, "Retry-After", "9"), 2 * time.Second, 2 * time.Second, 2 * time.Second, "429 Too Many Requests; a signal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				if c.cut > 0 {
					timer := time.AfterFunc(c.cut, func() { stop(errors.New("a signal")) })
					defer timer.Stop()
				}
				began := time.Now()
				said := told(ctx, t, &Teller{Token: token, Transport: c.transport}, Target{url: target(t, "https://example.com"+path).url})
				if took := time.Since(began); took < c.least || took > c.most || !strings.Contains(said, c.says) {
					t.Errorf("after %s it says %q", took, said)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, "3600": 2 * retry.Hook.Within, "18446744073709551615": -1, "9223372036854775807": 2 * retry.Hook.Within, "": -1, "-1": -1, "1.5": -1, "soon": -1,
		"Sat, 01 Jan 2000 00:00:05 GMT": 5 * time.Second, "Fri, 31 Dec 1999 00:00:00 GMT": 0, "Fri, 31 Dec 9999 00:00:00 GMT": 2 * retry.Hook.Within,
	} {
		got, ok := retryAfter(text, now)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// All are told at the same time, and one that hangs keeps no other one.
func TestSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var well atomic.Int32
		several := &Teller{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Host, "slow") {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			well.Add(1)
			return response(r, 200), nil
		})}
		run, news := example()
		began := time.Now()
		problems := several.Tell(t.Context(), []Target{target(t, "https://slow1/"), target(t, "https://well1/"), target(t, "slack:https://slow2/"), target(t, "https://well2/")}, Of(run, news, ""))
		if took := time.Since(began); took > retry.Hook.Within || len(problems) != 2 || well.Load() != 2 {
			t.Errorf("after %s: %q, %d", took, problems, well.Load())
		}
	})
}
