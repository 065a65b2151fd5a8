package job

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/folded"
	"aixmend/inventory"
)

// Preview reads the hosts of an opened job that would change them, and shows the plan. The
// job then applies exactly that: a host that differs by then is skipped, and the reason
// says how. Where there is nothing to ask about, since no step would run or the run was
// cut off, the result is the run that found so, else nil.
func (j *Job) Preview(ctx context.Context, c *console.Console) (*Ended, error) {
	look := *j
	look.preview = true
	look.Request.Verb, look.Settings.Detailed = controller.Plan, false
	run, err := look.Run(ctx, c, nil)
	if err != nil || run == nil {
		return run, err
	}
	if !asksAbout(&run.Run) {
		j.Request = look.Request
		return run, nil
	}
	store, err := journal.OpenExisting(j.Settings.State)
	if err != nil {
		return nil, err
	}
	j.showPlans(c, run.Hosts)
	return nil, j.applyRun(store, &run.Run)
}

// ApplyRun makes the job apply the plan of a run of the plan verb, and nothing else.
func (j *Job) ApplyRun(store *journal.Store, id string) error {
	run, err := store.LoadRun(id)
	if err != nil {
		return err
	}
	return j.applyRun(store, run)
}

func (j *Job) applyRun(store *journal.Store, run *outcome.Run) error {
	p, err := planfile.Of(planned(j.Request.Asked), run, j.Request.Hosts, store)
	if err != nil {
		return err
	}
	return j.Apply(p, "", nil)
}

// PreviewLeft shows the part of an earlier run that was not sent: of its rollback, else a new
// plan of the hosts that are left, which are read: a host to which nothing was sent is bound to
// it, as by Preview. A run with an approved plan stays bound to that. The result is not nil where reading was
// interrupted: nothing is to be asked then.
func (j *Job) PreviewLeft(ctx context.Context, c *console.Console, earlier *Earlier) (*Ended, error) {
	left := earlier.Left(j)
	if undoes := j.Request.Undoes; undoes != "" {
		done, err := LoadEarlier(earlier.store, undoes, j.Playbook)
		if err == nil {
			j.ShowRollback(c, done, named(j.Request.Hosts, left))
			j.question.begun = slices.DeleteFunc(slices.Clone(left), func(host string) bool { return !earlier.sent(host) })
		}
		return nil, err
	}
	look := *j
	look.question.of = earlier.ID
	p := j.Request.Plan
	if p != nil { // its commands name the run that made it
		look.question.of, look.Request.Plan = p.RunID, nil
	}
	look.Request.Verb, look.Request.Hosts, look.Settings.Detailed = controller.Plan, named(j.Request.Hosts, left), false
	look.Request.Out, look.Request.Files, look.Request.Deadline = "", nil, 0
	run, err := look.Run(ctx, c, nil)
	if err != nil || run == nil {
		return run, err
	}
	if run.Unfinished > 0 {
		j.Request = look.Request
		return run, nil
	}
	if p != nil {
		p.Restrict(run.Hosts)
	}
	j.showPlans(c, run.Hosts)
	if err := j.bind(run.ID, earlier, left); err != nil {
		return nil, err
	}
	j.question.read = true
	for _, h := range run.Hosts {
		if slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) {
			j.question.changes = append(j.question.changes, h.Name)
		}
	}
	if took := run.Finished.Sub(run.Started).Round(time.Second); j.Request.Deadline > 0 && took >= j.Request.Deadline {
		c.Say("%s", j.Settings.paste(fmt.Sprintf("warning: reading these hosts took %s, so --deadline %s will cut the run again: aixmend resume %s --deadline %s",
			took, j.Request.Deadline, earlier.ID, request.Longer(max(took, j.Request.Deadline)))))
	}
	return nil, nil
}

// bind binds the hosts of an earlier run that are left to their plans in the run of a preview,
// but for those to which it has sent something, and where a plan was approved.
func (j *Job) bind(preview string, earlier *Earlier, left []string) error {
	j.question.shown = map[string]*approval.Host{}
	for _, host := range left {
		if earlier.sent(host) {
			j.question.begun = append(j.question.begun, host)
			continue
		}
		if j.Request.Plan != nil {
			continue
		}
		h, err := earlier.store.LoadHost(preview, host)
		if err != nil {
			return err
		}
		shown := approval.Of(*h)
		j.question.shown[host] = &shown
	}
	return nil
}

// showPlans shows the plans of hosts before a question.
func (j *Job) showPlans(c *console.Console, hosts []outcome.HostSummary) {
	whole := j.Settings.Verbose
	j.question.folded = folds(len(hosts), whole) || report.TimedNote(hosts, false, whole) != ""
	fmt.Fprint(c.Err, "\n"+PlanText(hosts, c.ErrTextOptions(), false, whole)+"\n")
}

// named are the hosts with such names.
func named(hosts []inventory.Host, names []string) []inventory.Host {
	return slices.DeleteFunc(slices.Clone(hosts), func(h inventory.Host) bool { return !slices.Contains(names, h.Name) })
}

// asksAbout reports whether a preview leads to a question: it has seen all hosts, and a step
// would run.
func asksAbout(run *outcome.Run) bool {
	return run.Unfinished == 0 && slices.ContainsFunc(run.Hosts, func(h outcome.HostSummary) bool { return slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) })
}

// PlanText renders the plans of a run: folded, or host by host where each is wanted or there is
// one host; whole prints every command of each.
func PlanText(hosts []outcome.HostSummary, o report.TextOptions, each, whole bool) string {
	if folds(len(hosts), each || whole) {
		return folded.Text(hosts, o)
	}
	text := ""
	for _, h := range hosts {
		if len(h.Plan) > 0 {
			text += report.PlanText(h, o.Width, whole) + "\n"
		}
	}
	if note := report.TimedNote(hosts, false, whole); note != "" {
		text += report.Wrapped(note, o.Width, "  ") + "\n"
	}
	return text + report.Wrapped(folded.Counted(hosts), o.Width, "  ") + "\n"
}

// folds reports whether the plans of so many hosts are shown folded.
func folds(hosts int, each bool) bool { return !each && hosts > 1 }

// planned are the flags that a plan was made with.
func planned(a request.Asked) planfile.Settings {
	return planfile.Settings{Playbook: a.Playbook, Set: a.Set, Allow: a.Allow, MendWarnings: a.MendWarnings}
}
