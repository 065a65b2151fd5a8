package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// judgeKill looks at what a process has left: a run that can be gone on with,
// and no lock.
func (k *killed) judgeKill() {
	k.t.Helper()
	if unlock, err := k.store.Lock(); err != nil {
		k.wrong("the lock is not free: %v", err)
	} else {
		unlock()
	}
	if k.id == "" {
		return // it was killed before it began
	}
	ids, err := k.store.RunIDs()
	if err != nil || !slices.Equal(ids, []string{k.id}) {
		k.wrong("the runs are %q, %v", ids, err)
	}
	if k.store.State(k.id) == journal.StateCutOff {
		k.forget()
		return
	}
	if state := k.store.State(k.id); state != journal.StateOpen && state != journal.StateEnded {
		k.wrong("the run is %s", state)
	}
	trails := outcome.Trails(k.read)
	for _, host := range killFleet {
		server := k.fleet.Server(host)
		now := calm{server.Accepted(), server.Execs(), k.entries(host)}
		was, ended := k.over[host]
		switch {
		case ended && now != was:
			k.wrong("%s had ended, and was gone on with: %+v, now %+v", host, was, now)
		case !ended && trails[host] != nil && trails[host].Ended != "":
			k.over[host] = now
		}
	}
}

// forget leaves a run alone that was killed before it had written down what it
// was to do: nothing was asked of any host.
func (k *killed) forget() {
	for _, host := range killFleet {
		if n := k.fleet.Server(host).Accepted(); n > 0 {
			k.wrong("%s: %d connections before the run had written down what it is to do", host, n)
		}
	}
	if err := os.RemoveAll(k.store.RunDir(k.id)); err != nil {
		k.t.Fatal(err)
	}
	k.id, k.read, k.size = "", nil, 0
}

// entries counts the lines of the journal about a host.
func (k *killed) entries(host string) int {
	n := 0
	for _, e := range k.read {
		if e.Host == host {
			n++
		}
	}
	return n
}

// judgeEnd holds the run that has come to its end against the hosts.
func (k *killed) judgeEnd(code int) {
	k.t.Helper()
	run, err := k.store.LoadRun(k.id)
	if err != nil {
		k.wrong("%v", err)
		return
	}
	k.counts = run.Counts
	if state := k.store.State(k.id); state != journal.StateEnded || run.Unfinished != 0 {
		k.wrong("the run is %s, %d unfinished", state, run.Unfinished)
	}
	if _, err := os.Stat(filepath.Join(k.store.RunDir(k.id), "checkpoints")); !errors.Is(err, fs.ErrNotExist) {
		k.wrong("what was put aside is still there: %v", err)
	}
	if latest, err := k.store.Resolve("latest"); latest != k.id && !k.late {
		k.wrong("latest is %q, %v", latest, err)
	}
	if run.Command != "recover" || len(run.Resumed) != k.resumes || run.Started.IsZero() {
		k.wrong("command %s, resumed %d times of %d, started %s", run.Command, len(run.Resumed), k.resumes, run.Started)
	}
	if want, why := outcome.ExitFor(run.Counts, outcome.DefaultFailOn()); code != int(want) || run.ExitCode != code {
		k.wrong("exit code %d, in run.json %d, wanted %d: %s", code, run.ExitCode, want, why)
	}
	total := 0
	for _, n := range run.Counts {
		total += n
	}
	if total != len(killFleet) || len(run.Hosts) != len(killFleet) {
		k.wrong("%d hosts, %d in run.json, counts %v", len(killFleet), len(run.Hosts), run.Counts)
	}
	for _, host := range killFleet {
		i := slices.IndexFunc(run.Hosts, func(h outcome.HostSummary) bool { return h.Name == host })
		report, err := k.store.LoadHost(k.id, host)
		if i < 0 || err != nil {
			k.wrong("%s: its place in run.json is %d; %v", host, i, err)
			continue
		}
		if report.Outcome != run.Hosts[i].Outcome || report.Interrupted || report.RunID != k.id {
			k.wrong("%s: %s in run.json; its report says %s, interrupted %v, run %s", host, run.Hosts[i].Outcome, report.Outcome, report.Interrupted, report.RunID)
		}
		k.judgeHost(*report)
	}
}

// judgeHost holds a report against what the host itself knows.
func (k *killed) judgeHost(report outcome.Host) {
	k.t.Helper()
	host := k.fleet.Host(report.Host)
	well := report.Outcome == outcome.Recovered || report.Outcome == outcome.Healthy
	if well && !host.Connected() {
		k.wrong("%s is %s, and not connected: %s", report.Host, report.Outcome, host.Why())
	}
	if !well {
		k.t.Logf("seed %d: %s is %s: %s: %v", k.seed, report.Host, report.Outcome, report.Reason, stepsOf(report.Changes))
	}
	switch {
	case well:
	case report.Outcome == outcome.Unknown && strings.Contains(report.Reason, "neither confirms nor refutes it"):
		// Nothing on a host tells whether rmcctrl -p or rmcrefreshMD ran.
	case count(report.Changes, outcome.Undone) == 0: // else the host may have been faster than its resumption
		k.wrong("%s is %s: %s: %v", report.Host, report.Outcome, report.Reason, stepsOf(report.Changes))
	}
	for name := range host.Snapshot().Files {
		if well && (strings.HasPrefix(name, "/etc/aixmend.undo.") || strings.HasPrefix(name, "/etc/aixmend.lease")) {
			k.wrong("%s is %s, and %s is there", report.Host, report.Outcome, name)
		}
	}
	said := map[string][]outcome.Change{} // by command
	for _, c := range report.Changes {
		if c.At.IsZero() || c.Undo == "" {
			k.wrong("%s: %s: at %s, undo %q", report.Host, c.Step, c.At, c.Undo)
		}
		said[c.Command] = append(said[c.Command], c)
	}
	ran := k.ran(report)
	for command, attempts := range said {
		sent, changed := len(ran[command]), 0
		for _, mutated := range ran[command] {
			if mutated {
				changed++
			}
		}
		if most := once(attempts); !arming(attempts[0].Step) && (sent > most && !harmless(attempts[0].Step) || changed > most) {
			k.wrong("%s: ran %d times, and changed the host %d times: %v: %s", report.Host, sent, changed, stepsOf(attempts), command)
		}
		if applied := count(attempts, outcome.Applied); applied > sent && !byEffect(attempts) {
			k.wrong("%s: ran %d times, the report says %v: %s", report.Host, sent, stepsOf(attempts), command)
		}
		if most := count(attempts, outcome.Applied, outcome.Undone, outcome.UnknownIf); changed > most {
			k.wrong("%s: changed the host %d times, the report says %v: %s", report.Host, changed, stepsOf(attempts), command)
		}
	}
	if report.Outcome != outcome.Unknown && slices.ContainsFunc(report.Changes, func(c outcome.Change) bool { return c.Status == outcome.UnknownIf }) {
		k.wrong("%s is %s, and of a change it is not known: %v", report.Host, report.Outcome, stepsOf(report.Changes))
	}
}

// once is how often a command may have run: once for each step that has it, and
// once more after each attempt that did not happen or was taken back.
func once(attempts []outcome.Change) int {
	last := map[string]string{}
	n := 0
	for _, c := range attempts {
		if before := last[c.Step]; before != outcome.Applied && before != outcome.UnknownIf {
			n++
		}
		last[c.Step] = c.Status
	}
	return n
}

// harmless reports whether a command may be sent again at any time: a copy that is
// there is not made again.
func harmless(step string) bool { return step == "save-node-id" }

// byEffect reports whether a command may be said to have run by what it is for, with
// nothing that shows whether it ran: RMC is connected, whatever connected it.
func byEffect(attempts []outcome.Change) bool {
	return slices.ContainsFunc(attempts, func(c outcome.Change) bool {
		remote := strings.HasSuffix(c.Command, "rmcctrl -p") || strings.HasSuffix(c.Command, "rmcrefreshMD -s ctrmc")
		return remote && strings.Contains(c.Detail, "a new look shows its intended effect")
	})
}

// arming reports whether a change arms or disarms an undo, as often as it takes.
func arming(step string) bool { return strings.HasSuffix(step, "arm-undo") }

func count(changes []outcome.Change, statuses ...string) int {
	n := 0
	for _, c := range changes {
		if slices.Contains(statuses, c.Status) {
			n++
		}
	}
	return n
}

// ran is what the host knows of the report's commands: of each time that one of
// them ran whether it changed something. It complains of changes that no report
// tells.
func (k *killed) ran(report outcome.Host) map[string][]bool {
	k.t.Helper()
	asked := k.fleet.Server(report.Host).Commands()
	sessions := map[int][]aixsim.LogEntry{}
	for _, e := range k.fleet.Host(report.Host).Log() {
		sessions[e.Session] = append(sessions[e.Session], e)
	}
	list := map[string][]bool{}
	for session, entries := range sessions {
		mutated := slices.ContainsFunc(entries, func(e aixsim.LogEntry) bool { return e.Mutated })
		i := slices.IndexFunc(report.Changes, func(c outcome.Change) bool {
			return strings.Contains(asked[session-1], "( "+c.Command+"\n) </dev/null")
		})
		switch {
		case i >= 0:
			list[report.Changes[i].Command] = append(list[report.Changes[i].Command], mutated)
		case mutated && !k.aboutLease(report.Host, asked[session-1]):
			k.wrong("%s: a change that is not in the report: %+v", report.Host, entries)
		}
	}
	return list
}

// aboutLease reports whether a script is one about the host's lease that the journal
// knows.
func (k *killed) aboutLease(host, script string) bool {
	return slices.ContainsFunc(k.read, func(e outcome.Entry) bool {
		return e.Host == host && e.Event == outcome.EventLease && strings.Contains(script, "( "+e.Command+"\n) </dev/null")
	})
}

func stepsOf(changes []outcome.Change) []string {
	var list []string
	for _, c := range changes {
		list = append(list, c.Step+" "+c.Status)
	}
	return list
}
