// Package explain explains one host: which observation led to which verdict, what was done
// about it, and what to do next; it also writes the text of a support case.
package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// ExplanationSchema is the schema of Explanation.
const ExplanationSchema = "aixmend.explanation/v1"

// Explanation traces the verdict on one host: for each finding the observations, the
// rule that they met, the source of the rule, the steps taken or
// refused and why, and what to do next.
type Explanation struct {
	Schema  string `json:"schema"`
	RunID   string `json:"run_id"`
	Host    string `json:"host"`
	Address string `json:"address"`
	// Site is the site that has the evidence; "" where it is here.
	Site    string          `json:"site,omitempty"`
	Outcome outcome.Outcome `json:"outcome"`
	Reason  string          `json:"reason"`
	// Interrupted says that the host was cut off, and that resume continues with it.
	Interrupted bool `json:"interrupted,omitempty"`
	// StartedBy says who started the run, who resumed it and for which ticket; "" where
	// that is not known.
	StartedBy string `json:"started_by,omitempty"`
	// LeftOpenBy are the other runs that have changed the host and have not ended there.
	LeftOpenBy []string `json:"left_open_by,omitempty"`
	// LeftOpen are the same runs, with the changes that each has sent.
	LeftOpen []outcome.OpenRun `json:"left_open,omitempty"`
	// Read is the number of commands that the newest look ran, At when it began.
	Read   int       `json:"read"`
	At     time.Time `json:"at,omitzero"`
	Chains []Chain   `json:"chains"`
	// Cloud is the VM as Power Virtual Server shows it; nil where it was not asked.
	Cloud *outcome.Cloud `json:"cloud,omitempty"`
	// NotKnown is, by fact, why the fact could not be read.
	NotKnown map[string]string `json:"not_known"`
	// Drift lists how the host differs from the approved plan.
	Drift []string `json:"drift"`
	// Steps are all steps in order; the steps of a finding are in its chain, too.
	Steps []Step `json:"steps"`
	// Capture is the path of the capture, Lease the host's lease, Support lists the
	// fetched files.
	Capture string                `json:"capture"`
	Lease   *outcome.Lease        `json:"lease,omitempty"`
	Support []outcome.SupportFile `json:"support,omitempty"`
	// Next lists what a person can do now.
	Next []string `json:"next"`
}

// Chain leads from the observations to the next step for one finding.
type Chain struct {
	Finding  string           `json:"finding"`
	Severity outcome.Severity `json:"severity"`
	Title    string           `json:"title"`
	// Fixed reports that the finding was there before the first change and is gone.
	Fixed bool `json:"fixed,omitempty"`
	// Observed are the commands that the rule rests on, Values the parsed values,
	// Because the evidence in words.
	Observed []Observation `json:"observed"`
	Values   []Value       `json:"values"`
	Because  []string      `json:"because"`
	// Rule is the condition that is true, in CEL; "" if the finding has none.
	Rule string `json:"rule"`
	// RestsOn is how sure the facts are that the rule reads.
	RestsOn []outcome.Reading `json:"rests_on"`
	// Source is the origin of the rule: an id of docs/runbook.md, then the detail.
	Source string `json:"source"`
	// Waived and Expired are the reason and the end of its waiver.
	Waived  string   `json:"waived,omitempty"`
	Expired string   `json:"waiver_expired,omitempty"`
	Steps   []Step   `json:"steps"`
	Next    []string `json:"next"`
}

// Observation is a read-only command and its answer.
type Observation struct {
	Probe   string `json:"probe"`
	Command string `json:"command"`
	// Said is the answer in short; the host's report has all of it.
	Said string `json:"said"`
}

// Value is a part of a fact that the rule read.
type Value struct {
	Path string `json:"path"`
	// Is is JSON.
	Is any `json:"is"`
}

// Status of a step that was not sent. A step that was sent has the status of its
// change.
const (
	StepPlanned   = "would run"
	StepBlocked   = "blocked"
	StepLast      = "conditional" // it runs only if nothing else has helped
	StepNotNeeded = "not needed"  // the host was healed, or rolled back, without it
)

// Step is a step that was sent, planned or blocked.
type Step struct {
	Rung   string    `json:"rung"`
	Step   string    `json:"step"`
	Status string    `json:"status"`
	At     time.Time `json:"at,omitzero"`
	// Why is the reason of its block, or the detail of its result.
	Why string `json:"why"`
	// AllowedBy is the --allow word that the step needs; "" if none.
	AllowedBy string `json:"allowed_by"`
	Command   string `json:"command"`
	Undo      string `json:"undo"`
	// Fixes are the findings that called for it.
	Fixes []string `json:"fixes"`
	// Part is "arm" or "disarm" for the steps around one with a timed undo, Timed the step with
	// it and After how long after its arming the host runs it. Text has no commands for them.
	Part  string `json:"-"`
	Timed string `json:"-"`
	After string `json:"-"`
}

// Sent reports whether the step was sent to the host.
func (s Step) Sent() bool {
	return !slices.Contains([]string{StepPlanned, StepBlocked, StepLast, StepNotNeeded}, s.Status)
}

// Host explains the document of a host.
func Host(h outcome.Host) Explanation {
	e := Explanation{
		Schema: ExplanationSchema, RunID: h.RunID, Host: h.Host, Address: h.Address, Site: h.Site, Outcome: h.Outcome, Reason: h.Reason, Interrupted: h.Interrupted, Cloud: h.Cloud,
		Chains: []Chain{}, NotKnown: map[string]string{}, Drift: append([]string{}, h.Drift...),
		Steps: steps(h), Capture: h.Capture, Lease: h.Lease, Support: h.Support, Next: []string{},
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
		c := chain(h, f, observed, e.Steps)
		c.Next = nextOf(h, f, c.Steps)
		e.Chains = append(e.Chains, c)
	}
	for _, f := range h.Fixed {
		c := chain(h, f, observed, e.Steps)
		// The newest look no longer shows the evidence of a fixed finding.
		c.Fixed, c.Observed, c.Values, c.Next = true, []Observation{}, []Value{}, []string{}
		e.Chains = append(e.Chains, c)
	}
	for _, f := range h.Findings {
		for _, line := range f.Next {
			if !slices.Contains(e.Next, line) {
				e.Next = append(e.Next, line)
			}
		}
	}
	e.Next = append(e.Next, advice(h)...)
	return e
}

// chain builds the chain of one finding, without its next steps.
func chain(h outcome.Host, f outcome.Finding, observed map[string]*outcome.Command, all []Step) Chain {
	c := Chain{
		Finding: f.ID, Severity: f.Severity, Title: f.Title, Observed: []Observation{}, Values: []Value{},
		Because: append([]string{}, f.Evidence...), Rule: f.Rule, Source: f.Source, Expired: f.Expired, Steps: []Step{}, Next: []string{},
		RestsOn: append([]outcome.Reading{}, f.RestsOn...),
	}
	if f.Waived {
		c.Waived = f.Waiver
	}
	for _, id := range f.Probes {
		if s, there := observed[id]; there {
			c.Observed = append(c.Observed, Observation{Probe: s.ID, Command: s.Command, Said: said(*s)})
		}
	}
	for _, path := range f.Reads {
		if v, known := part(h.Facts, path); known {
			c.Values = append(c.Values, Value{path, v})
		}
	}
	for _, s := range all {
		if slices.Contains(s.Fixes, f.ID) {
			c.Steps = append(c.Steps, s)
		}
	}
	return c
}

// observations returns the commands of the newest look, by probe.
func observations(h outcome.Host) map[string]*outcome.Command {
	observed := map[string]*outcome.Command{}
	for _, stage := range h.Stages {
		if stage.Name != outcome.StageDiagnose && stage.Name != outcome.StageVerify {
			continue
		}
		for i := range stage.Steps {
			if s := &stage.Steps[i]; !s.Mutating {
				observed[s.ID] = s
			}
		}
	}
	return observed
}

// said renders the answer of a command in short.
func said(s outcome.Command) string {
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

// part returns the part of the facts at a path such as rmc_nic.name.
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

// steps returns the steps that were sent, then the other steps of the plan.
func steps(h outcome.Host) []Step {
	list := []Step{}
	for _, c := range h.Changes {
		list = append(list, Step{Rung: c.Rung, Step: c.Step, Status: c.Status, At: c.At, Why: c.Detail, Command: c.Command, Undo: c.Undo, Fixes: append([]string{}, c.Fixes...)})
	}
	for i, s := range h.Plan {
		if passed(h, i) {
			continue
		}
		sent := false
		for i, c := range h.Changes { // a step that was reverted may have been sent again
			if c.Step != s.Step || c.Rung != s.Rung && c.Rung != "" {
				continue
			}
			sent = true
			if len(list[i].Fixes) == 0 { // reports of earlier versions do not have it
				list[i].Rung, list[i].Fixes = s.Rung, append([]string{}, s.Fixes...)
			}
			list[i].AllowedBy = s.AllowedBy
			list[i].timed(h.Plan, s)
		}
		if sent {
			continue
		}
		a := Step{Rung: s.Rung, Step: s.Step, Status: StepPlanned, AllowedBy: s.AllowedBy, Command: s.Command, Undo: s.Undo, Fixes: append([]string{}, s.Fixes...)}
		a.Why = s.Because
		a.timed(h.Plan, s)
		switch {
		case h.Outcome == outcome.Recovered || h.Outcome == outcome.OutcomeUndone:
			a.Status, a.Why = StepNotNeeded, ""
		case s.Conditional:
			a.Status, a.Why = StepLast, lastResort(h)
		case s.BlockedBy != "":
			a.Status, a.Why = StepBlocked, s.BlockedBy
		}
		list = append(list, a)
	}
	return list
}

// passed reports whether a step without a command of the host, which fetches files, was done: a
// later step of its rung was sent.
func passed(h outcome.Host, at int) bool {
	s := h.Plan[at]
	return strings.HasPrefix(s.Command, "# ") && s.BlockedBy == "" && !h.Sent(s) &&
		slices.ContainsFunc(h.Plan[at+1:], func(later outcome.PlanStep) bool { return later.Rung == s.Rung && h.Sent(later) })
}

// Condition says when a conditional step of the host's plan runs, and why it was not run.
func (e Explanation) Condition(planned outcome.PlanStep) string {
	for _, s := range e.Steps {
		if s.Status == StepLast && s.Rung == planned.Rung && s.Step == planned.Step {
			return s.Why
		}
	}
	return outcome.LastResort // it was sent, or is not needed
}

// timed says for a step around one with a timed undo which step that is.
func (s *Step) timed(plan []outcome.PlanStep, planned outcome.PlanStep) {
	if s.Part = planned.Part; s.Part == "" {
		return
	}
	for _, p := range plan {
		if p.Rung == planned.Rung && p.TimedUndo != "" && planned.Step == p.Step+"-"+planned.Part+"-undo" {
			s.Timed, s.After = p.Step, p.UndoAfter()
		}
	}
}

// lastResort says when a conditional step runs, and why it did not in a run that got so far as
// to change the host or was cut off.
func lastResort(h outcome.Host) string {
	if h.Interrupted {
		return outcome.LastResort + "; not run: the host was interrupted"
	}
	for _, s := range h.Plan {
		if len(h.Changes) > 0 && s.BlockedBy != "" && !s.Conditional && !h.Sent(s) {
			return outcome.LastResort + "; not run: rung " + s.Rung + " is blocked"
		}
	}
	return outcome.HostSummary{Plan: h.Plan}.LastResort()
}

// nextOf lists what to do about one finding.
func nextOf(h outcome.Host, f outcome.Finding, steps []Step) []string {
	next := append([]string{}, f.Next...)
	if !f.Open() {
		return next
	}
	need, needs := h.Need(f)
	switch {
	case h.Interrupted && !outcome.ToCompare(h.Outcome, h.Interrupted):
		return append(next, continues(h)...)
	case slices.ContainsFunc(steps, func(s Step) bool { return s.Status == StepPlanned }):
		return append(next, recovers(h)...)
	case needs && need.Allow != "":
		to := allows(h, need)
		lacks := " requires --allow " + need.Allow
		if !strings.Contains(need.Step, "--allow "+need.Allow) {
			lacks = " is blocked: " + need.Step
		}
		to[0] = "rung " + need.Rung + lacks + "; " + to[0]
		return append(next, to...)
	case needs && need.Rung != "":
		return append(next, blocked(need.Rung, need.Step))
	case needs:
		return append(next, parted(need.Step)...)
	}
	return next
}

// allows is the advice to allow a rung by its word, with the parameter that it waits for.
func allows(h outcome.Host, n outcome.Need) []string {
	words := []string{"plan", "-l", h.Host, "--allow", n.Allow}
	to := "to see its commands"
	if p := n.Parameter(); p != "" {
		words = append(words, "--set", p)
		_, open, _ := strings.Cut(p, "=")
		to += " (replace " + open + " with your " + strings.ToLower(open) + ")"
	}
	return command(to, words...)
}
