// Package explain says of one host which observation led to which verdict, what was
// done about it, and what to do next; and writes the text of a support case.
package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// ExplanationSchema is that of Explanation.
const ExplanationSchema = "aixmend.explanation/v1"

// Explanation says of one host what led to what: for each finding what was
// observed, the rule that it met, the row of the procedure that the rule comes
// from, what was done or refused for it and why, and what to do next.
type Explanation struct {
	Schema  string          `json:"schema"`
	RunID   string          `json:"run_id"`
	Host    string          `json:"host"`
	Address string          `json:"address"`
	Outcome outcome.Outcome `json:"outcome"`
	Reason  string          `json:"reason"`
	// Read is how many commands were read, at At.
	Read   int       `json:"read"`
	At     time.Time `json:"at,omitzero"`
	Chains []Chain   `json:"chains"`
	// NotKnown says of each fact that could not be had why.
	NotKnown map[string]string `json:"not_known"`
	// Drift says how the host differs from an approved plan.
	Drift []string `json:"drift"`
	// Acts are all steps, in order; those of a finding are in its chain too.
	Acts []Act `json:"acts"`
	// Kept is the path of the capture, Lease the host's lease, Support are the files
	// that were fetched.
	Kept    string                `json:"kept"`
	Lease   *outcome.Lease        `json:"lease,omitempty"`
	Support []outcome.SupportFile `json:"support,omitempty"`
	// Next is what a person can do now, line by line.
	Next []string `json:"next"`
}

// Chain leads from what was observed to what to do about one finding.
type Chain struct {
	Finding  string           `json:"finding"`
	Severity outcome.Severity `json:"severity"`
	Title    string           `json:"title"`
	// Mended tells that it was there before the first change and has gone.
	Mended bool `json:"mended,omitempty"`
	// Observed are the commands that were read for it, Values what came of them,
	// Because says in words what counts.
	Observed []Observation `json:"observed"`
	Values   []Value       `json:"values"`
	Because  []string      `json:"because"`
	// Rule is the condition that holds, in CEL; "" where none of the playbook does.
	Rule string `json:"rule"`
	// RestsOn says how sure the facts are that the rule reads.
	RestsOn []outcome.Reading `json:"rests_on"`
	// Row is the row of the procedure, Source where the rule comes from.
	Row    string `json:"row"`
	Source string `json:"source"`
	// Waived and Expired are the reason and the end of its waiver.
	Waived  string   `json:"waived,omitempty"`
	Expired string   `json:"waiver_expired,omitempty"`
	Acts    []Act    `json:"acts"`
	Next    []string `json:"next"`
}

// Observation is a command that was read.
type Observation struct {
	Probe   string `json:"probe"`
	Command string `json:"command"`
	// Said is its answer in short: the whole is in the host's report.
	Said string `json:"said"`
}

// Value is a part of a fact as the rule read it.
type Value struct {
	Path string `json:"path"`
	// Is is JSON.
	Is any `json:"is"`
}

// Status of an act that was not sent; one that was has that of its change.
const (
	ActWould   = "would run"
	ActBlocked = "blocked"
)

// Act is a step: taken, or planned, or refused.
type Act struct {
	Rung   string    `json:"rung"`
	Step   string    `json:"step"`
	Status string    `json:"status"`
	At     time.Time `json:"at,omitzero"`
	// Why says what blocks it, or what became of it.
	Why string `json:"why"`
	// AllowedBy is the --allow word that lets it run; "": none is needed.
	AllowedBy string `json:"allowed_by"`
	Command   string `json:"command"`
	Undo      string `json:"undo"`
	// Mends are the findings that called for it.
	Mends []string `json:"mends"`
}

// Taken tells that it was sent.
func (a Act) Taken() bool { return a.Status != ActWould && a.Status != ActBlocked }

// Host explains the document of a host.
func Host(h outcome.Host) Explanation {
	e := Explanation{
		Schema: ExplanationSchema, RunID: h.RunID, Host: h.Host, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason,
		Chains: []Chain{}, NotKnown: map[string]string{}, Drift: append([]string{}, h.Drift...),
		Acts: acts(h), Kept: h.Capture, Lease: h.Lease, Support: h.Support, Next: []string{},
	}
	if h.FactErrors != nil {
		e.NotKnown = h.FactErrors
	}
	observed := observations(h)
	e.Read = len(observed)
	for _, s := range slices.Backward(h.Stages) {
		if e.At.IsZero() && (s.Name == outcome.StageDiagnose || s.Name == outcome.StageVerify) {
			e.At = s.Started
		}
	}
	for _, f := range h.Findings {
		c := chain(h, f, observed, e.Acts)
		c.Next = nextOf(h, f, c.Acts)
		e.Chains = append(e.Chains, c)
	}
	for _, f := range h.Mended {
		c := chain(h, f, observed, e.Acts)
		// What is read now is not what was read then.
		c.Mended, c.Observed, c.Values, c.Next = true, []Observation{}, []Value{}, []string{}
		e.Chains = append(e.Chains, c)
	}
	for _, f := range h.Findings {
		e.Next = append(e.Next, f.Next...)
	}
	e.Next = append(e.Next, advice(h)...)
	return e
}

// chain is that of one finding, but for what to do next.
func chain(h outcome.Host, f outcome.Finding, observed map[string]Observation, all []Act) Chain {
	row, source, _ := strings.Cut(f.Source, ": ")
	c := Chain{
		Finding: f.ID, Severity: f.Severity, Title: f.Title, Observed: []Observation{}, Values: []Value{},
		Because: append([]string{}, f.Evidence...), Rule: f.Rule, Row: row, Source: source, Expired: f.Expired, Acts: []Act{}, Next: []string{},
		RestsOn: append([]outcome.Reading{}, f.RestsOn...),
	}
	if f.Waived {
		c.Waived = f.Waiver
	}
	for _, id := range f.Probes {
		if o, there := observed[id]; there {
			c.Observed = append(c.Observed, o)
		}
	}
	for _, path := range f.Reads {
		if v, known := part(h.Facts, path); known {
			c.Values = append(c.Values, Value{path, v})
		}
	}
	for _, a := range all {
		if slices.Contains(a.Mends, f.ID) {
			c.Acts = append(c.Acts, a)
		}
	}
	return c
}

// observations are the commands of the newest look, by probe.
func observations(h outcome.Host) map[string]Observation {
	observed := map[string]Observation{}
	for _, stage := range h.Stages {
		if stage.Name != outcome.StageDiagnose && stage.Name != outcome.StageVerify {
			continue
		}
		for _, s := range stage.Steps {
			if !s.Mutating {
				observed[s.ID] = Observation{Probe: s.ID, Command: s.Command, Said: said(s)}
			}
		}
	}
	return observed
}

// said is what a command answered, in short.
func said(s outcome.Step) string {
	text := strings.TrimSpace(s.Stdout)
	lines := strings.Count(text, "\n") + 1
	switch {
	case s.Error != "":
		return s.Error
	case text == "":
		return fmt.Sprintf("exit %d, no output", s.ExitStatus)
	case lines > 1:
		return fmt.Sprintf("exit %d, %d lines", s.ExitStatus, lines)
	}
	return fmt.Sprintf("exit %d, %s", s.ExitStatus, report.Shorten(text, report.MaxValue))
}

// part is a part of the facts by its path, such as rmc_nic.name.
func part(facts map[string]any, path string) (any, bool) {
	var v any = facts
	for name := range strings.SplitSeq(path, ".") {
		fields, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = fields[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

// acts are the steps that were taken, then those that the plan has beyond them.
func acts(h outcome.Host) []Act {
	list := []Act{}
	for _, c := range h.Changes {
		list = append(list, Act{Rung: c.Rung, Step: c.Step, Status: c.Status, At: c.At, Why: c.Detail, Command: c.Command, Undo: c.Undo, Mends: append([]string{}, c.Mends...)})
	}
	for _, s := range h.Plan {
		taken := func(c outcome.Change) bool { return c.Step == s.Step && (c.Rung == s.Rung || c.Rung == "") }
		if i := slices.IndexFunc(h.Changes, taken); i >= 0 {
			if len(list[i].Mends) == 0 { // of a report that does not say it
				list[i].Rung, list[i].Mends = s.Rung, append([]string{}, s.Mends...)
			}
			list[i].AllowedBy = s.AllowedBy
			continue
		}
		a := Act{Rung: s.Rung, Step: s.Step, Status: ActWould, AllowedBy: s.AllowedBy, Command: s.Command, Undo: s.Undo, Mends: append([]string{}, s.Mends...)}
		a.Why = s.Because
		if s.BlockedBy != "" {
			a.Status, a.Why = ActBlocked, s.BlockedBy
		}
		list = append(list, a)
	}
	return list
}

// nextOf is what to do about one finding.
func nextOf(h outcome.Host, f outcome.Finding, acts []Act) []string {
	next := append([]string{}, f.Next...)
	if !f.Open() {
		return next
	}
	blocked, would := "", false
	for _, a := range acts {
		would = would || a.Status == ActWould
		if a.Status == ActBlocked && blocked == "" {
			blocked = "clear what blocks rung " + a.Rung + ": " + a.Why
			if a.AllowedBy != "" && strings.Contains(a.Why, "--allow "+a.AllowedBy) {
				blocked = "allow rung " + a.Rung + ": aixmend recover -l " + h.Host + " --allow " + a.AllowedBy
			}
		}
	}
	switch {
	case would:
		return append(next, "aixmend recover -l "+h.Host+" runs it")
	case blocked != "":
		return append(next, blocked)
	case f.Remedy != "":
		return append(next, f.Remedy)
	}
	return next
}
