package outcome

import "slices"

// Summary is the row of a host in run.json, with its plan where that is the task of the run.
func (h Host) Summary(plans bool) HostSummary {
	s := HostSummary{
		Name: h.Host, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason,
		Findings: FindingIDs(h.Findings), Open: OpenIDs(h.Findings), Guides: GuideIDs(h.Findings), DurationMS: h.Duration,
		Report: "hosts/" + h.Host + ".json", Interrupted: h.Interrupted, Cloud: h.Cloud, Site: h.Site,
		Waived: WaivedIDs(h.Findings), Expired: ExpiredIDs(h.Findings), Capture: h.Capture, Needs: h.Needs(),
	}
	if plans {
		s.Plan = h.Plan
	}
	return s
}

// SortFindings sorts findings in the order of some ids, others last: the first of the gravest
// becomes the reason of a host.
func SortFindings(findings []Finding, ids []string) {
	place := func(f Finding) int {
		if i := slices.Index(ids, f.ID); i >= 0 {
			return i
		}
		return len(ids)
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return place(a) - place(b) })
}
