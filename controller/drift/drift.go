// Package drift compares runs: which hosts ended otherwise, which facts and
// findings changed from what to what, and since when. It reads documents, never
// hosts, and decides what is news: a host that was unreachable once is not yet.
package drift

import (
	"errors"
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
}

// Host is what is new of a host.
type Host struct {
	Name string `json:"name"`
	// From is the outcome that it is compared with, "" where it was not in the
	// earlier run; To is "" where it is not in the later one.
	From outcome.Outcome `json:"from"`
	To   outcome.Outcome `json:"to"`
	// Reason is that of the later run.
	Reason string `json:"reason"`
	// Since is when it was first seen like this, in the runs that are kept.
	Since time.Time `json:"since,omitzero"`
	// Appeared and Gone are ids of findings that count.
	Appeared []string `json:"appeared"`
	Gone     []string `json:"gone"`
	// Facts are those that changed, by path.
	Facts []Fact `json:"facts"`
}

// Fact is a part of a host's facts that changed.
type Fact struct {
	// Path names it, such as network.interfaces.en0.mtu.
	Path string `json:"path"`
	// From and To are JSON; null where it is not known.
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

// Between compares the run to with the run from. What is between them in history
// says since when.
func Between(_ History, from, to string) (*Drift, error) {
	return nil, errors.New("not written yet")
}

// Before is the id of the run that a run is to be compared with where nobody
// names one: the newest earlier one of the same verb and playbook that has come to
// its end and has a host with it in common; "" when there is none.
func Before(_ History, _ outcome.Run) (string, error) { return "", errors.New("not written yet") }
