package guide

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Known reports whether the guide has commands about the hosts of the run.
func (g Guide) Known() bool { return !g.elsewhere }

// Now lists the next steps of the run, the most urgent first: runs to continue, the plan to
// apply, then one step for all hosts that the same command is about, and a look at the end.
func (g Guide) Now() []report.Task {
	if g.elsewhere {
		return nil
	}
	list := g.unfinished()
	for _, o := range g.run.LeftOpen {
		if o.ID != g.run.Undoes {
			list = append(list, report.Task{Text: "Continue " + report.LeftOpen(o), Next: report.Next{Command: g.Quoted("aixmend", "resume", o.ID)}})
		}
	}
	if apply := g.apply(); g.asked.Out != "" && apply != nil {
		list = append(list, report.Task{Text: "Apply the saved plan " + report.Clean(g.asked.Out, false), Next: report.Next{Command: apply}})
	}
	about := g.tasks(report.Folds(g.run.Hosts))
	list = append(list, about...)
	if again := g.look(); len(about) > 0 && again != nil {
		list = append(list, report.Task{Text: "Afterwards, look again", Next: report.Next{Command: again}})
	}
	return list
}

// unfinished is the step that continues the run, none where all hosts have ended.
func (g Guide) unfinished() []report.Task {
	if g.run.Unfinished == 0 || g.closed {
		return nil
	}
	command, more := g.resumes()
	text := "Continue this run"
	if more {
		text += ", with more time"
	}
	return []report.Task{{Text: text, Why: g.unfinishedHosts(), Next: report.Next{Command: command}}}
}

// tasks are the next steps of folds. Folds of one outcome whose hosts need the same command share
// one, but where it explains a host.
func (g Guide) tasks(folds []report.Fold) []report.Task {
	var merged []report.Fold
	at := map[string]int{}
	for _, f := range folds {
		next := g.Next(f)
		verb := verbOf(next)
		if len(next.Command) == 0 || g.resumesHosts(f) || verb == "explain" && !urgent(f.Outcome) {
			continue
		}
		key := ""
		if verb != "explain" {
			like := f
			like.Hosts = []string{"x"}
			key = fmt.Sprintf("%s|%s|%q", f.Outcome, next.Step, g.command(like))
		}
		i, known := at[key]
		if key == "" || !known {
			at[key] = len(merged)
			f.Hosts = slices.Clone(f.Hosts)
			merged = append(merged, f)
			continue
		}
		m := &merged[i]
		m.Hosts = append(m.Hosts, f.Hosts...)
		if !slices.Equal(m.Findings, f.Findings) {
			m.Findings, m.Differ = nil, true
		}
	}
	list := make([]report.Task, 0, len(merged))
	for _, f := range merged {
		slices.Sort(f.Hosts)
		next := g.Next(f)
		task := report.Task{Text: g.does(verbOf(next), f), Why: why(verbOf(next), f), Outcome: f.Outcome, Next: next}
		if len(f.Hosts) > 1 {
			task.Hosts = f.Hosts
		}
		list = append(list, task)
		if after := g.afterPlan(task, f); after != nil {
			list = append(list, *after)
		}
	}
	return list
}

// afterPlan is the step behind a plan that the run proposes, nil for none: with a word of --allow or
// a parameter missing, the plan has to be read first.
func (g Guide) afterPlan(plan report.Task, f report.Fold) *report.Task {
	allow, set := g.wanted(f)
	if verbOf(plan.Next) != "plan" || !g.fixes || len(allow) > 0 || len(set) > 0 {
		return nil
	}
	plan.Text, plan.Why, plan.Step = "Then recover: it shows the plan, and asks", "", ""
	plan.Hosts, plan.Command = nil, g.Again(string(controller.Recover), f)
	return &plan
}

// resumesHosts reports whether the hosts of a fold wait for the run to be resumed.
func (g Guide) resumesHosts(f report.Fold) bool {
	return f.Interrupted && g.Resumes() && !outcome.ToCompare(f.Outcome, f.Interrupted)
}

// verbOf is the verb of a next command.
func verbOf(n report.Next) string {
	if i := slices.IndexFunc(n.Command, func(word string) bool { return slices.Contains(report.Verbs, word) }); i >= 0 {
		return n.Command[i]
	}
	return ""
}

// urgent reports whether a person has to find out about hosts with an outcome: the others are well,
// were left out, or have only warnings.
func urgent(o outcome.Outcome) bool {
	return slices.Contains([]outcome.Outcome{outcome.Unknown, outcome.Failed, outcome.CutOff, outcome.NeedsAction, outcome.Unreachable}, o)
}

// does names the action of a command about the hosts of a fold.
func (g Guide) does(verb string, f report.Fold) string {
	hosts := report.Hosts(len(f.Hosts))
	if len(f.Hosts) == 1 {
		hosts = f.Hosts[0]
	}
	text := "Run " + verb + " on " + hosts
	switch verb {
	case "plan":
		text = "Plan " + hosts
		if allow, _ := g.wanted(f); len(allow) > 0 {
			text += " with --allow " + strings.Join(allow, ",")
		}
		text += ", without a change"
	case "recover":
		text = "Recover " + hosts
	case "hostkeys":
		text = "Check the host key of " + hosts
	case "resume":
		text = "Continue the run that holds " + hosts
	case "explain":
		text = "Find out about " + f.Hosts[0]
		if n := len(f.Hosts) - 1; n > 0 {
			text += ", and " + report.More(n, "host") + " like it"
		}
	}
	return report.Clean(text, false)
}

// why says why the hosts of a fold need a command; "" where that differs between them.
func why(verb string, f report.Fold) string {
	if verb == "explain" {
		return report.Clean(f.What(), false)
	}
	return report.Clean(strings.Join(f.Findings, ", "), false)
}

// look is the audit of the run's hosts, nil where no command selects them.
func (g Guide) look() []string {
	latest := slices.ContainsFunc(g.asked.Limit, func(pattern string) bool { return strings.Contains(pattern, "@latest") })
	if !g.known || latest || g.run.Undoes != "" || g.run.Command == "replay" {
		return nil
	}
	all := report.Fold{}
	for _, h := range g.run.Hosts {
		all.Hosts = append(all.Hosts, h.Name)
	}
	return g.Again(string(controller.Audit), all)
}
