package serve

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
)

const secretToken = "0123456789abcdef0123456789abcdef"

// Every page is there, and says the things that a person came for.
func TestPages(t *testing.T) {
	s, _ := newSite(t, 3, Options{})
	for _, page := range pages() {
		if w := ask(s, "GET", page, nil); w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d %.200s", page, w.Code, w.Body)
		}
		if w := ask(s, "HEAD", page, nil); w.Code != http.StatusOK || w.Body.Len() != 0 && !strings.Contains(page, "assets") && !strings.Contains(page, "login") {
			t.Errorf("HEAD %s: %d, %d bytes", page, w.Code, w.Body.Len())
		}
	}
	for page, says := range map[string][]string{
		"/":                            {runID(0), runID(2), "ops on mgmt1", `<rect class="o-needs_action"`, "9 healthy"},
		"/run/" + runID(2):             {"rmc-address-missing", "/host/aix02", "report.html", "/compare?from=" + runID(1) + "&amp;to=" + runID(2)},
		"/host/aix02":                  {"ill since 2026-11-03", "first seen by run " + runID(2), "1 change sent", "/usr/sbin/chdev -l en1", "captures/aixprd01/c1", runID(0)},
		"/host/aix03":                  {"well since 2026-11-01", "or before"},
		"/trends?playbook=rmc-restore": {"rmc-address-missing", "newest 3, most 3", `<i class="o-needs_action"></i>needs_action</span>`},
		"/compare?from=" + runID(1) + "&to=" + runID(2): {"compared with", "aix[02,06,10]", "healthy -&gt; needs_action"},
		"/plans": {"None"},
	} {
		w := ask(s, "GET", page, nil)
		for _, text := range says {
			if !strings.Contains(w.Body.String(), text) && page != "/plans" {
				t.Errorf("%s does not say %q:\n%s", page, text, w.Body)
			}
		}
	}
	for _, page := range []string{"/nothing", "/run/none", "/run/..", "/host/none", "/host/..", "/run/" + runID(1) + "/files/request.json", "/run/" + runID(1) + "/files/lock", "/assets/pages.tmpl", "/assets/.."} {
		if w := ask(s, "GET", page, nil); w.Code == http.StatusOK {
			t.Errorf("%s: %d %.100s", page, w.Code, w.Body)
		}
	}
}

// Nothing is written, whatever is asked for, and only GET and HEAD are answered, but the token.
func TestReadsOnly(t *testing.T) {
	s, dir := newSite(t, 3, Options{})
	before := tree(t, dir)
	for _, page := range pages() {
		ask(s, "GET", page, nil)
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "get"} {
			if w := ask(s, method, page, nil); w.Code != http.StatusMethodNotAllowed && !(page == "/login" && method == "POST") {
				t.Errorf("%s %s: %d", method, page, w.Code)
			}
		}
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the state folder has changed (-before +after):\n%s", diff)
	}
}

// tree is a folder with sizes and times.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	noError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			all[path] = info.Mode().String() + info.ModTime().String()
		}
		return err
	}))
	return all
}

// fetched marks a request as browsers do.
func fetched(site, mode string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Sec-Fetch-Mode", mode)
	}
}

// A page of another site gets nothing: not under a name that it had resolved to here, and not by
// asking from the outside.
func TestOtherSites(t *testing.T) {
	s, _ := newSite(t, 3, Options{Names: []string{"mgmt.example"}})
	for name, c := range map[string]struct {
		edit func(*http.Request)
		want int
	}{
		"by address":                   {func(r *http.Request) {}, 200},
		"by localhost":                 {func(r *http.Request) { r.Host = "localhost:8422" }, 200},
		"by IPv6":                      {func(r *http.Request) { r.Host = "[::1]:8422" }, 200},
		"by its name":                  {func(r *http.Request) { r.Host = "MGMT.example:8422" }, 200},
		"by a name of others":          {func(r *http.Request) { r.Host = "evil.example:8422" }, 421},
		"by a name that begins so":     {func(r *http.Request) { r.Host = "localhost.evil.example" }, 421},
		"by no name":                   {func(r *http.Request) { r.Host = "" }, 421},
		"from itself":                  {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8422"); r.Host = "127.0.0.1:8422" }, 200},
		"from another port":            {func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8423"); r.Host = "127.0.0.1:8422" }, 403},
		"from another scheme":          {func(r *http.Request) { r.Header.Set("Origin", "https://127.0.0.1:8422"); r.Host = "127.0.0.1:8422" }, 403},
		"from elsewhere":               {func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		"from nowhere":                 {func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"as an image elsewhere":        {fetched("cross-site", "no-cors"), 403},
		"as a page of a sister":        {fetched("same-site", "cors"), 403},
		"by a link":                    {fetched("cross-site", "navigate"), 200},
		"by its own script":            {fetched("same-origin", "cors"), 200},
		"by an address in a long name": {func(r *http.Request) { r.Host = "127.0.0.1.evil.example" }, 421},
	} {
		for _, page := range []string{"/", "/login", "/assets/serve.css", "/run/latest/files/run.json"} {
			if w := ask(s, "GET", page, c.edit); w.Code != c.want {
				t.Errorf("%s %s: %d, want %d", name, page, w.Code, c.want)
			}
		}
	}
}

// With a token nobody gets a document without it, and it is in no URL and no cookie.
func TestToken(t *testing.T) {
	s, _ := newSite(t, 3, Options{Token: secretToken, TLS: true})
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	for _, page := range pages() {
		open := page == "/login" || strings.HasPrefix(page, "/assets/")
		for name, edit := range map[string]func(*http.Request){
			"nothing": nil, "a wrong cookie": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: secretToken}) },
			"a query": func(r *http.Request) { r.URL.RawQuery = "token=" + secretToken }, "basic": func(r *http.Request) { r.SetBasicAuth("x", secretToken) },
		} {
			if w := ask(s, "GET", page, edit); (w.Code == http.StatusOK) != open || !open && w.Code != http.StatusUnauthorized && w.Header().Get("Location") != "/login" {
				t.Errorf("%s with %s: %d", page, name, w.Code)
			}
		}
		if w := ask(s, "GET", page, bearer(secretToken)); w.Code != http.StatusOK {
			t.Errorf("%s with the token: %d", page, w.Code)
		}
	}
	login := func(token string) *httptest.ResponseRecorder {
		return ask(s, "POST", "/login", func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Body = io.NopCloser(strings.NewReader(url.Values{"token": {token}}.Encode()))
		})
	}
	w := login(secretToken)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	c := cookies[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || strings.Contains(c.Value, secretToken) || c.Domain != "" {
		t.Errorf("%+v", c)
	}
	if w := ask(s, "GET", "/", func(r *http.Request) { r.AddCookie(c) }); w.Code != http.StatusOK {
		t.Errorf("with the cookie: %d", w.Code)
	}
	at := time.Now()
	s.guard.now = func() time.Time { return at }
	s.guard.failures = nil
	for range maxFailures {
		if w := login("wrong"); w.Code != http.StatusUnauthorized || len(w.Result().Cookies()) > 0 {
			t.Errorf("a wrong token: %d %v", w.Code, w.Header())
		}
	}
	if w := login(secretToken); w.Code != http.StatusUnauthorized {
		t.Errorf("after %d wrong ones: %d", maxFailures, w.Code)
	}
	if w := ask(s, "GET", "/", bearer(secretToken)); w.Code != http.StatusUnauthorized {
		t.Errorf("after %d wrong ones, in a header: %d", maxFailures, w.Code)
	}
	at = at.Add(failureTime + time.Second)
	if w := login(secretToken); w.Code != http.StatusSeeOther {
		t.Errorf("a minute later: %d", w.Code)
	}
	if w := login(secretToken + strings.Repeat("x", maxForm)); w.Code != http.StatusUnauthorized {
		t.Errorf("a long form: %d", w.Code)
	}
}

// Secrets of any lengths are compared over hashes of one length.
func TestSame(t *testing.T) {
	for _, c := range [][2]string{{"", "a"}, {"a", "b"}, {"a", "aa"}, {secretToken, secretToken[1:]}} {
		if same(c[0], c[1]) || !same(c[0], c[0]) {
			t.Errorf("%q, %q", c[0], c[1])
		}
	}
}

// Nothing outside of the state folder is shown: links are not followed, and no path leads out.
func TestNothingOutside(t *testing.T) {
	const marker = "outside-5f1c02"
	for name, plant := range map[string]func(dir, outside string) error{
		"a run": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2)), filepath.Join(out, "run"))
		},
		"run.json": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2), "run.json"), filepath.Join(out, "run", "run.json"))
		},
		"hosts": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2), "hosts"), filepath.Join(out, "run", "hosts"))
		},
		"a host": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2), "hosts", "aix01.json"), filepath.Join(out, "run", "hosts", "aix01.json"))
		},
		"its Markdown": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2), "hosts", "aix01.md"), filepath.Join(out, "text"))
		},
		"report.html": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2), "report.html"), filepath.Join(out, "text"))
		},
		"the journal": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2), "journal.jsonl"), filepath.Join(out, "run", "journal.jsonl"))
		},
		"captures": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "captures", "aix01"), filepath.Join(out, marker))
		},
		"latest": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", "latest"), filepath.Join(out, "run"))
		},
		"a link inside": func(dir, out string) error {
			return replaceBy(filepath.Join(dir, "runs", runID(2), "report.html"), "../../../outside/text")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newSite(t, 3, Options{})
			outside := filepath.Join(filepath.Dir(dir), "outside")
			h := samples.Typical()
			h.Host, h.Reason = "aix01", marker
			other := fill(t, filepath.Join(outside, "state"), 0)
			run := night(2, marker, h)
			keep(t, other, run, h)
			noError(t, os.Rename(other.RunDir(run.ID), filepath.Join(outside, "run")))
			noError(t, os.WriteFile(filepath.Join(outside, "text"), []byte(marker), 0o600))
			noError(t, os.MkdirAll(filepath.Join(outside, marker, marker), 0o700))
			noError(t, plant(dir, outside))
			paths := append(pages(), "/host/aix01", "/run/"+run.ID+"/files/../../../../outside/text", "/run/"+run.ID+"/files/hosts/../../../../outside/text",
				"/run/..%2f..%2foutside", "/run/"+run.ID+"/files//etc/passwd", "/run/"+run.ID+"/files/hosts/..", "/host/..%2f..%2foutside%2frun%2fhosts%2faix01")
			for _, page := range paths {
				if w := ask(s, "GET", page, nil); strings.Contains(w.Body.String(), marker) || strings.Contains(w.Body.String(), "root:x:") {
					t.Errorf("%s shows it: %d", page, w.Code)
				}
			}
		})
	}
}

// replaceBy replaces a path by a link.
func replaceBy(path, target string) error {
	_ = os.RemoveAll(path)
	return os.Symlink(target, path)
}

// elements are the elements that the templates may write.
var elements = regexp.MustCompile(`<(/?)([a-zA-Z!][a-zA-Z0-9]*)`)

// Texts of hosts stay text: no page has an element, an address or a control character of theirs.
func TestHostileTexts(t *testing.T) {
	s, _ := newSite(t, 1, Options{})
	list := []string{"/", "/trends", "/plans", "/compare", "/host/" + hostileName}
	for i := range samples.HostileTexts() {
		list = append(list, "/run/"+runID(1+i), "/trends?playbook=rmc-restore"+url.QueryEscape(samples.HostileTexts()[i]))
		if i > 0 {
			list = append(list, "/compare?from="+runID(i)+"&to="+runID(1+i))
		}
	}
	for _, page := range list {
		w := ask(s, "GET", page, nil)
		text := w.Body.String()
		if w.Code != http.StatusOK || report.Clean(text, true) != text {
			t.Errorf("%s: %d, or a control character", page, w.Code)
		}
		for _, m := range elements.FindAllStringSubmatch(text, -1) {
			switch m[2] {
			case "img", "b", "iframe", "style":
				if m[2] != "b" {
					t.Errorf("%s has the element %s", page, m[2])
				}
			}
		}
		if strings.Count(text, "<script") > 1 || strings.Contains(text, `href="http`) || strings.Contains(text, "src=x") && !strings.Contains(text, "&lt;img src=x") {
			t.Errorf("%s has a script or an address of a host", page)
		}
	}
}

// No page may load, send or frame anything, but its own style, script and requests.
func TestPolicy(t *testing.T) {
	s, _ := newSite(t, 3, Options{})
	for _, page := range pages() {
		h := ask(s, "GET", page, nil).Header()
		csp := h.Get("Content-Security-Policy")
		report := strings.HasSuffix(page, "/report.html") && !strings.Contains(page, "/files/")
		if !strings.HasPrefix(csp, "default-src 'none';") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "base-uri 'none'") ||
			strings.Contains(csp, "unsafe") != report || strings.Contains(csp, "sandbox allow-scripts") != report || strings.Contains(csp, "allow-same-origin") {
			t.Errorf("%s: %s", page, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Access-Control-Allow-Origin") != "" || h.Get("Cache-Control") == "" {
			t.Errorf("%s: %v", page, h)
		}
		if strings.Contains(page, "/files/") && !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=\"2026") {
			t.Errorf("%s: %s", page, h.Get("Content-Disposition"))
		}
	}
}

// The work at one time is bounded: requests wait for a place, and not for ever.
func TestBounds(t *testing.T) {
	s, _ := newSite(t, 3, Options{})
	for name, c := range map[string]struct {
		places *chan struct{}
		page   string
		waits  bool
	}{
		"requests": {&s.guard.requests, "/", true}, "heavy ones": {&s.guard.heavy, "/compare", true}, "streams": {&s.guard.streams, "/run/latest/events", false},
	} {
		outside := *c.places
		synctest.Test(t, func(t *testing.T) {
			*c.places = make(chan struct{}, cap(outside)) // of the bubble, in which time passes at once
			for range cap(outside) {
				*c.places <- struct{}{}
			}
			at := time.Now()
			w := ask(s, "GET", c.page, nil)
			if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || (time.Since(at) == maxWait) != c.waits {
				t.Errorf("%s: %d after %s", name, w.Code, time.Since(at))
			}
		})
		*c.places = outside
		if w := ask(s, "GET", c.page, nil); w.Code != http.StatusOK {
			t.Errorf("%s: %d when there is a place", name, w.Code)
		}
	}
}

// A run as it goes: each event is sent, and its end.
func TestEvents(t *testing.T) {
	s, _ := newSite(t, 1, Options{})
	s.poll = time.Millisecond
	id := runID(90)
	r, err := s.store.NewRun(id)
	noError(t, err)
	add := func(e outcome.Entry) {
		e.Time = began
		noError(t, r.Append(e))
	}
	noError(t, r.WriteRequest(map[string]any{"schema": "x", "hosts": []map[string]string{{"name": "a"}, {"name": "b"}}}))
	add(outcome.Entry{Event: outcome.EventRun, State: outcome.RunStarted, Detail: "recover"})
	add(outcome.Entry{Event: outcome.EventState, Host: "a", State: "diagnosing"})
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	if w := ask(s, "GET", "/run/"+id, nil); !strings.Contains(w.Body.String(), `data-events="/run/`+id+`/events"`) || !strings.Contains(w.Body.String(), "0 of 2 hosts ended") {
		t.Errorf("%s", w.Body)
	}
	answer, err := http.Get(server.URL + "/run/" + id + "/events")
	noError(t, err)
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	await := func(wanted string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), wanted) {
				return
			}
		}
		t.Fatalf("the stream ended before %q: %v", wanted, lines.Err())
	}
	await(`"busy":[{"at":"","host":"a","text":"diagnosing"}]`)
	add(outcome.Entry{Event: outcome.EventIntent, Host: "a", Change: 1, Step: "set-address"})
	await(`"host":"a","text":"sends set-address"`)
	add(outcome.Entry{Event: outcome.EventEnded, Host: "a", Status: "healthy", Detail: "<b>\x1b[31m"})
	await(`"ended":1,"counts":{"healthy":1}`)
	noError(t, r.Close())
	await("event: end")
}

// A page of 300 runs is small, and the list goes on where there are more.
func TestManyRuns(t *testing.T) {
	s, _ := newSite(t, maxRuns, Options{})
	w := ask(s, "GET", "/", nil)
	next := regexp.MustCompile(`/\?from=([^"]+)`).FindStringSubmatch(w.Body.String())
	if w.Body.Len() > 700<<10 || next == nil || next[1] == "" {
		t.Fatalf("%d bytes, next %v", w.Body.Len(), next)
	}
	if w := ask(s, "GET", "/?from="+next[1], nil); !strings.Contains(w.Body.String(), runID(0)) || strings.Contains(w.Body.String(), "Older runs") {
		t.Errorf("%.300s", w.Body)
	}
}

// Counts that no fleet has, as a damaged run.json may, take no page away.
func TestCountsBeyondAllBounds(t *testing.T) {
	s, dir := newSite(t, 1, Options{})
	file := filepath.Join(dir, "runs", runID(0), "run.json")
	text, err := os.ReadFile(file)
	noError(t, err)
	counts := regexp.MustCompile(`(?s)"counts": \{.*?\}`)
	for _, of := range []string{
		`{"healthy": 4611686018427387904, "failed": 4611686018427387904, "unknown": 4611686018427387904, "degraded": 4611686018427387904}`,
		`{"healthy": 9223372036854775807, "failed": 2}`, `{"healthy": -1}`, `{"nothing": 3}`, `null`,
	} {
		noError(t, os.WriteFile(file, counts.ReplaceAll(text, []byte(`"counts": `+of)), 0o600))
		for _, page := range []string{"/", "/trends", "/plans", "/compare", "/run/" + runID(0), "/host/aix01"} {
			w := ask(s, "GET", page, nil)
			if bad := regexp.MustCompile(` (x|y|width|height)="-.*`).FindString(w.Body.String()); w.Code != http.StatusOK || bad != "" {
				t.Errorf("%s, %s: %d %.100s", of, page, w.Code, bad)
			}
		}
	}
}

// A plan that a run over a hub has applied waits no more.
func TestPlansAppliedOverAHub(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s, err := journal.Open(dir)
	noError(t, err)
	for n, verb := range []string{"plan", "plan", "recover"} {
		run := night(n, "")
		run.Command = verb
		kept, err := s.NewRun(run.ID)
		noError(t, err)
		asked := map[string]any{"schema": "aixmend.request/v1", "verb": verb, "hosts": []any{}}
		if verb == "recover" {
			asked["applies"] = runID(0)
		}
		noError(t, errors.Join(kept.WriteRequest(asked), kept.Finish(run), kept.Close()))
	}
	root, err := os.OpenRoot(dir)
	noError(t, err)
	defer root.Close()
	text := ask(New(s, root, Options{}), "GET", "/plans", nil).Body.String()
	if strings.Contains(text, runID(0)) || !strings.Contains(text, runID(1)) {
		t.Errorf("applied is %s:\n%s", runID(0), text)
	}
}

// A comparison reads no report through a link either.
func TestCompareFollowsNoLink(t *testing.T) {
	s, dir := newSite(t, 3, Options{})
	facts := regexp.MustCompile(`"facts":null`)
	with := func(run, level string) (at string, text []byte) {
		at = filepath.Join(dir, "runs", run, "hosts", "aix02.json")
		text, err := os.ReadFile(at)
		noError(t, err)
		text = facts.ReplaceAll(text, []byte(`"facts":{"level":{"name":"`+level+`"}}`))
		noError(t, os.WriteFile(at, text, 0o600))
		return at, text
	}
	with(runID(0), "INSIDE")
	at, planted := with(runID(1), "OUTSIDE")
	page := "/compare?from=" + runID(0) + "&to=" + runID(1)
	if w := ask(s, "GET", page, nil); !strings.Contains(w.Body.String(), "OUTSIDE") {
		t.Fatalf("it shows no fact:\n%s", w.Body)
	}
	outside := filepath.Join(filepath.Dir(dir), "outside")
	noError(t, os.WriteFile(outside, planted, 0o600))
	noError(t, replaceBy(at, outside))
	if w := ask(s, "GET", page, nil); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "OUTSIDE") {
		t.Errorf("%d: it shows the file behind the link", w.Code)
	}
}
