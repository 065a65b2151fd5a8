package main

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/transport/lab/aixsim"
)

var (
	// namedCount is a count of hosts with the hosts behind it: "2 hosts need you: a b".
	namedCount = regexp.MustCompile(`(\d+) (?:hosts?|more)( [a-z][^:;\n]*:|  +)([^;\n]+)`)
	// listedCount is one with a list below, a line a host or a fold.
	listedCount = regexp.MustCompile(`(?m)^(\d+) hosts? [^:\n]*:\n((?:  .*\n)+)`)
	// sentStep is a step that would be sent, in a folded plan.
	sentStep = regexp.MustCompile(`(?m)^  [~+] `)
	// planCount is the number of hosts to change.
	planCount = regexp.MustCompile(`Plan: (\d+) hosts? to change`)
)

// countsHold checks that each count of hosts in a text about a run is the number of hosts that
// stand behind it or below it, and for a folded plan that as many have a block as are to change.
func countsHold(t *testing.T, run *outcome.Run, text string, plan bool) (counts int) {
	t.Helper()
	var inv inventory.Inventory
	for _, h := range run.Hosts {
		inv.Hosts = append(inv.Hosts, inventory.Host{Name: h.Name})
	}
	check := func(said, names string) {
		t.Helper()
		hosts, err := inv.Select(strings.Fields(strings.TrimSuffix(strings.TrimSpace(names), "."))...)
		if err != nil || strconv.Itoa(len(hosts)) != said {
			t.Errorf("%q names %d hosts (%v), the text says %s:\n%s", names, len(hosts), err, said, text)
		}
		counts++
	}
	for _, m := range namedCount.FindAllStringSubmatch(text, -1) {
		check(m[1], m[3])
	}
	for _, m := range listedCount.FindAllStringSubmatch(text, -1) {
		var names []string
		for line := range strings.Lines(m[2]) {
			names = append(names, strings.Fields(line)[0])
		}
		check(m[1], strings.Join(names, " "))
	}
	if m := planCount.FindStringSubmatch(text); m != nil && plan {
		var changed []string
		for block := range strings.SplitSeq(text, "\n\n") {
			head, steps, _ := strings.Cut(block, "\n  ")
			if names, why, _ := strings.Cut(head, ": "); !strings.HasPrefix(why, outcome.LastResort) && sentStep.MatchString("  "+steps) {
				changed = append(changed, names)
			}
		}
		check(m[1], strings.Join(changed, " "))
	}
	return counts
}

// The summary of a plan counts the hosts that the plan names, on the fleet of the demo and on one
// host of each illness.
func TestCountsOfAPlanHold(t *testing.T) {
	t.Parallel()
	t.Run("the demo", func(t *testing.T) {
		t.Parallel()
		cmd := demo(t, "aixmend")
		out, err := cmd.Output()
		noError(t, err)
		plans(t, filepath.Join(cmd.Dir, "aixmend-state"), string(out)) // of its four runs one is a plan
	})
	t.Run("one host of each illness", func(t *testing.T) {
		t.Parallel()
		var names []string
		for _, illness := range aixsim.Illnesses() {
			if illness.Pair == nil {
				names = append(names, illness.Name)
			}
		}
		hosts, err := namedHosts(names)
		noError(t, err)
		dir := t.TempDir()
		fleet, err := simulated.Start(dir, hosts, 0)
		noError(t, err)
		t.Cleanup(fleet.Close)
		state := filepath.Join(dir, "state")
		said := call(t, nil, "plan", "-i", filepath.Join(dir, "inventory.yaml"), "--state", state, "--ssh-config", "none", "--set", simulated.ReadWait)
		if said.code != 3 {
			t.Fatalf("%d\n%s", said.code, said.err)
		}
		plans(t, state, said.out)
	})
}

// plans checks the plans of the runs in a state folder, and the text printed about them.
func plans(t *testing.T, state, printed string) {
	t.Helper()
	store, err := journal.OpenExisting(state)
	noError(t, err)
	ids, err := store.RunIDs()
	noError(t, err)
	for _, id := range ids {
		run, err := store.LoadRun(id)
		noError(t, err)
		tableHolds(t, run)
		if run.Command != "plan" {
			continue
		}
		text := job.PlanText(run.Hosts, report.TextOptions{}, false, false)
		if n := countsHold(t, run, text, true); n < 3 {
			t.Errorf("%d counts: this test sees too little:\n%s", n, text)
		}
		total := 0
		summary := text[strings.LastIndex(text, "Plan: "):]
		for _, m := range regexp.MustCompile(`(?:Plan: |; )(\d+) (hosts?|more|[a-z_]+)([^;]*)`).FindAllStringSubmatch(summary, -1) {
			n, err := strconv.Atoi(m[1])
			noError(t, err)
			if !strings.Contains(m[3], " these steps") { // they are among those to change
				total += n
			}
		}
		if total != len(run.Hosts) {
			t.Errorf("%d hosts of %d are counted: %s", total, len(run.Hosts), summary)
		}
		countsHold(t, run, printed, false)
	}
}

// tableHolds checks the summary of a run: each line counts the hosts that it names, and together
// they are all hosts.
func tableHolds(t *testing.T, run *outcome.Run) {
	t.Helper()
	text := report.Text(*run, report.TextOptions{})
	lines := ""
	total := 0
	for _, m := range regexp.MustCompile(`(?m)^ [a-z_]+ +(\d+)  (\S+(?: \S+)*)`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(m[1])
		noError(t, err)
		total += n
		lines += m[1] + " hosts here: " + m[2] + "\n"
	}
	if total != len(run.Hosts) || countsHold(t, run, lines, false) == 0 {
		t.Errorf("%d hosts of %d have a line:\n%s", total, len(run.Hosts), text)
	}
}
