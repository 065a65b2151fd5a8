package guide

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/outcome"
)

// The next steps of a whole run: in order, and hosts that need the same command share one.
func TestNow(t *testing.T) {
	host := func(name string, o outcome.Outcome, open ...string) outcome.HostSummary {
		return outcome.HostSummary{Name: name, Outcome: o, Open: open, Findings: open}
	}
	cut := host("aix9", outcome.Skipped)
	cut.Interrupted = true
	planned := func(h outcome.HostSummary) outcome.HostSummary {
		h.Plan = []outcome.PlanStep{{Rung: "refresh", Step: "refresh", Command: "rmcctrl -p"}}
		return h
	}
	blocked := host("aix3", outcome.NeedsAction, "node-id-mismatch")
	blocked.Plan = []outcome.PlanStep{{Rung: "node-id", Step: "rebuild", BlockedBy: "not allowed: requires --allow node-id", AllowedBy: "node-id"}}
	byHand := host("aix4", outcome.NeedsAction, "rmc-nic-missing")
	byHand.Needs = []outcome.Need{{Finding: "rmc-nic-missing", Step: "check the adapter"}}
	for _, c := range []struct {
		name  string
		run   outcome.Run
		asked request.Asked
		want  []string
	}{
		{"nothing to do", outcome.Run{Command: "audit", Hosts: []outcome.HostSummary{host("aix1", outcome.Healthy), host("aix2", outcome.Degraded, "w"), host("aix3", outcome.Skipped)}}, request.Asked{}, nil},
		{
			"an audit", outcome.Run{Command: "audit", Hosts: []outcome.HostSummary{
				host("aix1", outcome.NeedsAction, "a"), host("aix2", outcome.NeedsAction, "b"), host("aix3", outcome.Unreachable), host("aix4", outcome.Degraded, "w"),
			}},
			request.Asked{Set: []string{"wait=1h"}},
			[]string{
				"Plan 2 hosts, without a change (aix1 aix2): aixmend plan -l 'aix[1-2]' --set wait=1h --state s",
				"Then recover: it shows the plan, and asks: aixmend recover -l 'aix[1-2]' --set wait=1h --state s",
				"Find out about aix3: aixmend explain R aix3 --state s",
				"Afterwards, look again: aixmend audit --set wait=1h --state s",
			},
		},
		{
			"a plan", outcome.Run{Command: "plan", Hosts: []outcome.HostSummary{planned(host("aix1", outcome.NeedsAction, "a")), planned(host("aix2", outcome.NeedsAction, "a")), blocked, byHand}}, request.Asked{},
			[]string{
				"Recover 2 hosts [a] (aix1 aix2): aixmend recover -l 'aix[1-2]' --state s",
				"Plan aix3 with --allow node-id, without a change [node-id-mismatch]: aixmend plan -l aix3 --allow node-id --state s",
				"Find out about aix4 [rmc-nic-missing] by hand check the adapter: aixmend explain R aix4 --state s",
				"Afterwards, look again: aixmend audit --state s",
			},
		},
		{
			"a plan that is saved", outcome.Run{Command: "plan", Hosts: []outcome.HostSummary{planned(host("aix1", outcome.NeedsAction, "a"))}}, request.Asked{Out: "p.json"},
			[]string{"Apply the saved plan p.json: aixmend recover --plan p.json --state s"},
		},
		{
			"a run that was cut off, and another", outcome.Run{Command: "recover", Unfinished: 1, LeftOpen: []outcome.LeftOpen{{ID: "Q", Hosts: []string{"aix1"}}}, Hosts: []outcome.HostSummary{cut, host("aix1", outcome.Failed, "a"), host("aix2", outcome.Failed, "a")}}, request.Asked{},
			[]string{
				"Continue this run [not finished: 1 host]: aixmend resume R --state s",
				"Continue run Q has changed aix1 and has not finished: aixmend resume Q --state s",
				"Find out about aix1, and 1 more host like it [a] (aix1 aix2): aixmend explain R aix1 --state s",
				"Afterwards, look again: aixmend audit --state s",
			},
		},
		{
			"a rollback", outcome.Run{Command: "recover", Undoes: "Q", LeftOpen: []outcome.LeftOpen{{ID: "Q", Hosts: []string{"aix1"}}}, Hosts: []outcome.HostSummary{host("aix1", outcome.Failed, "a")}}, request.Asked{},
			[]string{"Find out about aix1 [a]: aixmend explain R aix1 --state s"},
		},
		{
			"its hosts are no pattern of now", outcome.Run{Command: "audit", Hosts: []outcome.HostSummary{host("aix1", outcome.Unreachable)}}, request.Asked{Limit: []string{"@latest:failed"}},
			[]string{"Find out about aix1: aixmend explain R aix1 --state s"},
		},
	} {
		c.run.ID, c.run.Counts = "R", outcome.Count(c.run.Hosts)
		c.asked.Playbook, c.asked.Inventories = DefaultPlaybook, []string{DefaultInventory}
		g := Guide{run: c.run, asked: c.asked, known: true, state: "s", fixes: true, words: []string{"node-id"}}
		var got []string
		for _, task := range g.Now() {
			text := task.Text
			if task.Why != "" {
				text += " [" + task.Why + "]"
			}
			if task.Hosts != nil {
				text += fmt.Sprintf(" (%s)", strings.Join(task.Hosts, " "))
			}
			if task.Step != "" {
				text += " by hand " + task.Step
			}
			got = append(got, text+": "+strings.Join(task.Command, " "))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if g := (Guide{run: outcome.Run{Unfinished: 1}, elsewhere: true}); g.Known() || g.Now() != nil {
		t.Error("commands about hosts of sites")
	}
}
