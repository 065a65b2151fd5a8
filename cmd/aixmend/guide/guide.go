// Package guide suggests the next command after a run, ready to paste in the folder
// where this one was started.
package guide

import (
	"os"
	"regexp"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/ranges"
	"aixmend/playbooks"
	"aixmend/transport/shell"
)

// maxRanges is the longest list of hosts in a suggested command, in characters.
const maxRanges = 80

// DefaultState is the default of --state.
const DefaultState = "aixmend-state"

// Guide suggests commands about the hosts of a run.
type Guide struct {
	run   outcome.Run
	asked request.Asked // paths start in the working folder
	known bool          // whether asked is known
	state string
	fixes bool     // the playbook has a rung that could fix something
	words []string // of --allow, that the playbook takes
}

// New returns the guide to a run. folder is the working folder of this process.
func New(run outcome.Run, r request.Request, state, folder string) Guide {
	g := Guide{run: run, asked: r.Typed(folder), known: true, state: state}
	if p, err := playbooks.Load(r.Playbook); err == nil {
		g.fixes = slices.ContainsFunc(p.Rungs, func(r playbooks.Rung) bool { return !r.Collect })
		for _, w := range p.AllowWords() {
			g.words = append(g.words, w.Word)
		}
	}
	return g
}

// Of returns the guide to a run that is kept. Without its request it knows less.
func Of(store *journal.Store, run outcome.Run, state string) Guide {
	then, err := request.Load(store, run.ID)
	if err != nil {
		return Bare(run, state)
	}
	here, err := os.Getwd()
	if err != nil {
		here = "" // the paths stay absolute
	}
	return New(run, then, state, here)
}

// Bare returns a guide that knows nothing of a run but its id and hosts.
func Bare(run outcome.Run, state string) Guide { return Guide{run: run, state: state} }

// Known reports whether the guide knows the flags of the run.
func (g Guide) Known() bool { return g.known }

// Next is the command to type next about hosts that ended alike; nil where there is
// nothing to do.
func (g Guide) Next(f report.Fold) []string {
	verb := controller.Verb(g.run.Command)
	reads := verb == controller.Audit || verb == controller.Capture
	switch allow := g.wanted(f); {
	case f.Interrupted:
		return g.Resume()
	case f.Guided, !g.known, g.run.Undoes != "":
	case f.Planned && g.asked.Out != "":
		return g.command("recover", f, "--plan", g.asked.Out)
	case f.Planned && verb == controller.Plan:
		return g.Again("recover", f)
	case len(allow) > 0:
		more := g
		more.asked.Allow = append(slices.Clone(g.asked.Allow), allow...)
		return more.Again("plan", f)
	case reads && f.Outcome == outcome.NeedsAction && g.fixes:
		return g.Again("plan", f)
	case f.Outcome == outcome.Skipped && strings.HasPrefix(f.Reason, controller.Held):
		return g.Again(string(verb), f)
	}
	if (f.Outcome == outcome.Healthy || f.Outcome == outcome.Recovered || f.Outcome == outcome.OutcomeUndone) && !f.Guided {
		return nil
	}
	return g.Quoted("aixmend", "explain", g.run.ID, f.Hosts[0])
}

// notAllowed matches the reason of a host where --allow would let a rung run, also as
// earlier versions worded it.
var notAllowed = regexp.MustCompile(`\b(?:` + regexp.QuoteMeta(playbooks.NotAllowed) + `|not allowed: it takes --allow )([a-z0-9-]+)`)

// wanted are the words of --allow that hosts wait for. A host that is blocked although
// the word was given waits for something else.
func (g Guide) wanted(f report.Fold) []string {
	if f.Outcome != outcome.NeedsAction {
		return nil
	}
	list := f.Allow
	if m := notAllowed.FindStringSubmatch(f.Reason); m != nil && !f.Differ && len(list) == 0 {
		list = []string{m[1]}
	}
	return slices.DeleteFunc(slices.Clone(list), func(word string) bool {
		return !slices.Contains(g.words, word) || slices.Contains(g.asked.Allow, word)
	})
}

// Resume is the command that continues the run.
func (g Guide) Resume() []string { return g.Quoted("aixmend", "resume", g.run.ID) }

// Quoted is a command about the run, its words quoted for a shell, with the state folder
// where it is not the default.
func (g Guide) Quoted(words ...string) []string {
	if g.state != DefaultState {
		words = append(words, "--state", g.state)
	}
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = report.Clean(shell.Word(word), false)
	}
	return quoted
}

// command is a verb with the hosts of a fold, the inventory and more flags.
func (g Guide) command(verb string, f report.Fold, more ...string) []string {
	words := []string{"aixmend", verb}
	for _, file := range g.asked.Inventories {
		if file != "inventory.yaml" || len(g.asked.Inventories) > 1 {
			words = append(words, "-i", file)
		}
	}
	for _, pattern := range g.limit(f, verb) {
		words = append(words, "-l", pattern)
	}
	words = append(words, more...)
	for _, way := range [][2]string{{"--identity", g.asked.Identity}, {"--known-hosts", g.asked.KnownHosts}, {"--ssh-config", g.asked.SSHConfig}} {
		if way[1] != "" {
			words = append(words, way[0], way[1])
		}
	}
	return g.Quoted(words...)
}

// Again is a verb with the flags of the run.
func (g Guide) Again(verb string, f report.Fold) []string {
	var more []string
	for _, set := range g.asked.Set {
		more = append(more, "--set", set)
	}
	if g.asked.Playbook != "rmc-restore" {
		more = append(more, "--playbook", g.asked.Playbook)
	}
	for _, word := range g.asked.Allow { // only changing verbs have any
		more = append(more, "--allow", word)
	}
	if g.asked.MendWarnings {
		more = append(more, "--mend-warnings")
	}
	return g.command(verb, f, more...)
}

// limit are patterns of -l that name the hosts of a fold. A long list becomes all hosts
// of the run with the outcome, where nothing is changed.
func (g Guide) limit(f report.Fold, verb string) []string {
	shifts := func(pattern string) bool { return strings.Contains(pattern, "@latest") } // this run is the latest now
	if len(f.Hosts) == len(g.run.Hosts) && !slices.ContainsFunc(g.asked.Limit, shifts) {
		return g.asked.Limit
	}
	ranges := rangesOf(f.Hosts)
	if len(ranges) <= maxRanges {
		return []string{ranges}
	}
	if len(f.Hosts) == g.run.Counts[f.Outcome] || verb == "plan" || verb == "audit" {
		return []string{"@" + g.run.ID + ":" + string(f.Outcome)}
	}
	return []string{ranges}
}

// rangesOf is a pattern of -l that matches exactly the hosts.
func rangesOf(hosts []string) string {
	words := strings.Fields(report.Compact(hosts))
	pattern := strings.Join(words, ",")
	var expanded []string
	for _, word := range words {
		list, err := ranges.Expand(word)
		if err != nil || len(expanded) > len(hosts) { // numbers too long for a range
			return strings.Join(hosts, ",")
		}
		expanded = append(expanded, list...)
	}
	if slices.Equal(slices.Sorted(slices.Values(expanded)), slices.Sorted(slices.Values(hosts))) {
		return pattern
	}
	return strings.Join(hosts, ",")
}
