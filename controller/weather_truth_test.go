package controller_test

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport/lab/aixsim"
)

// Names that the engine gives to what surrounds a step.
const (
	armSuffix    = "-arm-undo"
	disarmSuffix = "-disarm-undo"
	undoSuffix   = "-undo"
	undoMarker   = "/etc/aixmend.undo."
)

// deed is what a host's own log says of one changing command.
type deed struct {
	arrived int // sessions in which it came
	ran     int // those in which it was begun
	changed int // those in which it changed something
	fired   int // those whose armed undo took itself the marker
}

// deeds reads the log of a host, by the text of the command. wrong are sessions
// that changed the host though nothing that changes was sent in them.
func (s *storm) deeds(host string) (deeds map[string]deed, wrong []string) {
	bySession := map[int][]aixsim.LogEntry{}
	for _, e := range s.fleet.Host(host).Log() {
		bySession[e.Session] = append(bySession[e.Session], e)
	}
	deeds = map[string]deed{}
	for i, script := range s.fleet.Host(host).Scripts() {
		entries, fired := untilFired(bySession[i+1])
		changed := slices.ContainsFunc(entries, func(e aixsim.LogEntry) bool { return e.Mutated })
		at := slices.IndexFunc(s.texts[host], func(line string) bool { return strings.Contains(script, "\n( "+line+"\n)") })
		if at < 0 {
			if changed || fired {
				wrong = append(wrong, fmt.Sprintf("session %d changed the host, and no changing command was sent in it: %v", i+1, entries))
			}
			continue
		}
		d := deeds[s.texts[host][at]]
		d.arrived++
		d.ran += count(len(entries) > 0)
		d.changed += count(changed)
		d.fired += count(fired)
		deeds[s.texts[host][at]] = d
	}
	return deeds, wrong
}

// untilFired are the entries of a session up to the one with which an armed undo
// takes its marker, and whether there is one.
func untilFired(entries []aixsim.LogEntry) ([]aixsim.LogEntry, bool) {
	at := slices.IndexFunc(entries, func(e aixsim.LogEntry) bool {
		return path.Base(e.Argv[0]) == "mv" && strings.HasSuffix(e.Argv[len(e.Argv)-1], ".fired") && e.Exit == 0
	})
	if at < 0 {
		return entries, false
	}
	return entries[:at], true
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// judge says what is wrong with the report of a host, held against the host.
func (s *storm) judge(h outcome.Host) []string {
	deeds, wrong := s.deeds(h.Host)
	wrong = append(wrong, judgeOutcome(h)...)
	byText := map[string][]outcome.Change{}
	for _, c := range h.Changes {
		byText[c.Command] = append(byText[c.Command], c)
	}
	for text, d := range deeds {
		if strings.Contains(text, onhost.LeasePath) {
			if h.Lease == nil || !slices.ContainsFunc(h.Lease.Steps, func(s outcome.Command) bool { return s.Command == text }) {
				wrong = append(wrong, "a command about the lease is not in the report: "+text)
			}
			continue
		}
		wrong = append(wrong, s.judgeDeed(h.Host, d, byText[text], text)...)
	}
	for text, list := range byText {
		if _, ok := deeds[text]; !ok {
			wrong = append(wrong, s.judgeDeed(h.Host, deed{}, list, text)...)
		}
	}
	wrong = append(wrong, judgeRepeats(h.Changes, deeds)...)
	wrong = append(wrong, s.judgeUndos(h, deeds, byText)...)
	wrong = append(wrong, s.judgeJournal(h)...)
	if link := s.fleet.Host(h.Host).Snapshot().Files[onhost.LeasePath].Link; h.Outcome == outcome.Recovered && link != "" && s.released(h) {
		wrong = append(wrong, "its lease was given back, and is there: "+link)
	}
	return append(wrong, s.judgeHealth(h)...)
}

// released reports whether the host has answered that the lease was given back.
func (s *storm) released(h outcome.Host) bool {
	return h.Lease != nil && slices.ContainsFunc(h.Lease.Steps, func(s outcome.Command) bool { return s.ID == "lease-release" && s.ExitStatus == 0 && s.Error == "" })
}

// judgeOutcome looks at the outcome alone.
func judgeOutcome(h outcome.Host) (wrong []string) {
	if !slices.Contains(outcome.Outcomes(), h.Outcome) {
		return []string{fmt.Sprintf("outcome %q", h.Outcome)}
	}
	switch h.Outcome {
	case outcome.Unreachable, outcome.Skipped:
		for _, c := range h.Changes {
			if c.Status != outcome.NotApplied {
				wrong = append(wrong, fmt.Sprintf("%s, and %s is %s", h.Outcome, c.Step, c.Status))
			}
		}
	}
	return wrong
}

// unsent reports whether the report says that a command certainly never left.
func unsent(c outcome.Change) bool {
	return c.Status == outcome.NotApplied && (strings.HasPrefix(c.Detail, "it was never sent") || c.Detail == "the gate was shut")
}

// effects are what steps bring about. A step of which a new look says that it
// happened may have been cut off before it ran, where its effect was there all
// the same: the look can't see more, so this is what must be true.
var effects = map[string]func(*aixsim.Host) bool{
	"set-address":                 addressed,
	"add-alias":                   addressed,
	"enable-remote-clients":       letsIn,
	"enable-remote-clients-again": letsIn,
	"enable-remote-clients-anew":  letsIn,
	"refresh-management-domain":   (*aixsim.Host).Connected,
}

func letsIn(h *aixsim.Host) bool { return h.Snapshot().RMC.RemoteClients }

// addressed reports whether the management NIC has the address of its MAC.
func addressed(h *aixsim.Host) bool {
	for _, n := range h.Snapshot().NICs {
		if n.Management {
			return slices.Contains(n.Live.IPv6, aixsim.EUI64(n.MAC).String()+"/64")
		}
	}
	return false
}

// byALook reports whether a change is reported applied because a look saw its
// effect, not because the host answered.
func byALook(c outcome.Change) bool {
	return c.Status == outcome.Applied && strings.Contains(c.Detail, "a new look shows ")
}

// judgeDeed holds what a command did against what the report says of it.
func (s *storm) judgeDeed(host string, d deed, list []outcome.Change, text string) (wrong []string) {
	sent, applied, possible := 0, 0, 0
	step := "not in the report"
	for _, c := range list {
		step = c.Step
		sent += count(!unsent(c))
		effect := effects[c.Step]
		applied += count(c.Status == outcome.Applied && !(byALook(c) && effect != nil && effect(s.fleet.Host(host))))
		possible += count(c.Status != outcome.NotApplied)
	}
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("%s (%.60q): ", step, text)+fmt.Sprintf(format, args...))
	}
	if d.arrived > sent {
		say("it came to the host %d times, the report says %d", d.arrived, sent)
	}
	if d.ran < applied {
		say("it was begun %d times on the host, the report has it applied %d times", d.ran, applied)
	}
	if d.changed > possible {
		say("it changed the host %d times, the report says %d times that it may have", d.changed, possible)
	}
	return wrong
}

// judgeRepeats finds commands that were sent again though nobody said that they
// did not happen. An undo may be armed anew when it was disarmed or has run, and
// disarmed anew when it was armed.
func judgeRepeats(changes []outcome.Change, deeds map[string]deed) (wrong []string) {
	before := map[string]outcome.Change{}
	ran := map[string]int{} // by text: armed undos that were not disarmed
	for text, d := range deeds {
		ran[text] = d.fired
	}
	for _, c := range changes {
		key := c.Step + "\n" + c.Command
		p, again := before[key]
		if again && ran[c.Command] > 0 {
			ran[c.Command]--
			again = false
		}
		asked := strings.HasSuffix(c.Step, disarmSuffix) && strings.Contains(p.Detail, "by the host's undo marker") // it was not known
		if again && !asked && p.Status != outcome.NotApplied && p.Status != outcome.Undone {
			wrong = append(wrong, fmt.Sprintf("%s was sent again, the first time is %s (%s)", c.Step, p.Status, p.Detail))
		}
		before[key] = c
		if step, ok := strings.CutSuffix(c.Step, disarmSuffix); ok && c.Status == outcome.Applied {
			forget(before, step+armSuffix)
		}
		if step, ok := strings.CutSuffix(c.Step, armSuffix); ok {
			forget(before, step+disarmSuffix)
		}
	}
	return wrong
}

func forget(before map[string]outcome.Change, step string) {
	for key := range before {
		if strings.HasPrefix(key, step+"\n") {
			delete(before, key)
		}
	}
}

// judgeUndos holds what is said to be undone, and what is not, against the undos
// that ran or still wait.
func (s *storm) judgeUndos(h outcome.Host, deeds map[string]deed, byText map[string][]outcome.Change) (wrong []string) {
	fired := map[string]int{}   // by step: undos that ran by themselves
	excused := map[string]int{} // those that the report allows for
	undone := map[string]int{}
	last := map[string]string{}
	for text, d := range deeds {
		if list := byText[text]; len(list) > 0 {
			if step, ok := strings.CutSuffix(list[0].Step, armSuffix); ok {
				fired[step] += d.fired
			}
		}
	}
	for _, c := range h.Changes {
		last[c.Step] = c.Status
		if step, ok := strings.CutSuffix(c.Step, armSuffix); ok {
			excused[step] += count(c.Status == outcome.UnknownIf)
			continue
		}
		if step, ok := strings.CutSuffix(c.Step, disarmSuffix); ok {
			excused[step] += count(strings.Contains(c.Detail, "the undo had run by itself"))
		}
		if step, ok := strings.CutSuffix(c.Step, undoSuffix); ok && !strings.HasSuffix(c.Step, disarmSuffix) && c.Status == outcome.Applied {
			fired[step]++
			excused[step]++
		}
		excused[c.Step] += count(c.Status != outcome.Applied)
		undone[c.Step] += count(c.Status == outcome.Undone)
	}
	for step, n := range fired {
		if n > excused[step] {
			wrong = append(wrong, fmt.Sprintf("%s: %d undos ran, the report allows for %d", step, n, excused[step]))
		}
	}
	for step, n := range undone {
		if n > fired[step] {
			wrong = append(wrong, fmt.Sprintf("%s: undone %d times in the report, %d undos ran", step, n, fired[step]))
		}
	}
	for _, step := range s.armed(h.Host) {
		if last[step] == outcome.Applied || h.Outcome == outcome.Recovered || h.Outcome == outcome.Healthy {
			wrong = append(wrong, fmt.Sprintf("%s is %q, the host %s, and its undo still waits on the host", step, last[step], h.Outcome))
		}
	}
	return wrong
}

// armed are the steps whose undo waits on a host.
func (s *storm) armed(host string) (steps []string) {
	for name := range s.fleet.Host(host).Snapshot().Files {
		if step, ok := strings.CutPrefix(name, undoMarker); ok && !strings.Contains(step, ".") {
			steps = append(steps, step)
		}
	}
	return steps
}

// judgeJournal compares the journal on disk with the report: an intent and a
// result for each change, and the same last word.
func (s *storm) judgeJournal(h outcome.Host) (wrong []string) {
	intents, last := 0, map[int]string{}
	for _, e := range s.journal() {
		switch {
		case e.Host != h.Host:
		case e.Event == outcome.EventIntent:
			intents++
		case e.Event == outcome.EventResult:
			last[e.Change-1] = e.Status
		}
	}
	if intents != len(h.Changes) {
		wrong = append(wrong, fmt.Sprintf("%d intents in the journal, %d changes in the report", intents, len(h.Changes)))
	}
	for i, c := range h.Changes {
		if last[i] != c.Status {
			wrong = append(wrong, fmt.Sprintf("%s: the last word is %q in the journal, and %q in the report", c.Step, last[i], c.Status))
		}
	}
	return wrong
}

// judgeHealth asks the host itself, and then restarts it: what is reported well
// is well, and stays so.
func (s *storm) judgeHealth(h outcome.Host) (wrong []string) {
	if h.Outcome != outcome.Recovered && h.Outcome != outcome.Healthy {
		return nil
	}
	host := s.fleet.Host(h.Host)
	if !host.Connected() {
		return []string{fmt.Sprintf("%s, and %s", h.Outcome, host.Why())}
	}
	host.Boot(nil)
	if why := host.Why(); why != "" && why != "the handshake has not ended" {
		wrong = append(wrong, fmt.Sprintf("%s, and after a restart %s", h.Outcome, why))
	}
	return wrong
}
