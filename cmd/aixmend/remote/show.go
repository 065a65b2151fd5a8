package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/notices"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller"
	"aixmend/controller/drift"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/playbooks"
	"aixmend/transport/shell"
)

// View says how the run of a verb is printed.
type View struct {
	// Format is text, json or that of a plugin.
	Format string
	// Plugin: the exit code follows the convention of monitoring plugins.
	Plugin bool
	// Quiet prints nothing where there is no trouble; Full prints every step of a plan.
	Quiet, Full bool
	// Annotations prints the worst hosts as GitHub workflow commands, too.
	Annotations bool
	// Files are the report files to write, by format; Out is the file for a plan, "" for none.
	Files map[string]string
	Out   string
	// Since prints the changes since the run of --since, and nothing where there are none.
	Since bool
	// Notices are the notifications to send.
	Notices notices.Notices
	// Version is that of this program.
	Version string
	// Made are the flags that a plan was made with.
	Made planfile.Settings
}

// Show writes the files of a run, nil for none, prints it and sends notifications. failed is
// its error; the error is the verdict.
func (r Reader) Show(ctx context.Context, v View, run *outcome.Run, failed error) error {
	if run == nil || failed != nil && run.ID == "" {
		return failed
	}
	if v.Plugin {
		run.Convention, run.ExitCode = outcome.ConventionNagios, int(outcome.PluginFor(run.Counts))
	}
	err := errors.Join(failed, r.Files(*run, Folder(), v.Files))
	if v.Out != "" {
		if unsaved := r.SavePlan(*run, v.Out); unsaved != nil {
			err, v.Out = errors.Join(err, unsaved), "" // it must not be named
		}
	}
	if v.Annotations {
		r.Annotate(formats.Annotations(*run))
	}
	if err == nil || !v.Plugin { // a plugin prints one status only
		err = errors.Join(err, exit.Heard(r.print(v, *run)))
	}
	told := *run
	if err != nil {
		told.ExitCode, told.ExitReason = int(outcome.ExitInternal), err.Error()
	}
	v.Notices.Tell(ctx, r.Console, notices.Ended{Run: told, Version: v.Version, Verbose: v.Full, News: func() (*drift.Drift, error) { return r.News(run.ID, false) }})
	if err != nil {
		return err
	}
	return exit.Verdict{Code: outcome.Code(run.ExitCode)}
}

func (r Reader) print(v View, run outcome.Run) error {
	switch {
	case v.Format == "json":
		return r.JSON(run)
	case v.Plugin:
		return r.Print("%s", formats.Nagios(run))
	case v.Since:
		if all, err := r.Since(run); err != nil || !all {
			return err
		}
	}
	text := ""
	switch {
	case v.Quiet && run.ExitCode == int(outcome.ExitOK):
		return nil
	case v.Quiet: // the counts stay those of the whole run
		run.Hosts = run.Troubled()
	case run.Command == string(controller.Plan):
		text = job.PlanText(run.Hosts, r.TextOptions(), !r.OutTerminal, v.Full) + "\n"
	}
	text += report.Text(run, r.TextOptions())
	end := "the reports are at the hub, the commands and their output at each site\n" + next(run)
	if v.Out != "" {
		end += r.saved(v, run)
	}
	_, err := fmt.Fprint(r.Out, text+report.Fit(end, r.Width())) // it has colours
	return err
}

// next names the command that explains one of the worst hosts of a run, at its site.
func next(run outcome.Run) string {
	for _, o := range outcome.Outcomes() {
		for _, h := range run.Hosts {
			if h.Outcome == o && o != outcome.Healthy && o != outcome.Skipped && o != outcome.Unreachable {
				return fmt.Sprintf("next: at site %s, %s\n", h.Site, shell.Line("aixmend", "explain", run.ID, h.Name))
			}
		}
	}
	return ""
}

// Changing are the hosts on which a plan would run a step.
func Changing(hosts []outcome.HostSummary) []string {
	var list []string
	for _, h := range hosts {
		if slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) {
			list = append(list, h.Name)
		}
	}
	return list
}

// saved says where the plan of a run was saved, and how to apply it.
func (r Reader) saved(v View, run outcome.Run) string {
	text := "saved " + report.Clean(v.Out, false)
	if len(Changing(run.Hosts)) == 0 {
		return text + ": it changes no host\n"
	}
	var book *playbooks.Playbook // nil: the hub has it
	if slices.Contains(playbooks.Names(), v.Made.Playbook) {
		book, _ = playbooks.Load(v.Made.Playbook)
	}
	again := planfile.Restate(book, v.Made)
	return text + "; apply it with: " + shell.Line(append([]string{"aixmend", "recover", "--hub", r.Join, "--plan", v.Out}, planfile.Words(again)...)...) + "\n"
}
