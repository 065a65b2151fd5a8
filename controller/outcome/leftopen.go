package outcome

import "slices"

// LeftOpen is an open run that has sent a change to some hosts, and has not ended there.
type LeftOpen struct {
	// ID is the run's.
	ID string `json:"run_id"`
	// Hosts are sorted.
	Hosts []string `json:"hosts"`
	// Unread reports that its journal can't be read: it may have sent changes to these hosts.
	Unread bool `json:"unread,omitempty"`
}

// Did words that the run has changed hosts, or that this is not known.
func (o LeftOpen) Did() string {
	if o.Unread {
		return "may have changed"
	}
	return "has changed"
}

// OpenRun is one run of LeftOpen on one host.
type OpenRun struct {
	// ID is the run's.
	ID string `json:"run_id"`
	// Changes are those that it has sent, in order; none where Unread reports that its journal
	// can't be read.
	Changes []Change `json:"changes"`
	Unread  bool     `json:"unread,omitempty"`
}

// Changed says that the run has changed the host, or may have, and has not ended there.
func (o OpenRun) Changed() string {
	return "run " + o.ID + " " + LeftOpen{Unread: o.Unread}.Did() + " the host and has not finished"
}

// OpenOn returns those of some open runs that have changed a host, without their changes.
func OpenOn(runs []LeftOpen, host string) []OpenRun {
	var list []OpenRun
	for _, o := range runs {
		if slices.Contains(o.Hosts, host) {
			list = append(list, OpenRun{ID: o.ID, Changes: []Change{}, Unread: o.Unread})
		}
	}
	return list
}
