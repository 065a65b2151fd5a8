package guide

import (
	"slices"
	"strings"

	"aixmend/cmd/aixmend/hints"
	"aixmend/controller/report"
	"aixmend/inventory/ranges"
	"aixmend/transport/shell"
)

// Quoted is a command about the run, its words quoted for a shell, with the state folder
// where it is not the usual one.
func (g Guide) Quoted(words ...string) []string { return g.quoted(nil, words) }

// quoted is Quoted of a command with some inventories.
func (g Guide) quoted(inventories, words []string) []string {
	if !same(g.state, g.untyped(inventories).State) {
		words = append(words, "--state", g.state)
	}
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = report.Clean(shell.Word(word), false)
	}
	if program := g.untyped(inventories).Program; program != "" && quoted[0] == hints.Program {
		quoted[0] = report.Clean(program, false)
	}
	return quoted
}

// about is a verb with the hosts of a fold, the inventory and more flags.
func (g Guide) about(verb string, f report.Fold, more ...string) []string {
	return g.on(g.limit(f, verb), verb, more...)
}

// on is a verb with patterns of -l, the inventory and more flags.
func (g Guide) on(limit []string, verb string, more ...string) []string {
	words := []string{"aixmend", verb}
	inventories := g.inventories()
	for _, file := range inventories {
		words = append(words, "-i", file)
	}
	for _, pattern := range limit {
		words = append(words, "-l", pattern)
	}
	words = append(words, more...)
	usual := g.untyped(inventories)
	for _, way := range [][3]string{{"--identity", g.asked.Identity, usual.Identity}, {"--known-hosts", g.asked.KnownHosts, usual.KnownHosts}, {"--ssh-config", g.asked.SSHConfig, usual.SSHConfig}} {
		if way[1] != "" && !same(way[1], way[2]) {
			words = append(words, way[0], way[1])
		}
	}
	return g.quoted(inventories, words)
}

// inventories returns the inventories that a command has to name, nil where it has none.
func (g Guide) inventories() []string {
	if slices.EqualFunc(g.asked.Inventories, g.untyped(nil).Inventories, same) {
		return nil
	}
	return g.asked.Inventories
}

// Again is a verb with the flags of the run.
func (g Guide) Again(verb string, f report.Fold) []string {
	var more []string
	usual := g.untyped(g.inventories())
	if !slices.Equal(g.asked.Set, usual.Set) {
		for _, set := range g.asked.Set {
			more = append(more, "--set", set)
		}
	}
	if !same(g.asked.Playbook, usual.Playbook) {
		more = append(more, "--playbook", g.asked.Playbook)
	}
	if verb == "audit" { // after any verb: it takes no flag of those that change
		return g.about(verb, f, more...)
	}
	for _, word := range g.asked.Allow { // only changing verbs have any
		more = append(more, "--allow", word)
	}
	if g.asked.MendWarnings {
		more = append(more, "--mend-warnings")
	}
	return g.about(verb, f, more...)
}

// Complete adds the flags of the run to the commands that a text names.
func (g Guide) Complete(text string) string {
	return hints.Complete(text, g.untyped(nil).Program, g.flags)
}

// flags are the flags of a verb in a text about the run.
func (g Guide) flags(verb string) ([]hints.Flag, bool) {
	var list []hints.Flag
	add := func(name string, values ...string) {
		for _, value := range values {
			if value != "" {
				list = append(list, hints.Flag{name, value})
			}
		}
	}
	var reads, runs, changes bool
	switch verb {
	case "runbook":
		return nil, true
	case "resume", "explain", "report", "diff", "runs", "runs prune", "capture list":
	case "inventory list", "hostkeys":
		reads = true
	case "audit", "capture":
		reads, runs = true, true
	case "plan", "recover":
		reads, runs, changes = true, true, true
	default:
		return nil, false
	}
	usual := g.untyped(nil)
	if reads && g.known {
		usual = g.untyped(g.inventories())
	}
	if a := g.asked; reads && g.known {
		add("-i", g.inventories()...)
		for _, way := range [][3]string{{"--ssh-config", a.SSHConfig, usual.SSHConfig}, {"--identity", a.Identity, usual.Identity}, {"--known-hosts", a.KnownHosts, usual.KnownHosts}} {
			if !same(way[1], way[2]) && (way[0] == "--ssh-config" || verb != "inventory list") {
				add(way[0], way[1])
			}
		}
		if runs && !same(a.Playbook, usual.Playbook) {
			add("--playbook", a.Playbook)
		}
		if runs && !slices.Equal(a.Set, usual.Set) {
			add("--set", a.Set...)
		}
		if changes {
			add("--allow", a.Allow...)
		}
		if changes && a.MendWarnings {
			list = append(list, hints.Flag{"--mend-warnings"})
		}
	}
	if !same(g.state, usual.State) {
		add("--state", g.state)
	}
	return list, true
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
