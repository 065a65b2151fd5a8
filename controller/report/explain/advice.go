package explain

import (
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/docs"
	"aixmend/transport/shell"
)

// advice lists what a person can do now. It names no remedy for a finding that a rung
// of the plan fixes: the rung runs, or the person clears its block first.
func advice(h outcome.Host) []string {
	switch {
	case h.Interrupted && h.Outcome == outcome.Unknown:
		return append(continues(h), "until then: "+h.Reason)
	case h.Interrupted && !outcome.ToCompare(h.Outcome, h.Interrupted):
		return continues(h)
	}
	switch h.Outcome {
	case outcome.Unreachable:
		return connectionAdvice(h)
	case outcome.Skipped:
		return notJudged(h)
	case outcome.Healthy, outcome.Recovered:
		for _, f := range h.Findings {
			if len(f.Next) > 0 {
				return nil
			}
		}
		return left(h)
	case outcome.OutcomeUndone:
		if len(outcome.OpenIDs(h.Findings)) == 0 {
			return []string{"nothing"}
		}
		return command("all that has an undo is undone; to fix its findings again", "recover", "-l", h.Host)
	case outcome.Unknown:
		return []string{"check the host yourself before any further change: " + h.Reason}
	}
	list := byHand(h)
	switch {
	case h.Outcome == outcome.Failed:
		return append(list, "the changes and their undo commands are listed above; if the problem persists, "+opensCase(h))
	case len(h.Support) > 0:
		return append(list, opensCase(h))
	case slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) && len(h.Changes) == 0:
		return append(list, recovers(h)...)
	case len(h.Changes) > 0:
		list = append(list, "the changes and their undo commands are listed above")
		list = append(list, command("when that is done, audit again", "audit", "-l", h.Host)...)
		if handedOver(h) {
			return list
		}
		return append(list, command("if it does not help, to collect the data of a support case", "recover", "--playbook", "support-data", "-l", h.Host)...)
	case h.Outcome == outcome.Degraded && len(h.Plan) == 0:
		return append(list, warned(h)...)
	case h.Plan == nil:
		return append(list, command(toPlan, "plan", "-l", h.Host)...)
	case len(list) == 0 && len(h.Findings) > 0:
		return readUp(h)
	}
	return list
}

// warned is the advice on a host that has nothing but warnings: the plan that fixes them, and
// the remedies that are a command of their own.
func warned(h outcome.Host) []string {
	var own []string
	others := false
	for _, f := range h.Findings {
		if !f.Open() || f.Severity != outcome.Warning {
			continue
		}
		lines := remedy(f.ID, f.Remedy)
		if len(lines) == 1 {
			others = true
		} else if !slices.Contains(own, lines[1]) {
			own = append(own, lines...)
		}
	}
	if !others && len(own) > 0 {
		return own
	}
	return append(command(toPlan, "plan", "-l", h.Host, "--mend-warnings"), own...)
}

// remedy is the remedy of a finding as advice. One that ends with a command of this program has
// it on a line of its own, which can be pasted.
func remedy(finding, text string) []string {
	return parted(finding + ": " + text)
}

// parted is a text, with the command of this program that it ends with on a line of its own.
func parted(text string) []string {
	prose, words, found := strings.Cut(text, ": aixmend ")
	if !found || strings.ContainsAny(words, ";,") {
		return []string{text}
	}
	return []string{prose + ":", "aixmend " + words}
}

// opensCase is the advice to open a support case with the text that the run wrote.
func opensCase(h outcome.Host) string {
	return "open a case with the text in " + shell.Word("runs/"+h.RunID+"/support/"+h.Host+"/case.txt") + belowState
}

// handedOver reports whether the run had no data of a support case to collect, or has done so.
func handedOver(h outcome.Host) bool {
	return !slices.ContainsFunc(h.Plan, func(s outcome.PlanStep) bool { return s.Conditional && s.Step != "" && !h.Sent(s) })
}

// readUp is the advice on findings that no rung fixes: the section of the runbook on the first
// that has one, else the remedies of the playbook.
func readUp(h outcome.Host) []string {
	var ids []string
	for _, f := range h.Findings {
		ids = append(ids, f.ID)
	}
	if list := docs.Explained(ids); len(list) > 0 {
		return command("to read how to fix it by hand", "runbook", list[0])
	}
	return left(h)
}

// belowState ends a line with a path in the state folder.
const belowState = " below the state folder"

// In names the files of the state folder by paths that resolve where its own path does. In
// documents they stay relative to it.
func In(e *Explanation, state string) {
	if e.Capture != "" {
		e.Capture = filepath.Join(state, e.Capture)
	}
	e.Support = slices.Clone(e.Support)
	for i, f := range e.Support {
		e.Support[i].Name = filepath.Join(state, f.Name)
	}
	at := shell.Word("runs/" + e.RunID + "/support/" + e.Host + "/case.txt")
	for i, line := range e.Next {
		if before, found := strings.CutSuffix(line, at+belowState); found {
			e.Next[i] = before + shell.Word(filepath.Join(state, "runs", e.RunID, "support", e.Host, "case.txt"))
		}
	}
}

// byHand lists the steps of a person: why rungs are blocked, and the remedies of critical
// findings that no rung of the plan fixes. Where a rung is blocked, the remedy of a finding
// that only informs is one for the block.
func byHand(h outcome.Host) []string {
	var list []string
	planned, held := map[string]bool{}, false
	for _, s := range h.Plan {
		for _, id := range s.Fixes {
			planned[id] = true
		}
		if s.Conditional || s.BlockedBy == "" {
			continue
		}
		why := blocked(s.Rung, s.BlockedBy)
		if strings.HasPrefix(h.Reason, blocked(s.Rung, "")) { // it was looked at again since the plan
			why = h.Reason
		}
		if slices.Contains(list, why) {
			continue
		}
		list, held = append(list, why), true
		if s.LacksFlags() {
			list = append(list, allows(h, outcome.Need{Step: s.BlockedBy, Allow: s.AllowedBy})...)
		}
	}
	for _, f := range h.Findings {
		counts := f.Severity == outcome.Critical || f.Severity == outcome.Info && held
		if lines := remedy(f.ID, f.Remedy); counts && f.Open() && f.Remedy != "" && !planned[f.ID] && !slices.Contains(list, lines[0]) {
			list = append(list, lines...)
		}
	}
	return list
}

// blocked says that a rung is blocked and why, as the reason of a host does.
func blocked(rung, why string) string {
	if strings.HasPrefix(why, "not allowed: ") {
		return "rung " + rung + " is " + why
	}
	return "rung " + rung + " is blocked: " + why
}

// command is advice that ends in a command: the prose, then the command as a line of its
// own, which can be pasted.
func command(prose string, words ...string) []string {
	return []string{prose + ":", "aixmend " + shell.Line(words...)}
}

// isCommand reports whether a line of advice is a command of this program.
func isCommand(line string) bool { return strings.HasPrefix(line, "aixmend ") }

// toPlan introduces the command that shows the commands of recover.
const toPlan = "to see the commands that recover would run"

// left is the advice on a host that is well: about the warnings that it is left with.
func left(h outcome.Host) []string {
	var list []string
	for _, f := range h.Findings {
		if lines := remedy(f.ID, f.Remedy); f.Open() && f.Remedy != "" && !slices.Contains(list, lines[0]) {
			list = append(list, lines...)
		}
	}
	if len(list) == 0 {
		return []string{"nothing"}
	}
	return list
}

// notJudged is the advice on a host that was left alone: when its turn comes again, or that
// it does not belong here.
func notJudged(h outcome.Host) []string {
	again := func(prose string) []string { return command(prose, "recover", "-l", h.Host) }
	switch {
	case strings.HasPrefix(h.Reason, outcome.ReasonDrifted):
		return command("left alone, it changed since the plan; to plan again", "plan", "-l", h.Host)
	case strings.HasPrefix(h.Reason, outcome.ReasonBrake):
		return again("not judged, the brake kept it back: look at the hosts that failed first; then, to begin with it")
	case strings.HasPrefix(h.Reason, outcome.ReasonHeld):
		list := command("not judged ("+h.Reason+"); to see the runs of this folder", "runs")
		return append(list, again("when it has ended, to begin with this host")...)
	}
	return []string{"not judged (" + h.Reason + "); if the host does not belong here, remove it from the inventory"}
}

// continues is the advice on a host that was cut off.
func continues(h outcome.Host) []string {
	return command(toContinue, "resume", h.RunID)
}

// toContinue introduces the command that continues a run.
const toContinue = "to read the host again and continue"

// LeftOpen adds the other open runs that have changed the host and have not ended there, the
// newest first: whatever the host looks like, they are to be continued first.
func LeftOpen(e *Explanation, runs []outcome.OpenRun) {
	var next []string
	for _, run := range runs {
		if run.ID != e.RunID {
			e.LeftOpenBy, e.LeftOpen = append(e.LeftOpenBy, run.ID), append(e.LeftOpen, run)
			next = append(next, command(run.Changed()+"; to continue it", "resume", run.ID)...)
		}
	}
	if len(next) > 0 && slices.Equal(e.Next, []string{"nothing"}) {
		e.Next = nil
	}
	e.Next = append(next, e.Next...)
}

// recovers is the advice to run the steps of the plan.
func recovers(h outcome.Host) []string {
	return command("to run the steps above", "recover", "-l", h.Host)
}

// Closed replaces the advice to resume the run, which can't be resumed any more.
func (e *Explanation) Closed() {
	lists := [][]string{e.Next}
	for _, c := range e.Chains {
		lists = append(lists, c.Next)
	}
	for _, list := range lists {
		for i, line := range list {
			if i > 0 && strings.HasPrefix(line, "aixmend resume ") {
				copy(list[i-1:], command("the run can't be resumed any more; to read the host in a new one", "recover", "-l", e.Host))
			}
		}
	}
}

// ReadOnly replaces the advice to plan, where a plan would fix nothing: the findings say how
// to go on.
func ReadOnly(e *Explanation) {
	i := slices.Index(e.Next, toPlan+":")
	if i < 0 {
		return
	}
	e.Next = slices.Delete(e.Next, i, i+2)
	for _, c := range e.Chains {
		for _, line := range c.Next {
			if !isCommand(line) {
				line = c.Finding + ": " + line
			}
			if !slices.Contains(e.Next, line) && c.Severity != outcome.Critical {
				e.Next = append(e.Next, line)
			}
		}
	}
	if len(e.Next) == 0 {
		e.Next = []string{"nothing"}
	}
}

// AtSite leaves the advice to the site that has the evidence: no command about the host works
// here.
func AtSite(e *Explanation) {
	e.Next = []string{"explain of this run at site " + e.Site + " says how to go on"}
	for i := range e.Chains {
		e.Chains[i].Next = []string{}
	}
}

// Type completes the commands in the advice so that they can be pasted: complete adds the
// inventory, state folder and flags of the run to the commands in a line.
func (e *Explanation) Type(complete func(line string) string) {
	if complete == nil {
		return
	}
	lists := [][]string{e.Next}
	for _, c := range e.Chains {
		lists = append(lists, c.Next)
	}
	for _, list := range lists {
		for i, line := range list {
			list[i] = complete(line)
		}
	}
}
