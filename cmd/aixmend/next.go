package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/ranges"
	"aixmend/playbooks"
	"aixmend/transport/shell"
)

// maxRanges is how long a list of hosts may be in a command that is to be read.
const maxRanges = 80

// guide knows what an operator would type next about the hosts of a run. What it
// says works when it is pasted where this process was started.
type guide struct {
	run   outcome.Run
	asked asked // what the run was asked to do; its paths are named from here
	known bool  // it is known
	state string
	// mends tells that the playbook has rungs that could mend anything.
	mends bool
	// allows are the words of --allow that the playbook takes.
	allows []string
}

// guide is the guide to a run that was made by these flags.
func (a *app) guide(run outcome.Run, made asked) guide {
	g := guide{run: run, asked: made, known: true, state: a.flags.state}
	if p, err := playbooks.Load(made.Playbook); err == nil {
		g.mends = slices.ContainsFunc(p.Rungs, func(r playbooks.Rung) bool { return !r.Collect })
		g.allows = wordsOf(p)
	}
	return g
}

// guideOf is the guide to a run that is kept.
func (a *app) guideOf(store *journal.Store, run outcome.Run) guide {
	var then request
	if err := store.LoadRequest(run.ID, &then); err != nil { // what can be said without it is said
		return guide{run: run, state: a.flags.state}
	}
	if here, err := os.Getwd(); err != nil || here != then.Folder {
		then.asked = then.from(then.Folder)
	}
	return a.guide(run, then.asked)
}

// fromHere is what the run was asked to do, as it is asked for where this process was
// started.
func (f *flags) fromHere() asked {
	if f.entered == "" {
		return f.asked
	}
	return f.from(f.entered)
}

// from is what was asked for in a folder, as it is asked for elsewhere.
func (a asked) from(folder string) asked {
	in := func(path string) string {
		if path == "" || path == noSSHConfig || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(folder, path)
	}
	a.Inventories, a.Set = slices.Clone(a.Inventories), slices.Clone(a.Set)
	for i, file := range a.Inventories {
		a.Inventories[i] = in(file)
	}
	for i, set := range a.Set {
		if path, ok := strings.CutPrefix(set, "upload="); ok {
			a.Set[i] = "upload=" + in(path)
		}
	}
	if !slices.Contains(playbooks.Names(), a.Playbook) {
		a.Playbook = in(a.Playbook)
	}
	a.Identity, a.KnownHosts, a.SSHConfig, a.Out = in(a.Identity), in(a.KnownHosts), in(a.SSHConfig), in(a.Out)
	return a
}

// next is what to type next about hosts that ended alike; none where there is
// nothing to do.
func (g guide) next(f report.Fold) []string {
	verb := controller.Verb(g.run.Command)
	reads := verb == controller.Audit || verb == controller.Capture
	switch allow := g.wanted(f); {
	case f.Interrupted:
		return g.resume()
	case f.Guided, !g.known, g.run.Undoes != "":
	case f.Planned && g.asked.Out != "":
		return g.words("recover", f, "--plan", g.asked.Out)
	case f.Planned && verb == controller.Plan:
		return g.again("recover", f)
	case len(allow) > 0:
		more := g
		more.asked.Allow = append(slices.Clone(g.asked.Allow), allow...)
		return more.again("plan", f)
	case reads && f.Outcome == outcome.NeedsAction && g.mends:
		return g.again("plan", f)
	case f.Outcome == outcome.Skipped && strings.HasPrefix(f.Reason, controller.Held):
		return g.again(string(verb), f)
	}
	if (f.Outcome == outcome.Healthy || f.Outcome == outcome.Recovered || f.Outcome == outcome.OutcomeUndone) && !f.Guided {
		return nil
	}
	return g.quoted("aixmend", "explain", g.run.ID, f.Hosts[0])
}

// notAllowed is the reason of a host on which --allow would let a rung run.
var notAllowed = regexp.MustCompile(`\bnot allowed: it takes --allow ([a-z0-9-]+)`)

// wanted are the words of --allow that hosts wait for. What has been allowed and
// is blocked still waits for something else.
func (g guide) wanted(f report.Fold) []string {
	if f.Outcome != outcome.NeedsAction {
		return nil
	}
	list := f.Allow
	if m := notAllowed.FindStringSubmatch(f.Reason); m != nil && !f.Differ && len(list) == 0 {
		list = []string{m[1]}
	}
	return slices.DeleteFunc(slices.Clone(list), func(word string) bool {
		return !slices.Contains(g.allows, word) || slices.Contains(g.asked.Allow, word)
	})
}

// resume goes on with the run.
func (g guide) resume() []string { return g.quoted("aixmend", "resume", g.run.ID) }

// quoted is a command about the run, its words as a shell wants them, with the
// state folder where it is not the usual one.
func (g guide) quoted(words ...string) []string {
	if g.state != "aixmend-state" {
		words = append(words, "--state", g.state)
	}
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = report.Clean(shell.Word(word), false)
	}
	return quoted
}

// words are a verb with the hosts of a fold, the inventory and more flags.
func (g guide) words(verb string, f report.Fold, more ...string) []string {
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
	return g.quoted(words...)
}

// again is a verb with the flags of the run.
func (g guide) again(verb string, f report.Fold) []string {
	var more []string
	for _, set := range g.asked.Set {
		more = append(more, "--set", set)
	}
	if g.asked.Playbook != "rmc-restore" {
		more = append(more, "--playbook", g.asked.Playbook)
	}
	for _, word := range g.asked.Allow { // of verbs that change, which alone have it
		more = append(more, "--allow", word)
	}
	if g.asked.MendWarnings {
		more = append(more, "--mend-warnings")
	}
	return g.words(verb, f, more...)
}

// limit are patterns of -l that name the hosts of a fold. Where they are many, and
// nothing is changed, more hosts of the run may be named.
func (g guide) limit(f report.Fold, verb string) []string {
	moves := func(pattern string) bool { return strings.Contains(pattern, "@latest") } // this run is the latest now
	if len(f.Hosts) == len(g.run.Hosts) && !slices.ContainsFunc(g.asked.Limit, moves) {
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

// rangesOf is a pattern of -l for hosts.
func rangesOf(hosts []string) string {
	words := strings.Fields(report.Compact(hosts))
	pattern := strings.Join(words, ",")
	var expanded []string
	for _, word := range words {
		list, err := ranges.Expand(word)
		if err != nil || len(expanded) > len(hosts) { // numbers that are too long for a range
			return strings.Join(hosts, ",")
		}
		expanded = append(expanded, list...)
	}
	if slices.Equal(slices.Sorted(slices.Values(expanded)), slices.Sorted(slices.Values(hosts))) {
		return pattern
	}
	return strings.Join(hosts, ",")
}
