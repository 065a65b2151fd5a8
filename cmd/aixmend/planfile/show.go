package planfile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/folded"
	"aixmend/inventory"
)

// clockTolerance is how far the clock of the plan's author may be ahead without mention.
const clockTolerance = 2 * time.Minute

// View says how a plan is shown.
type View struct {
	report.TextOptions
	// Hosts are the names of the hosts to show; nil: all.
	Hosts []string
	// Each prints the hosts one by one; otherwise those with the same steps share one block.
	Each bool
	// Whole prints every command, also those around a timed undo; it implies Each.
	Whole bool
	// Notes say who has approved the plan, a line each; nil for a plan that nobody has.
	Notes []string
}

// Text prints a plan in a file: Describe, then the plan of its hosts. It is safe for a
// terminal, as Describe is.
func (p *Plan) Text(file string, now time.Time, v View) string {
	var b strings.Builder
	b.WriteString(p.Describe(file, now, v) + "\n")
	hosts := p.Summaries(v.Hosts)
	if !v.Each && !v.Whole {
		return b.String() + folded.Text(hosts, v.TextOptions)
	}
	ways := map[string]string{}
	for _, h := range p.Hosts {
		ways[h.Name] = fmt.Sprintf("%s (%s, login %s)", h.Name, h.Address, h.Login)
		if h.Site != "" {
			ways[h.Name] = fmt.Sprintf("%s (site %s)", h.Name, h.Site)
		}
	}
	for _, s := range hosts {
		s.Name = ways[s.Name]
		b.WriteString(report.PlanText(s, v.Width, v.Whole) + "\n")
	}
	if note := report.TimedNote(hosts, false, v.Whole); note != "" {
		b.WriteString(report.Wrapped(note, v.Width, "  ") + "\n")
	}
	return b.String() + report.Wrapped(folded.Counted(hosts), v.Width, "  ") + "\n"
}

// Restrict blocks the steps in newer plans of hosts that are not in this one as they are: a run
// that is bound to it does not send them.
func (p *Plan) Restrict(hosts []outcome.HostSummary) {
	type row struct{ host, rung, step, command, undo string }
	approved := map[row]bool{}
	for _, h := range p.Hosts {
		for _, s := range h.Plan {
			approved[row{h.Name, s.Rung, s.Step, s.Command, s.Undo}] = s.BlockedBy == "" || s.Conditional
		}
	}
	for i := range hosts {
		h := &hosts[i]
		h.Plan = slices.Clone(h.Plan)
		for k := range h.Plan {
			if s := &h.Plan[k]; s.BlockedBy == "" && !approved[row{h.Name, s.Rung, s.Step, s.Command, s.Undo}] {
				s.BlockedBy = "it is not in the approved plan"
			}
		}
	}
}

// Summaries are the hosts of the plan with such names, as the run that made it found them;
// nil names are all.
func (p *Plan) Summaries(names []string) []outcome.HostSummary {
	var hosts []outcome.HostSummary
	for _, h := range p.Hosts {
		if names != nil && !slices.Contains(names, h.Name) {
			continue
		}
		s := outcome.HostSummary{Name: h.Name, Outcome: h.Outcome, Reason: h.Reason, Plan: h.Plan}
		for _, finding := range h.Findings { // with its severity
			id, severity, _ := strings.Cut(finding, " ")
			s.Open = append(s.Open, id)
			if severity == string(outcome.Critical) && h.Outcome == outcome.NeedsAction && !fixed(h.Plan, id) {
				s.Needs = append(s.Needs, outcome.Need{Finding: id})
			}
		}
		hosts = append(hosts, s)
	}
	return hosts
}

// fixed reports whether a step that would run fixes a finding.
func fixed(plan []outcome.PlanStep, finding string) bool {
	return slices.ContainsFunc(plan, func(s outcome.PlanStep) bool { return s.Runs() && slices.Contains(s.Fixes, finding) })
}

// Names returns the hosts of the plan that patterns select; none select all.
func (p *Plan) Names(patterns []string) ([]string, error) {
	var inv inventory.Inventory
	for _, h := range p.Hosts {
		inv.Hosts = append(inv.Hosts, inventory.Host{Name: h.Name})
	}
	hosts, err := inv.Select(patterns...)
	if err != nil {
		return nil, exit.Usagef("-l selects from the hosts of the plan", "%w", err)
	}
	names := []string{}
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return names, nil
}

// Describe says where a plan comes from and who approved it, and prints its playbook and flags.
func (p *Plan) Describe(file string, now time.Time, v View) string {
	age := fmt.Sprintf("%s old", max(now.Sub(p.Created), 0).Round(time.Second))
	if ahead := p.Created.Sub(now); ahead > clockTolerance {
		age = fmt.Sprintf("made %s in the future by this machine's clock", ahead.Round(time.Second))
	}
	name := filepath.Base(file)
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(report.Fit(report.Cleanf(format, args...), v.Width) + "\n")
	}
	line("plan %s, id %s, of run %s", name, p.ID, p.RunID)
	line("made %s by %s with aixmend %s, %s", p.Created.Format(time.RFC3339), p.By.String(), p.Version, age)
	for _, note := range v.Notes {
		line("%s", note)
	}
	switch {
	case p.OverHub():
		line("made over a hub, which compares it with its own copy before it begins anything; the commands are at the sites")
	case len(v.Notes) == 0:
		line("not signed: anybody who could write %s may have changed it", name)
	}
	if embedded(p.Named) {
		line("playbook %s (embedded), sha256 %s", p.Playbook.Name, p.Playbook.SHA256)
	} else {
		line("playbook %s, file %s, sha256 %s", p.Playbook.Name, p.Named, p.Playbook.SHA256)
	}
	for _, f := range (Settings{p.Named, p.Set, p.Allow, p.MendWarnings}).Flags()[1:] {
		line("%s", strings.Join(f.Words(), " "))
	}
	line("%s, %d would change", report.Hosts(len(p.Hosts)), len(p.Changed()))
	return b.String()
}
