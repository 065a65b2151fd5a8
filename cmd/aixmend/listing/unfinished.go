package listing

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Unfinished is a run that has not finished, as its journal has it.
type Unfinished struct {
	ID    string
	State journal.State
	// Entries are the journal.
	Entries []outcome.Entry

	root     string
	trails   map[string]*outcome.Trail
	standing outcome.Standings
}

// ReadUnfinished reads a run that has not finished; nil for one that has.
func ReadUnfinished(store *journal.Store, id string) (*Unfinished, error) {
	state := store.State(id)
	if state == journal.StateEnded {
		return nil, nil
	}
	entries, err := store.ReadJournal(id)
	if err != nil {
		return nil, err
	}
	u := &Unfinished{ID: id, State: state, Entries: entries, root: store.Root(), trails: outcome.Trails(entries)}
	if s, err := Standings(store, id); err == nil { // without its request the hosts of the run are not known
		u.standing = s
	}
	return u, nil
}

// Has reports whether a host belongs to the run.
func (u *Unfinished) Has(host string) bool {
	return u != nil && (u.trails[host] != nil || slices.Contains(u.standing.Hosts, host))
}

// Host words how far a host is; "" for one that has ended, and for one that a run at rest
// can't go on with.
func (u *Unfinished) Host(host string) string {
	if u == nil || u.State != journal.StateRunning && u.State != journal.StateOpen || !slices.Contains(u.standing.Hosts, host) {
		return ""
	}
	stands := u.standing.Rest
	if u.State == journal.StateRunning {
		stands = u.standing.Host
	}
	return report.Clean(stands(host), false)
}

// Changes are the changes that were sent to a host, also those of which no report is written.
func (u *Unfinished) Changes(host string) []outcome.Change {
	list := []outcome.Change{}
	if trail := u.trails[host]; trail != nil {
		for _, c := range trail.Changes {
			list = append(list, c.Change)
		}
	}
	return list
}

// Fill completes the report of a host that has not ended from the journal: a process that was
// killed, or is at work, has not written its part. That of one that has ended is whole.
func (u *Unfinished) Fill(h *outcome.Host) {
	if u == nil || u.trails[h.Host] == nil || u.trails[h.Host].Ended != "" {
		return
	}
	h.Changes = u.Changes(h.Host)
	h.Capture = cmp.Or(h.Capture, u.capture(h.Host))
}

// capture is the path of the capture of a host before its changes; "" for none.
func (u *Unfinished) capture(host string) string {
	for _, e := range u.Entries {
		if e.Event == outcome.EventCaptured && e.Host == host {
			return e.Detail
		}
	}
	return ""
}

// NewerOpen says which newer run than one is open, "" for none, and the command that continues
// it. An id of "" is older than all.
func NewerOpen(store *journal.Store, id string) (text, next string) {
	ids, err := store.RunIDs() // the newest first
	if err != nil {
		return "", ""
	}
	for _, newer := range ids {
		if newer <= id {
			break
		}
		if store.StateByHead(newer) == journal.StateOpen {
			return "run " + newer + " is newer and has not finished", "aixmend resume " + newer
		}
	}
	return "", ""
}

// Next is the command that goes on with the run; "" where there is none.
func (u *Unfinished) Next() string {
	switch u.State {
	case journal.StateOpen:
		return "aixmend resume " + u.ID
	case journal.StateOtherVersion:
		return "aixmend recover --undo " + u.ID
	}
	return ""
}

// Text lists the changes that the run has sent to its hosts, for a terminal of a width, 0 for
// no limit: once for hosts with the same ones, and a script by its length. Commands are not
// wrapped.
func (u *Unfinished) Text(width int) string {
	text := report.Fit(report.Cleanf("run %s has not finished; its journal is %s\n", u.ID, filepath.Join(u.root, "runs", u.ID, "journal.jsonl")), width)
	if len(u.standing.Hosts) > 0 {
		text += report.Fit("so far: "+report.Clean(u.progress(), false)+"\n", width)
	}
	var order []string
	of := map[string][]string{} // the hosts, by their changes
	for _, host := range slices.Sorted(maps.Keys(u.trails)) {
		key := u.changes("", host, briefly, 0)
		if key != "" && of[key] == nil {
			order = append(order, key)
		}
		of[key] = append(of[key], host)
	}
	if len(order) == 0 {
		return text + "no change was sent to any host\n"
	}
	for _, key := range order {
		text += u.changes(report.Compact(of[key]), of[key][0], briefly, width)
	}
	return text
}

// progress words how far the hosts of the run are.
func (u *Unfinished) progress() string {
	return run{State: u.State, standing: u.standing}.progress()
}

// HostText says how far a host is, and lists the changes that the run has sent to it, as
// Text does.
func (u *Unfinished) HostText(host string, width int) string {
	stands := u.Host(host)
	if stands == "" {
		stands = "its report was not written"
	}
	text := report.Fit(report.Cleanf("%s: not finished: %s\n", host, stands), width)
	changes := cmp.Or(u.changes(host, host, indented, width), "no change was sent to it\n")
	if capture := u.capture(host); capture != "" {
		changes += report.Cleanf("capture before the changes: %s\n", filepath.Join(u.root, capture))
	}
	return text + changes
}

// changes lists the changes to a host, on lines that begin with a name; shown shows a command.
func (u *Unfinished) changes(name, host string, shown func(command string) string, width int) string {
	var b strings.Builder
	trail := u.trails[host]
	if trail == nil {
		return ""
	}
	for _, c := range trail.Changes {
		status := c.Status
		if c.Open {
			status = "sent, result not known: check the host"
		}
		b.WriteString(report.Fit(report.Cleanf("%s: %s: %s", name, c.Step, status), width) + "\n  ran   " + shown(c.Command) + "\n  undo  " + shown(c.Undo) + "\n")
	}
	return b.String()
}

// indented is a command whose further lines stand below the first.
func indented(command string) string {
	return strings.ReplaceAll(report.Clean(command, true), "\n", "\n        ")
}

// briefly is a command, or the length of a script, as a folded plan has it.
func briefly(command string) string {
	if command = strings.TrimSpace(command); strings.Contains(command, "\n") {
		return fmt.Sprintf("a script of %d lines", strings.Count(command, "\n")+1)
	}
	return report.Clean(command, false)
}
