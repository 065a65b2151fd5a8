package controller

import (
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/onhost"
)

// finding is a verdict as the reports have it.
func finding(v playbooks.Verdict) outcome.Finding {
	var restsOn []outcome.Reading
	for _, r := range v.Readings {
		restsOn = append(restsOn, outcome.Reading{Fact: r.Fact, Sure: string(r.Sure), Source: r.Source})
	}
	return outcome.Finding{
		ID: v.ID, Severity: outcome.Severity(v.Severity), Title: v.Title, Evidence: v.Evidence,
		Remedy: v.Remedy, Next: v.Next, Source: v.Source,
		Rule: v.Rule, Reads: v.Reads, Probes: v.Probes, RestsOn: restsOn,
	}
}

// waive marks a finding that the inventory waives, or did.
func waive(host inventory.Host, f outcome.Finding) outcome.Finding {
	by := waiver(host, f.ID)
	if by == nil {
		return f
	}
	reason := by.Reason
	if !by.Until.IsZero() {
		reason += " (until " + by.Until.Format(time.DateOnly) + ")"
	}
	if by.ActiveAt(time.Now()) {
		f.Waived, f.Waiver = true, reason
	} else {
		f.Expired = reason
	}
	return f
}

// waiver returns the waiver of a finding, in force or not, or nil.
func waiver(host inventory.Host, id string) *inventory.Waiver {
	for i, w := range host.Waivers {
		if w.Finding == id {
			return &host.Waivers[i]
		}
	}
	return nil
}

// conclude gives a host the outcome of its findings; the reason is the first of the
// gravest.
func conclude(h *outcome.Host) {
	h.Outcome, h.Reason, h.Interrupted = outcome.Worst(h.Findings), verdictOf(h.Findings), false
}

// verdictOf is the reason that findings make.
func verdictOf(findings []outcome.Finding) string {
	first, more := "", 0
	for _, severity := range outcome.Severities() {
		for _, f := range findings {
			switch {
			case !f.Open() || f.Severity != severity:
			case first == "":
				first = f.ID + ": " + f.Title
			default:
				more++
			}
		}
	}
	if more > 0 {
		first += plural(more, " (and %d more finding)", " (and %d more findings)")
	}
	return first
}

// LeftBehind is the id of the finding about leftovers of a run.
const LeftBehind = "left-behind"

// findLeft adds the finding about leftovers on the host, once; untaken are those for which
// no undo was sent.
func (w *walk) findLeft(untaken ...string) {
	behind := append(w.course.Left(), untaken...)
	there := slices.ContainsFunc(w.out.Findings, func(f outcome.Finding) bool { return f.ID == LeftBehind })
	if len(behind) == 0 || there {
		return
	}
	w.out.Findings = append(w.out.Findings, waive(w.host, outcome.Finding{
		ID: LeftBehind, Severity: outcome.Warning, Title: plural(len(behind), "%d thing of this run is left on the host", "%d things of this run are left on the host"),
		Evidence: behind, Remedy: "remove it: the commands are in the evidence", Source: "aixmend: temporary changes are reverted when the recovery ends",
	}))
}

// sideEffects words the open findings about unintended changes (V4).
func (w *walk) sideEffects() string {
	var list []string
	for _, f := range w.out.Findings {
		if f.Open() && slices.ContainsFunc(w.Playbook.Verify.Unchanged, func(u playbooks.Finding) bool { return u.ID == f.ID }) {
			list = append(list, f.ID+": "+f.Title)
		}
	}
	return strings.Join(list, "; ")
}

// sameMachine adds the finding that this run holds the machine under another name.
func (w *walk) sameMachine(by onhost.Lease) {
	w.out.Findings = append(w.out.Findings, waive(w.host, outcome.Finding{
		ID: peers.SameMachine, Severity: outcome.Critical, Title: "this machine is also in the inventory as " + by.Host + ": its lease is that of this run under the other name",
		Evidence: []string{onhost.LeasePath + ": " + by.String()}, Remedy: "remove one of the names from the inventory, or select one of them (-l)",
		Source: "aixmend: a lease names the host, the run, the owner and the process",
	}))
}
