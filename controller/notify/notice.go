package notify

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"aixmend/controller/drift"
	"aixmend/controller/outcome"
	"aixmend/transport/cause"
)

// Schema is that of Notice.
const Schema = "aixmend.notice/v1"

// Bounds of a notice: it points to the hosts to look at, the reports have the rest.
const (
	maxFolds = 30
	maxHosts = 20  // of a fold
	maxNews  = 50  // hosts
	maxIDs   = 20  // findings of a host
	maxFacts = 10  // of a host
	maxWords = 200 // characters of a text
)

// Notice is the summary of a run for others. Its texts are bounded, on one line, and hold no
// character that a terminal acts on.
type Notice struct {
	Schema   string    `json:"schema" jsonschema:"enum=aixmend.notice/v1"`
	Version  string    `json:"version" jsonschema_description:"The version of aixmend."`
	RunID    string    `json:"run_id"`
	Verb     string    `json:"verb" jsonschema_description:"audit, capture, plan or recover."`
	Kind     string    `json:"-"` // the name of the run for people
	Playbook string    `json:"playbook"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// ExitCode is the exit code of the process.
	ExitCode   int    `json:"exit_code" jsonschema_description:"What the process returns: see aixmend audit --help."`
	ExitReason string `json:"exit_reason"`
	// Unfinished is how many hosts resume would go on with.
	Unfinished int `json:"unfinished" jsonschema_description:"How many hosts aixmend resume would go on with."`
	// CutOff counts those of the failed hosts that were cut off after a change.
	CutOff int                     `json:"cut_off,omitempty" jsonschema_description:"How many of the failed hosts were cut off after a change: resume continues with them."`
	Counts map[outcome.Outcome]int `json:"counts" jsonschema_description:"How many hosts ended in each outcome."`
	// Folds are hosts that ended alike, the worst first.
	Folds []Fold `json:"folds" jsonschema:"maxItems=30" jsonschema_description:"Hosts that ended alike, the worst first."`
	// News is nil where there is no run to compare with.
	News *News `json:"news" jsonschema_description:"What is new since the last comparable run; null where there is none."`
	// Reports is the folder of the run on the machine that ran it; "" where that is a hub.
	Reports string `json:"reports" jsonschema_description:"The folder of the run, on the machine that ran it; empty where a hub ran it."`
	// overHub: the run is one over many sites, and at their hub.
	overHub bool
}

// Fold is hosts that ended alike.
type Fold struct {
	Outcome outcome.Outcome `json:"outcome"`
	// Count is that of all of them; Hosts are the first of them.
	Count int      `json:"count"`
	Hosts []string `json:"hosts" jsonschema:"maxItems=20" jsonschema_description:"The first of them."`
	// What lists their findings that count, or the reason why there was no verdict.
	What string `json:"what" jsonschema_description:"The findings that count, or why there was no verdict."`
	// Interrupted says that resume continues with them.
	Interrupted bool `json:"interrupted,omitempty" jsonschema_description:"The hosts were cut off: aixmend resume goes on with them."`
}

// News is the changes since another run.
type News struct {
	From        string    `json:"from" jsonschema_description:"The id of the run that it is compared with."`
	FromStarted time.Time `json:"from_started"`
	// Count is that of all hosts with news; Hosts are the first of them.
	Count int    `json:"count" jsonschema_description:"How many hosts there is news of."`
	Hosts []Host `json:"hosts" jsonschema:"maxItems=50" jsonschema_description:"The first of them."`
	// Same counts the hosts of which there is none.
	Same int `json:"same" jsonschema_description:"How many hosts there is no news of."`
}

// Host is the changes of one host.
type Host struct {
	Name string `json:"name"`
	// From and To are "" where the host was in one of the runs only.
	From     outcome.Outcome `json:"from" jsonschema_description:"Empty where the earlier run did not have the host."`
	To       outcome.Outcome `json:"to" jsonschema_description:"Empty where the later run did not have the host."`
	Reason   string          `json:"reason"`
	Since    time.Time       `json:"since,omitzero"`
	Appeared []string        `json:"appeared" jsonschema_description:"Findings that are new."`
	Gone     []string        `json:"gone" jsonschema_description:"Findings that are no more."`
	Waived   []string        `json:"waived" jsonschema_description:"Findings that are there still, waived now."`
	Facts    []Fact          `json:"facts" jsonschema:"maxItems=10"`
}

// Fact is a part of a host's facts that changed, as text.
type Fact struct {
	Path string `json:"path"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Of makes the notice of a run. news is nil where there is no run to compare with;
// reports is the folder of the run.
func Of(run outcome.Run, news *drift.Drift, reports string) Notice {
	n := Notice{
		Schema: Schema, Version: run.Version, RunID: run.ID, Verb: run.Command, Kind: bounded(run.Kind()), Playbook: bounded(run.Playbook.Name),
		Started: run.Started, Finished: run.Finished, ExitCode: run.ExitCode, ExitReason: bounded(run.ExitReason), Unfinished: run.Unfinished,
		overHub: slices.ContainsFunc(run.Hosts, func(h outcome.HostSummary) bool { return h.Site != "" }),
		Counts:  run.Counts, Folds: folds(run.Hosts), Reports: reports, CutOff: run.ShownCounts()[outcome.CutOff],
	}
	if n.Counts == nil {
		n.Counts = outcome.Count(run.Hosts)
	}
	if news != nil {
		n.News = newsOf(*news)
	}
	return n
}

// alike is the key of a fold.
type alike struct {
	outcome outcome.Outcome
	what    string
	cut     bool
}

// folds are hosts that ended alike, the worst outcome first, the larger first.
func folds(hosts []outcome.HostSummary) []Fold {
	index := map[alike]int{}
	list := []Fold{}
	for _, h := range hosts {
		what := strings.Join(h.Open, ", ")
		if what == "" || h.Outcome == outcome.Unreachable || h.Outcome == outcome.Skipped {
			what = cause.Head(h.Reason)
		}
		key := alike{h.Outcome, bounded(what), h.Interrupted}
		at, ok := index[key]
		if !ok {
			at = len(list)
			index[key] = at
			list = append(list, Fold{Outcome: h.Outcome, What: key.what, Interrupted: h.Interrupted, Hosts: []string{}})
		}
		if list[at].Count++; len(list[at].Hosts) < maxHosts {
			list[at].Hosts = append(list[at].Hosts, h.Name)
		}
	}
	order := outcome.Outcomes()
	slices.SortStableFunc(list, func(a, b Fold) int {
		if d := slices.Index(order, a.Outcome) - slices.Index(order, b.Outcome); d != 0 {
			return d
		}
		return b.Count - a.Count
	})
	return list[:min(len(list), maxFolds)]
}

// newsOf bounds a comparison.
func newsOf(d drift.Drift) *News {
	n := &News{From: d.From, FromStarted: d.FromStarted, Count: len(d.Hosts), Same: d.Same, Hosts: []Host{}}
	for _, h := range d.Hosts[:min(len(d.Hosts), maxNews)] {
		host := Host{
			Name: h.Name, From: h.From, To: h.To, Reason: bounded(h.Reason), Since: h.Since,
			Appeared: first(h.Appeared, maxIDs), Gone: first(h.Gone, maxIDs), Waived: first(h.Waived, maxIDs), Facts: []Fact{},
		}
		for _, f := range h.Facts[:min(len(h.Facts), maxFacts)] {
			host.Facts = append(host.Facts, Fact{Path: bounded(f.Path), From: value(f.From), To: value(f.To)})
		}
		n.Hosts = append(n.Hosts, host)
	}
	return n
}

// first are the first of some words.
func first(list []string, most int) []string {
	words := []string{}
	for _, word := range list[:min(len(list), most)] {
		words = append(words, bounded(word))
	}
	return words
}

// value is a fact as text; "" where it is not known.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return bounded(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return bounded(string(text))
}

// bounded is a text that is fit for a notice.
func bounded(text string) string { return short(text, maxWords) }

// short returns a text on one line of at most that many characters, without control
// characters of terminals and browsers.
func short(text string, most int) string {
	if len(text) > 4*most+4 {
		text = text[:4*most+4]
	}
	runes := []rune(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), r == '\uFFFE':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-3]) + "..."
}
