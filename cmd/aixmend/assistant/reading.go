package assistant

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"aixmend/controller/outcome"
)

// Items on a page of a list.
const (
	pageOfRuns  = 50
	pageOfHosts = 200
	pageOfSteps = 100
)

// Arguments of the tools that read.
type (
	paged struct {
		Offset int `json:"offset,omitempty" jsonschema:"where to go on: next_offset of the answer before"`
	}
	aRun struct {
		Run string `json:"run,omitempty" jsonschema:"id of the run, or four or more characters of it that no other has, or latest; without it the newest"`
		paged
	}
	aHost struct {
		Host string `json:"host" jsonschema:"name of the host"`
		Run  string `json:"run,omitempty" jsonschema:"id of the run, or latest; without it the newest that has the host"`
		paged
	}
	hostsOf struct {
		Run     string `json:"run,omitempty" jsonschema:"id of the run, or latest, which is the default"`
		Outcome string `json:"outcome,omitempty" jsonschema:"only hosts with this outcome, such as needs_action, failed, unreachable, healthy"`
		Finding string `json:"finding,omitempty" jsonschema:"only hosts with this finding, such as rmc-disconnected"`
		paged
	}
	twoRuns struct {
		From string `json:"from,omitempty" jsonschema:"the earlier run; without it the newest before the latest that saw the same hosts"`
		To   string `json:"to,omitempty" jsonschema:"the later run; without it the latest"`
		paged
	}
	aPlan struct {
		Plan string `json:"plan,omitempty" jsonschema:"name of the plan; without it the only one"`
		Host string `json:"host,omitempty" jsonschema:"only the commands of this host"`
		paged
	}
	aFinding struct {
		Finding string `json:"finding,omitempty" jsonschema:"id of the finding; without it the list of all"`
		paged
	}
)

// readers adds the tools that read the state folder.
func (d *desk) readers(s *mcp.Server) {
	offer(s, look("list_runs", "List runs", "The kept runs, newest first: verb, times, who started it, exit code, hosts by outcome."), d.listRuns)
	offer(s, look("run_report", "Report of a run", "The summary of a run: hosts with the same diagnosis share a line, the worst first."), d.runReport)
	offer(s, look("list_hosts", "Hosts of a run", "The hosts of a finished run: outcome, reason, findings. It can be limited to an outcome or a finding."), d.listHosts)
	offer(s, look("explain_host", "Explain a host", "How the evidence led to each verdict on a host, the changes that were made on it, and the next steps."), d.explainHost)
	offer(s, look("host_report", "Report of a host", "The whole report of a host in a run: findings with evidence, remedy and source, plan, changes, commands."), d.hostReport)
	offer(s, look("host_plan", "Plan of a host", "The commands that a plan, or a recovery, has for a host: rung, step, command, undo, why it is blocked. Without a run, the newest plan that has the host."), d.hostPlan)
	if len(d.plans) > 0 {
		offer(s, look("show_plan", "Show a saved plan", "A plan that was saved for approval: who made it and when, its flags, and the commands of each host with their undos. The plans: "+strings.Join(d.planNames(), ", ")), d.showPlan)
	}
	offer(s, look("diff_runs", "Compare runs", "The differences between two runs: hosts, findings and facts, and since when."), d.diffRuns)
	offer(s, look("runbook", "Runbook", "The meaning of a finding, and how a person checks and fixes it by hand. It comes with aixmend."), d.runbook)
}

func (d *desk) listRuns(ctx asking, in paged) (*answer, error) {
	runs, a, err := d.runs(ctx)
	if runs == nil {
		return a, err
	}
	return a.list(runs, in.Offset, pageOfRuns)
}

// runs returns the list of runs; nil: the answer, or the error, says why there is none.
func (d *desk) runs(ctx asking) ([]any, *answer, error) {
	p, err := d.read(ctx, "runs", map[string]string{"format": "json"})
	if err != nil || p.code != 0 {
		a, err := refused(p, err)
		return nil, a, err
	}
	runs := []any{}
	if err := json.Unmarshal([]byte(p.out), &runs); err != nil {
		return nil, nil, err
	}
	return runs, newAnswer(p), nil
}

func (d *desk) runReport(ctx asking, in aRun) (*answer, error) {
	return d.text(ctx, "report", in.Offset, nil, named(in.Run)...)
}

func (d *desk) explainHost(ctx asking, in aHost) (*answer, error) {
	return d.text(ctx, "explain", in.Offset, nil, named(in.Run, in.Host)...)
}

func (d *desk) hostReport(ctx asking, in aHost) (*answer, error) {
	return d.text(ctx, "report", in.Offset, map[string]string{"host": in.Host}, named(in.Run)...)
}

func (d *desk) diffRuns(ctx asking, in twoRuns) (*answer, error) {
	if in.From == "" && in.To != "" && in.To != "latest" { // diff would compare it with the latest
		return nil, errors.New("name the earlier run, too: from")
	}
	return d.text(ctx, "diff", in.Offset, nil, named(in.From, in.To)...)
}

func (d *desk) runbook(ctx asking, in aFinding) (*answer, error) {
	return d.text(ctx, "runbook", in.Offset, nil, named(in.Finding)...)
}

func (d *desk) planNames() []string { return slices.Sorted(maps.Keys(d.plans)) }

func (d *desk) showPlan(ctx asking, in aPlan) (*answer, error) {
	if in.Plan == "" && len(d.plans) > 1 {
		return nil, fmt.Errorf("name the plan: %s", strings.Join(d.planNames(), ", "))
	}
	if in.Plan == "" {
		in.Plan = d.planNames()[0]
	}
	flags := map[string]string{}
	if in.Host != "" {
		flags["limit"] = in.Host
	}
	return d.text(ctx, planShow, in.Offset, flags, in.Plan)
}

// text answers with the text that a verb prints.
func (d *desk) text(ctx asking, verb string, offset int, flags map[string]string, names ...string) (*answer, error) {
	p, err := d.read(ctx, verb, flags, names...)
	if err != nil || p.code != 0 {
		return refused(p, err)
	}
	return newAnswer(p).page(p.out, offset), nil
}

// refused is the answer of a verb that has ended with an error, or the error of one that could
// not be run.
func refused(p *printed, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	a := newAnswer(p)
	a.failed = true
	return a, nil
}

// runDocument is the part of run.json that is read.
type runDocument struct {
	RunID  string           `json:"run_id"`
	Counts map[string]int   `json:"counts"`
	Hosts  []map[string]any `json:"hosts"`
}

func (d *desk) listHosts(ctx asking, in hostsOf) (*answer, error) {
	if in.Outcome != "" && !slices.Contains(outcome.Outcomes(), outcome.Outcome(in.Outcome)) {
		return nil, fmt.Errorf("no outcome is called %s: they are %v", in.Outcome, outcome.Outcomes())
	}
	p, err := d.read(ctx, "report", map[string]string{"format": "json"}, named(in.Run)...)
	if err != nil || p.code != 0 {
		return refused(p, err)
	}
	var run runDocument
	if err := json.Unmarshal([]byte(p.out), &run); err != nil {
		return nil, errors.New("the run has not finished: run_report shows how far it is")
	}
	var hosts []any
	for _, h := range run.Hosts {
		found, _ := h["findings"].([]any)
		if in.Outcome != "" && h["outcome"] != in.Outcome || in.Finding != "" && !slices.Contains(found, any(in.Finding)) {
			continue
		}
		item := map[string]any{}
		for _, key := range []string{"name", "address", "outcome", "reason", "findings", "cloud", "site"} {
			if value, has := h[key]; has {
				item[key] = value
			}
		}
		hosts = append(hosts, item)
	}
	a := newAnswer(p)
	a.Run, a.Counts = clean(run.RunID), run.Counts
	return a.list(hosts, in.Offset, pageOfHosts)
}

// maxPlans is in how many plans, the newest first, a host is looked for.
const maxPlans = 20

func (d *desk) hostPlan(ctx asking, in aHost) (*answer, error) {
	tries := named(in.Run)
	if in.Run == "" {
		runs, a, err := d.runs(ctx)
		if runs == nil {
			return a, err
		}
		if tries = plans(runs); len(tries) == 0 {
			return nil, errors.New("no plan has been made in this state folder")
		}
	}
	var p *printed
	for _, run := range tries {
		var err error
		if p, err = d.read(ctx, "report", map[string]string{"format": "json", "host": in.Host}, run); err != nil {
			return nil, err
		}
		if p.code == 0 {
			break
		}
	}
	if p.code != 0 {
		return refused(p, nil)
	}
	var host struct {
		RunID string `json:"run_id"`
		Plan  []any  `json:"plan"`
	}
	if err := json.Unmarshal([]byte(p.out), &host); err != nil {
		return nil, err
	}
	a := newAnswer(p)
	a.Run = clean(host.RunID)
	return a.list(host.Plan, in.Offset, pageOfSteps)
}

// plans are the ids of the newest plans that have ended.
func plans(runs []any) []string {
	var ids []string
	for _, r := range runs {
		run, _ := r.(map[string]any)
		if id, _ := run["run_id"].(string); run["command"] == "plan" && run["state"] == "ended" && len(ids) < maxPlans {
			ids = append(ids, id)
		}
	}
	return ids
}
