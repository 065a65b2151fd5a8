package hub

import (
	"time"

	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
)

// The verbs of questions.
const (
	askRun    = "run"    // Call asks for a run
	askResume = "resume" // resuming asks for the rest of a run
	askFollow = "follow" // following waits for news of it
	askResult = "result" // run.json of it
	askTaken  = "taken"  // which the operator has now
	askWave   = "wave"   // answering answers whether a wave may begin
	askShow   = "show"   // the output of a verb that reads
	askBack   = "back"   // Call asks for the steps that a rollback would undo
	askHosts  = "hosts"  // Call asks which hosts it would be about, and whether it could begin
	askStop   = "stop"   // it is to end
	askStatus = "status" // the sites
	askAdopt  = "adopt"  // adoptQuestion asks for the runs of sites; the owner's alone
)

// Call asks for a run. The operator makes its id, so that a question that is asked twice
// begins one run.
type Call struct {
	Run      string          `json:"run"`
	Verb     controller.Verb `json:"verb"`
	By       outcome.By      `json:"by"`
	Limit    []string        `json:"limit,omitempty"`
	Playbook string          `json:"playbook"`
	Set      []string        `json:"set,omitempty"`
	FailOn   []string        `json:"fail_on"`
	Deadline time.Duration   `json:"deadline,omitempty"`
	Ticket   string          `json:"ticket,omitempty"`
	Label    string          `json:"label,omitempty"`
	fleet.Changing
	// Waves, MaxFail and BrakeUnreachable are those of recover.
	Waves            string `json:"waves,omitempty"`
	MaxFail          string `json:"max_fail,omitempty"`
	BrakeUnreachable bool   `json:"brake_unreachable,omitempty"`
	// Pause asks the operator before each wave but the first.
	Pause bool `json:"pause,omitempty"`
	// PlanID and Nonce are those of the file that has the plan of the run Plan, "" for none.
	PlanID string `json:"plan_id,omitempty"`
	Nonce  string `json:"nonce,omitempty"`
	// Approvals are those of that plan, as they counted where the operator works.
	Approvals []outcome.Approval `json:"approvals,omitempty"`
	// Since is the run to compare with, Detailed gives exit code 5 for news and planned changes.
	Since    string `json:"since,omitempty"`
	Detailed bool   `json:"detailed,omitempty"`
}

// resuming asks for the rest of a run that was cut off.
type resuming struct {
	Run string     `json:"run"`
	By  outcome.By `json:"by"`
	// Deadline bounds the rest; 0: by that of the run, from now on.
	Deadline time.Duration `json:"deadline,omitempty"`
}

// begun is the answer to Call, and to resuming.
type begun struct {
	Hosts int      `json:"hosts"`
	Sites []string `json:"sites"`
}

// following asks for news: it is answered when more hosts than Known have ended, when a wave
// after Wave waits for an answer, when the run is over, or after a while.
type following struct {
	Run   string `json:"run"`
	Known int    `json:"known"`
	Wave  int    `json:"wave,omitempty"`
}

// progress is the answer to following.
type progress struct {
	Ended int      `json:"ended"`
	Of    int      `json:"of"`
	Over  bool     `json:"over"`
	Wave  *wave    `json:"wave,omitempty"`  // waits for an answer; nil: none does
	Lines []string `json:"lines,omitempty"` // all that the hub has said of the run
}

// named names a run.
type named struct {
	Run string `json:"run"`
}

const (
	// pieceBytes is how much of the end of a run travels in one message.
	pieceBytes = fleet.MaxMessage / 4
	// maxEnding bounds the end of a run at the operator, in bytes: some 500,000 hosts.
	maxEnding = 512 << 20
	// maxAnew is how often it is fetched anew.
	maxAnew = 3
)

// result is the end of a run.
type result struct {
	Run    outcome.Run `json:"run"`
	Broken string      `json:"broken,omitempty"`
}

// fetching asks for the end of a run, from a byte of its text on: that of a run of 100,000 hosts
// is longer than a message may be.
type fetching struct {
	Run  string `json:"run"`
	From int    `json:"from,omitempty"`
}

// piece is a part of that text.
type piece struct {
	Text []byte `json:"text"`
	Of   int    `json:"of"` // bytes of the whole text
}

// adoptQuestion begins an adoption, or asks how far it is.
type adoptQuestion struct {
	ID    string   `json:"id"`
	Sites []string `json:"sites,omitempty"` // none: all that are connected
}
