package facts

import (
	"regexp"
	"strings"
	"time"

	"aixmend/playbooks/onhost"
)

var (
	// leaseRun is the line that names the run of the host's lease and its end, which earlier
	// versions left out.
	leaseRun = regexp.MustCompile(`^run=([A-Za-z0-9._@-]{1,200})(?:,until=([0-9A-Z]{1,20}))?$`)
	// runID is the form of a run's id: others can't be resumed, and may be anything, such as a flag.
	runID = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[0-9a-f]{6}$`)
)

// ParseTimedUndos reads the markers of timed undos. The probe prints nothing on a host
// without any; else the host's clock, the run that holds the lease, if any does, and
// `ls -ld` of the markers. The links are root's, yet nothing of them is trusted: a file
// that is no marker may still arm an undo, so it is listed without a run.
func ParseTimedUndos(o Output) (TimedUndos, error) {
	found := TimedUndos{List: []TimedUndo{}}
	if o.Exit != 0 {
		return TimedUndos{}, failed("ls", o)
	}
	all, err := lines(o)
	if err != nil {
		return TimedUndos{}, err
	}
	var now time.Time
	holder, leased := "", false
	for line := range all {
		switch m := leaseRun.FindStringSubmatch(line); {
		case line == "":
			continue
		case now.IsZero():
			if now, err = onhost.ReadLeaseClock(line); err != nil {
				return TimedUndos{}, notUnderstood("date", line)
			}
			continue
		case m != nil && holder == "" && len(found.List) == 0:
			end, err := onhost.ReadLeaseClock(m[2])
			holder, leased = m[1], err == nil && !now.After(end.Add(onhost.LeaseGrace))
			continue
		case len(found.List) == maxShown:
			return TimedUndos{}, errTooMany
		}
		if undo, armed := timedUndo(line, holder, now); armed {
			undo.Leased = leased && undo.Step != ""
			found.List = append(found.List, undo)
		}
	}
	return found, nil
}

// timedUndo reads a line about one marker, and reports whether an undo is armed or may be.
// The run of the lease is the one to resume: its commands may bear the id of a saved plan.
func timedUndo(line, holder string, now time.Time) (TimedUndo, bool) {
	step, marker, err := onhost.ReadMarker(line)
	switch {
	case err != nil:
		_, name, _ := strings.Cut(line, " /etc/aixmend.undo.")
		return TimedUndo{File: clean("/etc/aixmend.undo."+name, maxText)}, true
	case marker.State != onhost.UndoArmed, marker.Until.Before(now):
		return TimedUndo{}, false
	case holder == "":
		holder = marker.Run
	}
	if !runID.MatchString(holder) {
		holder = ""
	}
	return TimedUndo{
		File: "/etc/aixmend.undo." + step, Step: step, ArmedBy: marker.Run, Holder: holder,
		Until: marker.Until.Format(time.RFC3339),
	}, true
}
