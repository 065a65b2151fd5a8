package serve

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/news"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/naming"
)

// maxHosts is how many hosts of a run are on a page.
const maxHosts = 200

// maxPast is how many runs the history of a host covers, the newest.
const maxPast = 400

// begun is a run that has not ended, as its journal says.
func (s *Site) begun(id string) (row, error) {
	run := &outcome.Run{ID: id, ExitCode: -1}
	if !s.has(id, "journal.jsonl") {
		return row{run, journal.StateCutOff}, nil
	}
	var asked struct{ Undoes, Playbook string }
	if s.has(id, "request.json") && s.store.LoadRequestHead(id, &asked) == nil {
		run.Undoes = asked.Undoes
		if asked.Playbook != "" {
			run.Playbook.Name = strings.TrimSuffix(filepath.Base(asked.Playbook), ".yaml")
		}
	}
	entries, _ := s.store.ReadJournal(id) // up to a line that can't be read
	run.Counts = map[outcome.Outcome]int{}
	ended := map[string]outcome.Outcome{}
	for i, e := range entries {
		switch {
		case i == 0:
			run.Command, run.Started, run.Limit, run.Ticket = e.Detail, e.Time, e.Limit, e.Ticket
			if e.By != nil {
				run.By = *e.By
			}
		case e.Event == outcome.EventEnded:
			ended[e.Host] = outcome.Outcome(e.Status)
		}
	}
	for _, o := range ended {
		run.Counts[o]++
	}
	return row{run, s.store.State(id)}, nil
}

// run shows one run: its head, its hosts, and the way to its documents.
func (s *Site) run(w http.ResponseWriter, r *http.Request) {
	id := s.known(w, r)
	if id == "" {
		return
	}
	head, err := s.head(id)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	data := map[string]any{"Run": head, "Live": head.State == journal.StateRunning, "Report": s.has(id, "report.html"), "Document": s.has(id, "run.json"), "Journal": s.has(id, "journal.jsonl")}
	if head.State == journal.StateRunning {
		if p, err := s.follow(id); err == nil {
			data["Progress"] = p.progress()
		}
	}
	if s.has(id, "run.json") {
		if run, err := s.store.LoadRun(id); err == nil {
			s.addHosts(data, r, run)
		}
	}
	s.show(w, r, "run", view{Title: "Run " + id, At: "runs", Data: data})
}

// addHosts adds a page of hosts, the worst first, and the run before.
func (s *Site) addHosts(data map[string]any, r *http.Request, run *outcome.Run) {
	only := outcome.Outcome(r.URL.Query().Get("outcome"))
	worst := map[outcome.Outcome]int{}
	for i, o := range outcome.ShownOutcomes() {
		worst[o] = i
	}
	list := slices.DeleteFunc(slices.Clone(run.Hosts), func(h outcome.HostSummary) bool { return only != "" && h.Shown() != only })
	slices.SortStableFunc(list, func(a, b outcome.HostSummary) int { return worst[a.Shown()] - worst[b.Shown()] })
	first := min(number(r, "first"), len(list))
	last := min(first+maxHosts, len(list))
	data["Hosts"], data["Only"], data["First"], data["Last"], data["Of"] = list[first:last], only, first, last, len(list)
	if last < len(list) {
		data["More"] = last
	}
	if before, _, err := s.store.Before(run); err == nil && s.has(before, "run.json") {
		data["Before"] = before
	}
}

// look is a host as a run saw it.
type look struct {
	Run row
	outcome.Host
	Open    []string
	Applied []outcome.Change
}

// host shows the history of a host, the newest run first.
func (s *Site) host(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("host")
	if naming.CheckFile("host", name) != nil {
		http.Error(w, "there is no such host", http.StatusNotFound)
		return
	}
	ids, err := s.store.RunIDs()
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	looks := s.looks(name, ids[:min(len(ids), maxPast)])
	var captures []string
	if s.real("captures/"+name, true) {
		captures, _ = s.store.CaptureIDs(name)
		slices.Reverse(captures)
	}
	if len(looks) == 0 && len(captures) == 0 {
		http.Error(w, "no run has a report of this host", http.StatusNotFound)
		return
	}
	s.show(w, r, "host", view{Title: name, Data: map[string]any{"Host": name, "Looks": looks, "Since": since(looks), "Captures": captures, "Searched": min(len(ids), maxPast), "Runs": len(ids)}})
}

// looks are the reports of a host in some runs.
func (s *Site) looks(name string, ids []string) []look {
	var looks []look
	for _, id := range ids {
		if !s.real("runs/"+id, true) || !s.has(id, "hosts/"+name+".json") {
			continue
		}
		h, err := s.store.LoadHost(id, name)
		head, headErr := s.head(id)
		if err != nil || headErr != nil {
			continue
		}
		l := look{Run: head, Host: *h, Open: outcome.OpenIDs(h.Findings)}
		for _, c := range h.Changes {
			if c.Status == outcome.Applied || c.Status == outcome.UnknownIf {
				l.Applied = append(l.Applied, c)
			}
		}
		l.Stages, l.Facts, l.Plan = nil, nil, nil // only the rest is shown
		looks = append(looks, l)
	}
	return looks
}

// well reports whether a host had nothing that counts.
func (l look) well() bool {
	return len(l.Open) == 0 && (l.Outcome == outcome.Healthy || l.Outcome == outcome.Recovered || l.Outcome == outcome.OutcomeUndone)
}

// since says since when a host is as it is, well or not; looks are the newest first.
func since(looks []look) string {
	judged := slices.DeleteFunc(slices.Clone(looks), func(l look) bool { return l.Outcome == outcome.Skipped || l.Outcome == "" })
	if len(judged) == 0 {
		return "no run has judged it"
	}
	n := 1
	for n < len(judged) && judged[n].well() == judged[0].well() {
		n++
	}
	first := judged[n-1]
	at := first.Started
	if at.IsZero() {
		at = first.Run.Started
	}
	text := "well since " + report.Stamp(at)
	if !judged[0].well() {
		text = "ill since " + report.Stamp(at)
	}
	if n == len(judged) {
		return text + " or before: " + first.Run.ID + " is the oldest run that is kept of it"
	}
	return text + ", first seen by run " + first.Run.ID
}

// compare shows the changes between two runs.
func (s *Site) compare(w http.ResponseWriter, r *http.Request) {
	from, to := r.URL.Query().Get("from"), r.URL.Query().Get("to")
	list, _, _, err := s.heads("", maxListed, func(run *outcome.Run) bool { return !run.Finished.IsZero() })
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	data := map[string]any{"Runs": list, "From": from, "To": to}
	if from != "" && to != "" {
		text, problem := s.compared(from, to)
		data["Text"], data["Problem"] = text, problem
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(5 * time.Minute))
	s.show(w, r, "compare", view{Title: "Compare two runs", At: "compare", Data: data})
}

// compared words the changes between two runs, or why they are not known.
func (s *Site) compared(from, to string) (text, problem string) {
	var runs []outcome.Run
	for _, id := range []string{from, to} {
		if !naming.IsFile(id) || !s.has(id, "run.json") || !s.real("runs/"+id+"/hosts", true) {
			return "", "there is no finished run " + report.Clean(id, false)
		}
		run, err := s.store.LoadRun(id)
		if err != nil {
			return "", report.Clean(err.Error(), false)
		}
		runs = append(runs, *run)
	}
	if runs[0].Started.After(runs[1].Started) {
		runs[0], runs[1] = runs[1], runs[0]
	}
	comparer := news.Comparer(s.store)
	comparer.History = inside{s.store, s}
	d, err := comparer.Between(runs[0], runs[1])
	if err != nil {
		return "", report.Clean(err.Error(), false)
	}
	return report.DriftText(*d, "", report.TextOptions{}), ""
}

// inside are the runs of the store, without documents to which a link leads.
type inside struct {
	*journal.Store
	site *Site
}

// LoadHead implements drift.History.
func (i inside) LoadHead(id string) (*outcome.Run, error) {
	if !i.site.has(id, "run.json") {
		return nil, fs.ErrNotExist
	}
	return i.Store.LoadHead(id)
}

// LoadRun implements drift.History.
func (i inside) LoadRun(id string) (*outcome.Run, error) {
	if !i.site.has(id, "run.json") {
		return nil, fs.ErrNotExist
	}
	return i.Store.LoadRun(id)
}

// LoadFacts implements drift.History.
func (i inside) LoadFacts(run, host string) (map[string]any, error) {
	if !naming.IsFile(host) || !i.site.has(run, "hosts/"+host+".json") {
		return nil, fs.ErrNotExist
	}
	return i.Store.LoadFacts(run, host)
}
