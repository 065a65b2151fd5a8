// Package drift compares runs: which hosts ended otherwise, which facts and
// findings changed from what to what, and since when. It reads documents, never
// hosts, and decides what is news: a host that was unreachable once is not yet.
package drift

import (
	"time"

	"aixmend/controller/outcome"
)

// Schema is that of Drift.
const Schema = "aixmend.diff/v1"

// Drift is what one run found otherwise than an earlier one.
type Drift struct {
	Schema string `json:"schema"`
	// From and To are the ids of the runs.
	From        string    `json:"from"`
	To          string    `json:"to"`
	FromStarted time.Time `json:"from_started"`
	ToStarted   time.Time `json:"to_started"`
	// Hosts are those of which there is news, by name.
	Hosts []Host `json:"hosts"`
	// Same counts the hosts of both runs of which there is none.
	Same int `json:"same"`
	// Once are those of them that can't be reached now and could the time before:
	// that is no news yet.
	Once []string `json:"unreachable_once"`
	// NotJudged are those of them that the later run was cut off before.
	NotJudged []string `json:"not_judged"`
}

// Host is what is new of a host.
type Host struct {
	Name string `json:"name"`
	// From is the outcome that it is compared with, "" where it was not in the
	// earlier run; To is "" where it is not in the later one.
	From outcome.Outcome `json:"from"`
	To   outcome.Outcome `json:"to"`
	// FromRun and ToRun are the runs in which it was seen like that: not always the
	// two that are compared (see Comparer).
	FromRun string `json:"from_run"`
	ToRun   string `json:"to_run"`
	// Reason is that of the later run.
	Reason string `json:"reason"`
	// Since is when it was first seen with this outcome and these findings, in the
	// runs that are kept; zero where only facts changed.
	Since time.Time `json:"since,omitzero"`
	// Appeared and Gone are ids of findings that count. Waived are those that did
	// and are there still, waived now.
	Appeared []string `json:"appeared"`
	Gone     []string `json:"gone"`
	Waived   []string `json:"waived"`
	// Facts are those that changed, by path.
	Facts []Fact `json:"facts"`
}

// Fact is a part of a host's facts that changed.
type Fact struct {
	// Path names it, such as lsattr.list[en0].mtu.
	Path string `json:"path"`
	// From and To are JSON; null where an element of a list was or is not there.
	From any `json:"from"`
	To   any `json:"to"`
	// Since is when it was first seen like this, in the runs that are kept.
	Since time.Time `json:"since,omitzero"`
}

// History is where runs are kept.
type History interface {
	// RunIDs are the runs that are kept, the newest first.
	RunIDs() ([]string, error)
	LoadRun(id string) (*outcome.Run, error)
	LoadHost(run, host string) (*outcome.Host, error)
}

// News tells whether there is any.
func (d Drift) News() bool { return len(d.Hosts) > 0 }
