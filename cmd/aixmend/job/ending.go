package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aixmend/cmd/aixmend/news"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// brakeReason begins the reason of a host that the brake kept from starting.
const brakeReason = "brake: "

// ErrDeadline is the cause of a context that --deadline ended.
var ErrDeadline = errors.New("--deadline is over")

// reasonDeadline is the reason of hosts that the deadline left unjudged.
var reasonDeadline = "interrupted: " + ErrDeadline.Error()

// Within bounds a run by --deadline; 0: no bound.
func Within(ctx context.Context, deadline time.Duration) context.Context {
	if deadline <= 0 {
		return ctx
	}
	ctx, cancel := context.WithTimeoutCause(ctx, deadline, ErrDeadline)
	context.AfterFunc(ctx, cancel)
	return ctx
}

// sum adds the results of the hosts to a run.
func (j *Job) sum(run *outcome.Run, result controller.Result) {
	run.Hosts, run.Fleet = append([]outcome.HostSummary{}, result.Hosts...), result.Fleet
	defined(run.Hosts, j.Request.Hosts)
	run.Counts = outcome.Count(run.Hosts)
	run.Unfinished = len(j.Request.Hosts) - len(run.Hosts) // of a run that broke
	for _, h := range run.Hosts {
		if h.Interrupted {
			run.Unfinished++
		}
	}
	run.Finished = time.Now().UTC()
}

// ending returns everything the exit code of a run depends on, except the signal.
func (j *Job) ending(run *outcome.Run, result controller.Result) outcome.Ending {
	e := outcome.Ending{Held: heldByOthers(run), Counts: run.Counts, FailOn: j.failOn, Brake: result.Braked, Cut: run.Unfinished}
	for _, h := range run.Hosts {
		switch {
		case h.Outcome == outcome.Skipped && strings.HasPrefix(h.Reason, brakeReason):
			e.KeptBack++
			e.Brake = cmp.Or(e.Brake, h.Reason) // the brake may have tripped in an earlier process
		case h.Reason == reasonDeadline:
			e.Deadline = true
		}
	}
	return e
}

// heldByOthers names a holder when other runs hold every host of a run, and is "" otherwise.
func heldByOthers(run *outcome.Run) string {
	held := ""
	for _, h := range run.Hosts {
		if !strings.HasPrefix(h.Reason, controller.Held) || h.Outcome != outcome.Skipped {
			return ""
		}
		held = h.Name + " is " + h.Reason
	}
	return held
}

// Conclude sets the exit code and its reason in a run, by the convention asked for.
func (j *Job) Conclude(run *outcome.Run, code outcome.Code, reason string) {
	run.Convention, run.ExitReason = "", reason
	if j.Settings.Plugin {
		run.Convention = outcome.ConventionNagios
		if code == outcome.ExitInternal {
			code = outcome.PluginUnknown
		} else {
			code = outcome.PluginFor(run.Counts)
		}
	}
	run.ExitCode = int(code)
}

// compare compares a run as --since asks, and returns the reason for exit code 5, ""
// where there is none.
func (j *Job) compare(store *journal.Store, run *Ended) string {
	if since := j.Settings.Since; since != "" {
		d, err := news.Since(store, &run.Run, since)
		run.Compared = &news.Compared{Drift: d, Err: err}
	}
	if !j.Settings.Detailed {
		return ""
	}
	planned := 0
	for _, h := range run.Hosts {
		if j.Request.Verb == controller.Plan && changes(h.Plan) {
			planned++
		}
	}
	switch {
	case planned > 0:
		return "changes would be made on " + report.Hosts(planned)
	case run.Compared != nil && run.Compared.Drift != nil && run.Compared.Drift.News():
		return fmt.Sprintf("drift on %s since run %s", report.Hosts(len(run.Compared.Drift.Hosts)), run.Compared.Drift.From)
	}
	return ""
}

// changes reports whether recover would run any step of a plan.
func changes(plan []outcome.PlanStep) bool {
	for _, s := range plan {
		if s.Step != "" && s.BlockedBy == "" && !s.Conditional {
			return true
		}
	}
	return false
}
