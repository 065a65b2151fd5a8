package hub

import (
	"time"

	"aixmend/controller/outcome"
)

// The verbs of questions.
const (
	askAudit  = "audit"  // audit asks for a run
	askFollow = "follow" // following waits for news of it
	askResult = "result" // run.json of it
	askStop   = "stop"   // it is to end
	askStatus = "status" // the sites
)

// Audit asks for an audit. The operator makes the id of the run, so that a question that is
// asked twice begins one run.
type Audit struct {
	Run      string        `json:"run"`
	By       outcome.By    `json:"by"`
	Limit    []string      `json:"limit,omitempty"`
	Playbook string        `json:"playbook"`
	Set      []string      `json:"set,omitempty"`
	FailOn   []string      `json:"fail_on"`
	Deadline time.Duration `json:"deadline,omitempty"`
	Ticket   string        `json:"ticket,omitempty"`
}

// begun is the answer to Audit.
type begun struct {
	Hosts int      `json:"hosts"`
	Sites []string `json:"sites"`
}

// following asks for news: it is answered when more hosts than Known have ended, when the run
// is over, or after a while.
type following struct {
	Run   string `json:"run"`
	Known int    `json:"known"`
}

// progress is the answer to following.
type progress struct {
	Ended int      `json:"ended"`
	Of    int      `json:"of"`
	Over  bool     `json:"over"`
	Lines []string `json:"lines,omitempty"` // all that the hub has said of the run
}

// named names a run.
type named struct {
	Run string `json:"run"`
}

// result is the end of a run.
type result struct {
	Run    outcome.Run `json:"run"`
	Broken string      `json:"broken,omitempty"`
}
