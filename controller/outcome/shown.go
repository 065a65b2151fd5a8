package outcome

// The beginnings of the reason of a host that was left alone for its turn to come again.
const (
	ReasonHeld    = "held by another run: "
	ReasonBrake   = "brake: "
	ReasonDrifted = "drifted since the plan: "
)

// ReasonDeadline begins the reason of a host that --deadline cut off.
const ReasonDeadline = "cut by --deadline"

// ReasonNothing begins the reason of a host on which a rollback found no step to undo.
const ReasonNothing = "nothing of run "

// ReasonNow introduces, at the end of the reason of a host that was rolled back, its own verdict.
const ReasonNow = "; now: "

// CutOff is shown to people for a host that --deadline or a signal cut off after a change:
// its end is not known to be a failure, and resume continues with it. The documents say
// failed, and interrupted; none of them has this word.
const CutOff Outcome = "cut_off"

// shown is an outcome as people see it.
func shown(o Outcome, interrupted bool) Outcome {
	if o == Failed && interrupted {
		return CutOff
	}
	return o
}

// Shown is the outcome as people see it.
func (h HostSummary) Shown() Outcome { return shown(h.Outcome, h.Interrupted) }

// Shown is the outcome as people see it.
func (h Host) Shown() Outcome { return shown(h.Outcome, h.Interrupted) }

// ShownOutcomes lists every outcome that people may see, the worst first.
func ShownOutcomes() []Outcome {
	list := []Outcome{}
	for _, o := range Outcomes() {
		list = append(list, o)
		if o == Failed {
			list = append(list, CutOff)
		}
	}
	return list
}

// ShownCounts counts the hosts of a run as people see them: those that were cut off are no
// failures.
func (r Run) ShownCounts() map[Outcome]int {
	counts := make(map[Outcome]int, len(r.Counts)+1)
	for o, n := range r.Counts {
		counts[o] = n
	}
	for _, h := range r.Hosts {
		if h.Shown() == CutOff {
			counts[Failed]--
			counts[CutOff]++
		}
	}
	return counts
}

// ToCompare reports whether an interrupted host has its verdict, and nothing is left to do on it:
// resume only compares it with the hosts that were not read (procedure D9, D16).
func ToCompare(o Outcome, interrupted bool) bool {
	return interrupted && (o == Healthy || o == Degraded)
}
