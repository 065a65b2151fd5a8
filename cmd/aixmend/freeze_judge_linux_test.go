package main

import (
	"regexp"
	"slices"
	"strings"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport/lab/aixsim"
)

// judge holds what the controllers did and said against what the hosts know.
func (z *freezing) judge() {
	z.t.Helper()
	run, err := z.first.store.LoadRun(z.first.id)
	if err != nil {
		z.wrong("%v", err)
		return
	}
	z.counts = run.Counts
	if want, why := outcome.ExitFor(run.Counts, outcome.DefaultFailOn()); run.ExitCode != int(want) || run.Unfinished > 0 || len(run.Hosts) != len(freezeFleet) {
		z.wrong("exit code %d, wanted %d (%s); %d unfinished, %d hosts", run.ExitCode, want, why, run.Unfinished, len(run.Hosts))
	}
	if z.other != nil {
		z.other.lines(z.t)
		switch state := z.stateOf(z.other); {
		case state == journal.StateEnded:
		case z.kind == copiedRun && state == journal.StateCutOff: // it was copied before it had begun
		default:
			z.wrong("the run of %s is %s", z.other.state, state)
		}
	}
	for _, host := range freezeFleet {
		z.judgeHost(host)
	}
}

func (z *freezing) stateOf(c *controlling) journal.State {
	if c.id == "" {
		return journal.StateCutOff
	}
	return c.store.State(c.id)
}

// judgeHost judges one host.
func (z *freezing) judgeHost(name string) {
	z.t.Helper()
	host := z.fleet.Host(name)
	report, err := z.first.store.LoadHost(z.first.id, name)
	if err != nil {
		z.wrong("%s: %v", name, err)
		return
	}
	var reports []*outcome.Host
	reports = append(reports, report)
	acts := z.actsOn(name)
	z.judgeOnce(report, acts, z.first)
	if z.other != nil && z.other.id != "" {
		if theirs, err := z.other.store.LoadHost(z.other.id, name); err == nil {
			reports = append(reports, theirs)
			z.judgeOnce(theirs, acts, z.other)
		}
	}
	z.judgeFence(name, acts)
	for _, c := range report.Changes {
		if c.Status == outcome.NotApplied && strings.Contains(c.Detail, "the lease is no longer this run's") {
			z.fenced++
		}
	}
	if well := report.Outcome == outcome.Recovered || report.Outcome == outcome.Healthy; well && !host.Connected() {
		z.wrong("%s is %s, and not connected: %s", name, report.Outcome, host.Why())
	} else if !well {
		z.t.Logf("seed %d: %s: %s is %s: %s: %v", z.seed, z.kind, name, report.Outcome, report.Reason, stepsOf(report.Changes))
	}
	now := host.Snapshot()
	if z.active[name] && !runs(now, "ctrmc") {
		z.wrong("%s: RMC ran, and is stopped; %s: %s: %v", name, report.Outcome, report.Reason, stepsOf(report.Changes))
	}
	z.judgeEdit(name, now, acts)
	told := slices.ContainsFunc(reports, func(r *outcome.Host) bool {
		return strings.Contains(r.Reason, "its timed undo may still run by itself, until ")
	})
	if armed := armedOn(now); len(armed) > 0 && !told {
		z.wrong("%s: %q is armed, and no report says it: %s: %s", name, armed, report.Outcome, report.Reason)
	}
}

// judgeEdit judges whether what the operator has set is still there. A lease holds off
// other controllers and no person: an edit between a look and the change that it led
// to is counted, and is wrong where the host was read again.
func (z *freezing) judgeEdit(name string, now *aixsim.State, acts []act) {
	z.t.Helper()
	if !z.edited[name] {
		return
	}
	for _, nic := range now.NICs {
		switch {
		case !nic.Management || nic.Attrs.NetAddr6 == customerAddress:
		case z.setBlindly(name, acts):
			z.blind++
		default:
			z.wrong("%s: the customer's address is overwritten: %s has netaddr6 %q, alias6 %q", name, nic.Name, nic.Attrs.NetAddr6, nic.Attrs.Alias6)
		}
	}
	rewrites := func(a act) bool { return a.ran && strings.Contains(a.script, `</etc/rc.tcpip >"$b.new"`) }
	switch text := now.Files["/etc/rc.tcpip"].Content; {
	case strings.Count(text, customerBootLine) == 1:
	case !slices.ContainsFunc(acts[z.sent[name]:], rewrites) && slices.ContainsFunc(acts[:z.sent[name]], rewrites):
		z.blind++ // the edit came while the file was being rewritten
	default:
		z.wrong("%s: the customer's line in /etc/rc.tcpip is lost:\n%s", name, text)
	}
}

// setBlindly reports whether the first to set netaddr6 since the host was edited had not
// read the host in between.
func (z *freezing) setBlindly(name string, acts []act) bool {
	for _, a := range acts[z.sent[name]:] {
		switch {
		case strings.Contains(a.script, `/usr/sbin/lsattr -El "$n" -a "$a"`):
			return false
		case a.ran && strings.Contains(a.script, "( /usr/sbin/chdev -l ") && strings.Contains(a.script, " -a netaddr6=fe80:"):
			return true
		}
	}
	return false
}

// act is a script that a controller has sent to a host.
type act struct {
	session int
	script  string
	folder  string // of the process that it names in its fence, or in a lease; "": none
	lease   bool   // it is about the lease alone
	ran     bool   // more of it ran than its fence
	mutated bool
}

// proc finds the process that a fence or a lease names: its folder.
var proc = regexp.MustCompile(`,proc=([0-9a-f]+)\.[0-9a-f]+\.*,until=`)

// actsOn are the scripts that a host was sent, in the order in which they came.
func (z *freezing) actsOn(name string) []act {
	var list []act
	for i, script := range z.fleet.Server(name).Commands() {
		a := act{session: i + 1, script: script}
		if m := proc.FindAllStringSubmatch(script, -1); len(m) > 0 {
			a.folder = m[len(m)-1][1] // of two leases the new one is named first, then its predecessor
		}
		list = append(list, a)
	}
	for _, e := range z.fleet.Host(name).Log() {
		a := &list[e.Session-1]
		a.ran = a.ran || !ofFence(e.Argv)
		a.mutated = a.mutated || e.Mutated
	}
	for i := range list {
		a := &list[i]
		a.lease = strings.Contains(a.script, "( /usr/bin/ln -s run=") || strings.Contains(a.script, `( case "$(/usr/bin/ls -ld `+onhost.LeasePath+`)"`)
		if m := taken.FindStringSubmatch(a.script); a.lease && m != nil {
			a.folder = m[1]
		}
	}
	return list
}

// taken finds the process that a lease which is taken names: its folder.
var taken = regexp.MustCompile(`\( /usr/bin/ln -s run=\S*,proc=([0-9a-f]+)\.[0-9a-f]+\.*,until=`)

// ofFence reports whether a program is what a fence runs.
func ofFence(argv []string) bool {
	return slices.Equal(argv, []string{"/usr/bin/ls", "-ld", onhost.LeasePath}) || slices.Equal(argv, []string{"/usr/bin/date", "-u", "+%Y%m%dT%H%M%SZ"})
}

// folder is how the leases of a controller call its folder, "" where it has taken none.
func (z *freezing) folder(c *controlling) string {
	marks := map[string]bool{}
	mark := ""
	for _, e := range c.lines(z.t) {
		if m := proc.FindStringSubmatch(e.Detail); e.Event == outcome.EventLease && m != nil {
			mark = m[1]
			marks[mark] = true
		}
	}
	if c == z.other && mark == z.folder(z.first) {
		return "" // what the first had done when it was copied
	}
	return mark
}

// judgeOnce judges that no change of a report ran oftener than it may: once, and once
// more for each time that the report says it did not happen (procedure E4).
func (z *freezing) judgeOnce(report *outcome.Host, acts []act, by *controlling) {
	z.t.Helper()
	mine, first := z.folder(by), z.folder(z.first)
	said := map[string][]outcome.Change{}
	for _, c := range report.Changes {
		said[c.Command] = append(said[c.Command], c)
	}
	for command, attempts := range said {
		ran := 0
		for _, a := range acts {
			before := by != z.first && z.kind == copiedRun && a.folder == first && a.session <= z.sent[report.Host]
			if a.ran && !a.lease && a.folder != "" && (a.folder == mine || before) && strings.Contains(a.script, "( "+command+"\n) </dev/null") {
				ran++
			}
		}
		if most := once(attempts); ran > most && !arming(attempts[0].Step) && !harmless(attempts[0].Step) {
			z.wrong("%s, by %s: ran %d times, the report says %v: %s", report.Host, by.state, ran, stepsOf(attempts), command)
		}
		if applied := count(attempts, outcome.Applied); ran > 0 && applied > ran && !byEffect(attempts) && !finishing(attempts) {
			z.wrong("%s, by %s: ran %d times, the report says %v: %s", report.Host, by.state, ran, stepsOf(attempts), command)
		}
	}
}

// finishing reports whether a change may have been sent without a fence, to finish what
// was begun: then a host can't tell who sent it.
func finishing(attempts []outcome.Change) bool {
	return slices.ContainsFunc(attempts, func(c outcome.Change) bool {
		return arming(c.Step) || c.Step == "start-rmc" || c.Step == "enable-remote-clients-again"
	})
}

// judgeFence judges that nothing of the frozen controller ran after another one had
// changed the host, unless it had the lease anew (procedure E2).
func (z *freezing) judgeFence(name string, acts []act) {
	z.t.Helper()
	if z.other == nil || z.other.id == "" {
		return
	}
	first, other := z.folder(z.first), z.folder(z.other)
	changed, leased := 0, 0 // the newest session in which that happened
	for _, a := range acts {
		switch {
		case a.lease && a.folder == first && a.mutated:
			leased = a.session
		case a.lease || a.folder == "" || !a.ran:
		case a.folder == other && other != "" && a.mutated:
			changed = a.session
		case a.folder == first && a.session > z.sent[name] && changed > leased:
			z.wrong("%s: session %d of the frozen controller ran after session %d of the other, and the lease was not had anew: %s", name, a.session, changed, a.script)
		}
	}
	if changed > 0 {
		z.others++
	}
}
