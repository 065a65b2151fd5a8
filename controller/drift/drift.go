// Package drift compares runs: which outcomes, findings and facts of a host changed,
// and since when. It reads documents, never hosts, and decides which changes are
// news: a host that was unreachable only once is not.
package drift

import (
	"time"

	"aixmend/controller/outcome"
)

// Schema is the schema of Drift.
const Schema = "aixmend.diff/v1"

// Drift lists what changed between two runs.
type Drift struct {
	Schema string `json:"schema"`
	// From and To are the ids of the runs.
	From        string    `json:"from"`
	To          string    `json:"to"`
	FromStarted time.Time `json:"from_started"`
	ToStarted   time.Time `json:"to_started"`
	// FromCommand and ToCommand are their verbs.
	FromCommand string `json:"from_command,omitempty"`
	ToCommand   string `json:"to_command,omitempty"`
	// FromKind and ToKind are their names for people.
	FromKind string `json:"-"`
	ToKind   string `json:"-"`
	// Hosts are the hosts that changed, by name.
	Hosts []Host `json:"hosts"`
	// Same counts the hosts of both runs that did not change.
	Same int `json:"same"`
	// Once are the hosts among them that were reached the time before and are
	// unreachable now: one time is no news yet.
	Once []string `json:"unreachable_once"`
	// NotJudged are the hosts among them that the later run did not judge because it
	// was interrupted.
	NotJudged []string `json:"not_judged"`
	// NotSelected are the hosts of the earlier run that the later one does not have, where it
	// had another --limit, which is Limit.
	NotSelected []string `json:"not_selected"`
	Limit       string   `json:"limit,omitempty"`
}

// Host lists what changed on a host.
type Host struct {
	Name string `json:"name"`
	// From is the earlier outcome, "" if the host was not in the earlier run; To is the
	// later one, "" if the host is not in the later run.
	From outcome.Outcome `json:"from"`
	To   outcome.Outcome `json:"to"`
	// FromRun and ToRun are the runs that saw these outcomes: not always the two that
	// are compared (see Comparer).
	FromRun string `json:"from_run"`
	ToRun   string `json:"to_run"`
	// Reason is the reason in the later run.
	Reason string `json:"reason"`
	// Since is when a stored run first saw this outcome with these findings; zero if
	// only facts changed.
	Since time.Time `json:"since,omitzero"`
	// Appeared and Gone are ids of findings that count. Waived are findings that
	// counted before, are still there, and are waived now.
	Appeared []string `json:"appeared"`
	Gone     []string `json:"gone"`
	Waived   []string `json:"waived"`
	// Facts are the facts that changed, by path.
	Facts []Fact `json:"facts"`
}

// Fact is a part of a host's facts that changed.
type Fact struct {
	// Path names it, such as lsattr.list[en0].mtu.
	Path string `json:"path"`
	// From and To are JSON; null if an element of a list was not or is not there.
	From any `json:"from"`
	To   any `json:"to"`
	// Since is when a stored run first saw this value.
	Since time.Time `json:"since,omitzero"`
}

// History reads stored runs.
type History interface {
	// RunIDs returns the stored runs, the newest first.
	RunIDs() ([]string, error)
	// LoadHead is LoadRun without the hosts.
	LoadHead(id string) (*outcome.Run, error)
	LoadRun(id string) (*outcome.Run, error)
	LoadFacts(run, host string) (map[string]any, error)
}

// News reports whether any host changed.
func (d Drift) News() bool { return len(d.Hosts) > 0 }
