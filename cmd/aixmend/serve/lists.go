package serve

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// Bounds of the pages.
const (
	maxRuns   = 300 // of a list
	maxTrend  = 90
	maxPlans  = 50
	maxFound  = 40 // findings of a trend
	maxListed = 1000
)

// row is a run of a list.
type row struct {
	*outcome.Run
	State journal.State
}

// Ended reports whether the run has ended.
func (r row) Ended() bool { return r.State == journal.StateEnded }

// heads are runs of the store, by their heads: the newest first, at most so many from an id on.
// unread counts those that can't be read.
func (s *Site) heads(from string, most int, wanted func(*outcome.Run) bool) (list []row, next string, unread int, err error) {
	ids, err := s.store.RunIDs()
	if err != nil {
		return nil, "", 0, err
	}
	for _, id := range ids {
		if from != "" && id > from || !s.real("runs/"+id, true) {
			continue
		}
		if len(list) == most {
			return list, id, unread, nil
		}
		head, err := s.head(id)
		if err != nil {
			unread++
		} else if wanted == nil || wanted(head.Run) {
			list = append(list, head)
		}
	}
	return list, "", unread, nil
}

// head is the head of a run; of one that has not ended, as its journal says.
func (s *Site) head(id string) (row, error) {
	if !s.has(id, "run.json") {
		return s.begun(id)
	}
	run, err := s.store.LoadHead(id)
	if err != nil {
		return s.begun(id)
	}
	return row{run, s.store.StateByHead(id)}, nil
}

// runs lists the runs.
func (s *Site) runs(w http.ResponseWriter, r *http.Request) {
	list, next, unread, err := s.heads(r.URL.Query().Get("from"), maxRuns, nil)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	s.show(w, r, "runs", view{Title: "Runs", At: "runs", Data: map[string]any{"Runs": list, "Next": next, "Unread": unread, "Later": r.URL.Query().Get("from") != ""}})
}

// column is a run of a trend.
type column struct {
	row
	X      int
	Pieces []piece
}

// trend is a finding over the runs of a trend.
type trend struct {
	Finding   string
	Now, Most int
	Bars      []trendBar
}

type trendBar struct {
	X, Y, H, N int
	ID         string
}

// trends shows outcomes and findings over the whole runs of a playbook.
func (s *Site) trends(w http.ResponseWriter, r *http.Request) {
	books := map[string]int{}
	book := r.URL.Query().Get("playbook")
	list, _, _, err := s.heads("", maxTrend, func(run *outcome.Run) bool {
		if run.Finished.IsZero() || run.ForQuestion || !run.Whole() || run.Size() == 0 {
			return false
		}
		books[run.Playbook.Name]++
		book = cmp.Or(book, run.Playbook.Name)
		return run.Playbook.Name == book
	})
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	slices.Reverse(list) // the oldest on the left
	var columns []column
	uncounted := 0
	seen := map[outcome.Outcome]int{}
	for i, run := range list {
		for o, n := range run.Counts {
			seen[o] += max(n, 0)
		}
		columns = append(columns, column{run, i * 10, bar(run.Counts)})
		if run.Found == nil {
			uncounted++
		}
	}
	found, more := findings(list)
	s.show(w, r, "trends", view{Title: "Trends", At: "trends", Data: map[string]any{
		"Columns": columns, "Kinds": slices.DeleteFunc(outcome.Outcomes(), func(o outcome.Outcome) bool { return seen[o] == 0 }), "Width": max(1, 10*len(columns)), "Found": found, "More": more, "Uncounted": uncounted, "Book": book, "Books": slices.Sorted(maps.Keys(books)),
	}})
}

// findings are the findings of some runs, those on most hosts first, and how many more there are.
func findings(list []row) (found []trend, more int) {
	most := map[string]int{}
	for _, run := range list {
		for id, n := range run.Found {
			most[id] = max(most[id], n)
		}
	}
	ids := slices.SortedFunc(maps.Keys(most), func(a, b string) int { return cmp.Or(most[b]-most[a], cmp.Compare(a, b)) })
	for _, id := range ids[:min(len(ids), maxFound)] {
		t := trend{Finding: id, Most: most[id]}
		for i, run := range list {
			n := run.Found[id]
			h := 0
			if n > 0 {
				h = max(1, 40*n/most[id])
			}
			t.Bars, t.Now = append(t.Bars, trendBar{i * 10, 40 - h, h, n, run.ID}), n
		}
		found = append(found, t)
	}
	return found, len(ids) - len(found)
}

// plans lists plans that no recover has applied, and the saved plans, with the newest run that
// has applied one.
func (s *Site) plans(w http.ResponseWriter, r *http.Request) {
	applied := map[string]string{}
	list, _, _, err := s.heads("", maxPlans, func(run *outcome.Run) bool {
		if run.Command == "recover" {
			var asked struct {
				Plan struct {
					RunID string `json:"run_id"`
				} `json:"plan"`
				Applies string `json:"applies"` // of a run over a hub
			}
			if s.has(run.ID, "request.json") && s.store.LoadRequestHead(run.ID, &asked) == nil {
				plan := cmp.Or(asked.Plan.RunID, asked.Applies)
				applied[plan] = cmp.Or(applied[plan], run.ID)
			}
		}
		return run.Command == "plan" && !run.ForQuestion && !run.Finished.IsZero() && applied[run.ID] == ""
	})
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	data := map[string]any{"Runs": list, "Folder": s.saved != nil, "Applied": applied}
	if s.saved != nil {
		data["Saved"], err = s.saved()
		if err != nil {
			data["Problem"] = err
		}
	}
	s.show(w, r, "plans", view{Title: "Plans", At: "plans", Data: data})
}

// number reads a number of a request, from 0 on.
func number(r *http.Request, key string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(key))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
