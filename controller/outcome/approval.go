package outcome

import (
	"strings"
	"time"
)

// Approval is the approval of a saved plan by a second person, as it was verified before the
// run began.
type Approval struct {
	// Principal is the approver's name in the file of allowed signers, Key the fingerprint of
	// the key that signed, and Authority that of the authority which vouches for it; "" for none.
	Principal string `json:"principal"`
	Key       string `json:"key"`
	Authority string `json:"authority,omitempty"`
	// PlanSHA256 is the hash of the plan that was approved.
	PlanSHA256 string `json:"plan_sha256"`
	// Approved is when the approver signed, by the clock of that machine. The approval is good
	// before Expires.
	Approved time.Time `json:"approved"`
	Expires  time.Time `json:"expires"`
	Comment  string    `json:"comment,omitempty"`
	// By is the login that called approve, as its environment gave it.
	By By `json:"by"`
}

// String names the approver, the key and the time in one phrase.
func (a Approval) String() string {
	text := a.Principal + " (key " + a.Key + ", " + a.Approved.UTC().Format(time.RFC3339) + ")"
	if a.Comment != "" {
		text += ": " + a.Comment
	}
	return text
}

// Approved says who has approved a plan, a line each.
func Approved(approvals []Approval) []string {
	lines := make([]string, len(approvals))
	for i, a := range approvals {
		lines[i] = "approved by " + a.String()
	}
	return lines
}

// ApprovedBy names in one phrase those who approved the plan of a run, "" where nobody had to.
func (r Run) ApprovedBy() string {
	var list []string
	for _, a := range r.Approvals {
		list = append(list, a.String())
	}
	return strings.Join(list, "; ")
}

// Approvers names them alone.
func (r Run) Approvers() string {
	var list []string
	for _, a := range r.Approvals {
		list = append(list, a.Principal)
	}
	return strings.Join(list, ", ")
}
