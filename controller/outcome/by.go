package outcome

import "strings"

// By is who started a run. The names are those that the system and the environment gave:
// they help to find the person, and prove nothing.
type By struct {
	// User is the login of the process, Machine the name of its machine.
	User    string `json:"user"`
	Machine string `json:"machine"`
	// Terminal is "" where there was none (cron, a pipeline).
	Terminal string `json:"terminal"`
	// SudoUser is the login that became User through sudo; "" for none.
	SudoUser string `json:"sudo_user,omitempty"`
	// Job is the job of a pipeline, by its address where the runner gives one, JobUser the
	// person who started it; "" outside of pipelines.
	Job     string `json:"job,omitempty"`
	JobUser string `json:"job_user,omitempty"`
	// Operator is the member of a hub whose key asked for the run; "" without a hub.
	Operator string `json:"operator,omitempty"`
}

// String names the person, the machine and the job in one phrase: "ana via sudo on jump1".
// It is "" where nothing is known.
func (b By) String() string {
	who := b.User
	if b.SudoUser != "" {
		who = b.SudoUser + " via sudo"
	}
	if who != "" && b.Machine != "" {
		who += " on " + b.Machine
	}
	if b.Operator != "" {
		who += " as operator " + b.Operator
	}
	if b.Job == "" {
		return who
	}
	if who != "" {
		who += ", "
	}
	who += "job " + b.Job
	if b.JobUser != "" {
		who += " started by " + b.JobUser
	}
	return who
}

// Login is the login of the person: the one before sudo.
func (b By) Login() string {
	if b.SudoUser != "" {
		return b.SudoUser
	}
	return b.User
}

// StartedBy says in one phrase who started a run, who else resumed it, and for which
// ticket; "" where none of that is known, as of runs of earlier versions.
func (r Run) StartedBy() string {
	var parts []string
	if text := r.By.String(); text != "" {
		parts = append(parts, text)
	}
	for _, by := range r.ResumedBy {
		if by.String() != r.By.String() {
			parts = append(parts, "resumed by "+by.String())
		}
	}
	if r.Ticket != "" {
		parts = append(parts, "ticket "+r.Ticket)
	}
	return strings.Join(parts, ", ")
}
