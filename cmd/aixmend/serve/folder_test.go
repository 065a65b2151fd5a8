package serve

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/html"
	"aixmend/controller/report/samples"
)

var began = time.Date(2026, 11, 1, 1, 0, 0, 0, time.UTC)

// hostileName is the host of which every text is hostile.
const hostileName = "aixhostile"

// runID is the id of a run of night n.
func runID(n int) string {
	return began.AddDate(0, 0, n).Format("20060102T150405.000Z") + fmt.Sprintf("-%06x", n)
}

// night is the run of a night; hostile ones have hostile texts everywhere.
func night(n int, hostile string, list ...outcome.Host) outcome.Run {
	run := outcome.Run{
		Schema: outcome.RunSchema, ID: runID(n), Command: "audit", Playbook: outcome.Playbook{Name: "rmc-restore" + hostile},
		By: outcome.By{User: "ops" + hostile, Machine: "mgmt1"}, Limit: hostile, Ticket: hostile, ExitReason: "2 needs_action" + hostile, ExitCode: 3,
		Started: began.AddDate(0, 0, n), Finished: began.AddDate(0, 0, n).Add(3 * time.Minute),
	}
	for _, h := range list {
		run.Hosts = append(run.Hosts, h.Summary(false))
	}
	run.Inventory = len(run.Hosts)
	run.Counts, run.Found = outcome.Count(run.Hosts), outcome.CountFound(run.Hosts)
	return run
}

// keep writes a run with the reports of its hosts.
func keep(t testing.TB, s *journal.Store, run outcome.Run, list ...outcome.Host) {
	t.Helper()
	r, err := s.NewRun(run.ID)
	noError(t, err)
	noError(t, r.WriteRequest(map[string]any{"schema": "aixmend.request/v1", "verb": run.Command, "hosts": []any{}}))
	by := run.By
	noError(t, r.Append(outcome.Entry{Time: run.Started, Event: outcome.EventRun, State: outcome.RunStarted, Format: outcome.JournalFormat, By: &by, Limit: run.Limit, Detail: run.Command}))
	for _, h := range list {
		h.RunID = run.ID
		noError(t, r.WriteHost(h, []byte("# "+h.Host+"\n")))
		e := outcome.EndEntry(h)
		e.Time = run.Started
		noError(t, r.Append(e))
	}
	noError(t, r.WritePage(func(w io.Writer) error {
		return html.Write(w, report.Evidence{Run: run, Hosts: func(yield func(outcome.Host, error) bool) {
			for _, h := range list {
				if !yield(h, nil) {
					return
				}
			}
		}})
	}))
	noError(t, errors.Join(r.Finish(run), r.Close()))
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill writes nights, and among them one of hostile texts.
func fill(t testing.TB, dir string, nights int) *journal.Store {
	t.Helper()
	s, err := journal.Open(dir)
	noError(t, err)
	for n := range nights {
		var list []outcome.Host
		for i := range 12 {
			h := samples.Typical()
			h.Host, h.Started = fmt.Sprintf("aix%02d", i), began.AddDate(0, 0, n)
			if i%4 != n%4 {
				h.Outcome, h.Reason, h.Findings, h.Changes, h.Capture = outcome.Healthy, "", nil, nil, ""
			}
			list = append(list, h)
		}
		keep(t, s, night(n, "", list...), list...)
	}
	for i, text := range samples.HostileTexts() {
		h := samples.HostileHost(text)
		h.Host = hostileName
		h.Outcome = outcome.NeedsAction
		h.Findings[0].Waived = false
		run := night(nights+i, text, h)
		run.Command = []string{"plan", "recover"}[i%2]
		keep(t, s, run, h)
	}
	return s
}

// newSite is the site of a state folder that is filled.
func newSite(t *testing.T, nights int, o Options) (*Site, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	s := fill(t, dir, nights)
	root, err := os.OpenRoot(dir)
	noError(t, err)
	t.Cleanup(func() { noError(t, root.Close()) })
	return New(s, root, o), dir
}

// ask asks for a path; edit changes the request.
func ask(s *Site, method, target string, edit func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:8422/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	if edit != nil {
		edit(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// pages are paths of every kind.
func pages() []string {
	last := runID(2)
	return []string{
		"/", "/?from=" + last, "/trends", "/plans", "/compare", "/compare?from=" + runID(1) + "&to=" + last, "/run/" + last, "/run/latest", "/run/" + last + "?outcome=healthy",
		"/host/aix01", "/host/" + hostileName, "/run/" + last + "/report.html", "/run/" + last + "/files/run.json", "/run/" + last + "/files/journal.jsonl",
		"/run/" + last + "/files/hosts/aix01.json", "/run/" + last + "/files/hosts/aix01.md", "/login", "/assets/serve.css", "/assets/serve.js", "/run/" + last + "/events",
	}
}

var folder = flag.String("folder", "", "write a state folder for tools/browser to this `folder`")

// TestFolder writes the state folder that tools/browser opens: 300 nights, hostile texts, and a
// run that goes on as long as a process holds its lock.
func TestFolder(t *testing.T) {
	if *folder == "" {
		t.Skip("only for tools/browser")
	}
	s := fill(t, *folder, 300)
	_, err := s.NewRun(runID(400))
	noError(t, err)
}
