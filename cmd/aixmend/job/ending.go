package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/news"
	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// ErrDeadline is the cause of a context that --deadline ended.
var ErrDeadline = errors.New(outcome.ReasonDeadline)

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
	run.Counts, run.Found = outcome.Count(run.Hosts), outcome.CountFound(run.Hosts)
	run.Unfinished = len(j.Request.Hosts) - len(run.Hosts) // of a run that broke
	for _, h := range run.Hosts {
		if h.Interrupted {
			run.Unfinished++
		}
	}
	run.Finished = time.Now().UTC()
	if p := j.Settings.Part; p.adopts() {
		run.Finished = p.Adopted
	}
}

// ending returns everything the exit code of a run depends on, except the signal.
func (j *Job) ending(run *outcome.Run, result controller.Result) outcome.Ending {
	e := outcome.Ending{Held: heldByOthers(run), Counts: run.Counts, FailOn: j.failOn, Brake: result.Braked, Cut: run.Unfinished, CutOff: run.ShownCounts()[outcome.CutOff]}
	if j.Request.Verb == controller.Capture {
		e.Uncaptured = uncaptured(run.Hosts)
		if slices.ContainsFunc(run.Hosts, missed) && !slices.Contains(e.FailOn, outcome.Unreachable) {
			e.FailOn = append(slices.Clone(e.FailOn), outcome.Unreachable) // migrate must not follow
		}
	}
	for _, h := range run.Hosts {
		switch {
		case h.Outcome == outcome.Skipped && strings.HasPrefix(h.Reason, outcome.ReasonBrake):
			e.KeptBack++
			e.Brake = cmp.Or(e.Brake, h.Reason) // the brake may have tripped in an earlier process
		case h.Interrupted && strings.HasPrefix(h.Reason, ErrDeadline.Error()):
			e.Deadline = true
		}
	}
	return e
}

// stillIll counts the hosts of a run that were left alone because they drifted from the
// approved plan, and that need action by their newest look.
func stillIll(dir *journal.Run, hosts []outcome.HostSummary) int {
	n := 0
	for _, h := range hosts {
		if h.Outcome != outcome.Skipped || !strings.HasPrefix(h.Reason, approval.Drifted) {
			continue
		}
		if document, err := dir.LoadHost(h.Name); err != nil || outcome.Worst(document.Findings) == outcome.NeedsAction {
			n++ // one that can't be read is not known to be well
		}
	}
	return n
}

// swapNotReady is the finding of a host whose capture is not good enough for the swap that
// it was taken for.
const swapNotReady = "swap-not-ready"

// missed reports whether the capture verb could not reach a host, which has no capture.
func missed(h outcome.HostSummary) bool { return h.Outcome == outcome.Unreachable && h.Capture == "" }

// uncaptured words the hosts of the capture verb whose capture was not kept, or is not good
// enough. Unreachable and interrupted ones have exit codes of their own.
func uncaptured(hosts []outcome.HostSummary) string {
	none, notReady := 0, 0
	for _, h := range hosts {
		switch {
		case missed(h), h.Interrupted:
		case h.Capture == "":
			none++
		case slices.Contains(h.Findings, swapNotReady):
			notReady++
		}
	}
	var list []string
	if none > 0 {
		list = append(list, "no capture of "+report.Hosts(none))
	}
	if notReady > 0 {
		list = append(list, report.Hosts(notReady)+" not ready for the swap")
	}
	return strings.Join(list, ", ")
}

// CapturedText says where the captures of a run are, and of which hosts there is none and why.
func CapturedText(hosts []outcome.HostSummary, folder string) string {
	kept, missing := "", ""
	for _, h := range hosts {
		if h.Capture != "" {
			kept = fmt.Sprintf("kept:    %s (capture.json, manifest.sha256)\n", folder)
		} else {
			missing += report.Cleanf("not captured: %s (%s: %s)", h.Name, h.Outcome, h.Reason) + "\n"
		}
	}
	return kept + missing
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
		if j.Request.Verb == controller.Plan && slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) {
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
