package guide

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory/load"
)

// What to type next, by how hosts ended.
func TestNext(t *testing.T) {
	run := outcome.Run{ID: "R", Command: "audit", Hosts: make([]outcome.HostSummary, 99), Counts: map[outcome.Outcome]int{outcome.NeedsAction: 60}}
	var scattered []string // as ranges they are too long to be read
	for i := range 50 {
		scattered = append(scattered, fmt.Sprintf("aix%03d", 2*i))
	}
	is := func(o outcome.Outcome, change func(*Guide, *report.Fold)) func(*Guide, *report.Fold) {
		return func(g *Guide, f *report.Fold) {
			f.Outcome = o
			if change != nil {
				change(g, f)
			}
		}
	}
	for _, c := range []struct {
		name string
		set  func(*Guide, *report.Fold)
		want string
	}{
		{"healthy", is(outcome.Healthy, nil), ""},
		{"recovered", is(outcome.Recovered, nil), ""},
		{"recovered, and a warning is left", is(outcome.Recovered, func(_ *Guide, f *report.Fold) { f.Findings = []string{"rsct-below-recommended"} }), "aixmend explain R aix1"},
		{"kept back by the brake", is(outcome.Skipped, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Reason = "recover", outcome.ReasonBrake+"1 of 3 hosts ended failed"
		}), "aixmend recover -l 'aix[1-2]'"},
		{"drifted since the plan", is(outcome.Skipped, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Reason = "recover", outcome.ReasonDrifted+"step x was not in the plan"
		}), "aixmend plan -l 'aix[1-2]'"},
		{"cut off", is(outcome.CutOff, func(g *Guide, f *report.Fold) { g.run.Command, f.Interrupted = "recover", true }), "aixmend resume R"},
		{"well, and only to be compared", is(outcome.Healthy, func(g *Guide, f *report.Fold) { g.run.Command, f.Interrupted = "recover", true }), ""},
		{"with a warning, and only to be compared", is(outcome.Degraded, func(g *Guide, f *report.Fold) { g.run.Command, f.Interrupted = "recover", true }), "aixmend explain R aix1"},
		{"cut off, and the run can't be resumed", is(outcome.CutOff, func(g *Guide, f *report.Fold) { g.run.Command, g.closed, f.Interrupted = "recover", true, true }), "aixmend recover -l 'aix[1-2]'"},
		{"healthy, and a finding says how to go on", is(outcome.Healthy, func(_ *Guide, f *report.Fold) { f.Guided = true }), "aixmend explain R aix1"},
		{"degraded", is(outcome.Degraded, nil), "aixmend explain R aix1"},
		{"with a warning to fix that no allowed rung fixes", is(outcome.Degraded, func(g *Guide, f *report.Fold) {
			g.run.Command, g.asked.MendWarnings, f.Findings = "plan", true, []string{"rsct-below-recommended"}
			g.locked = map[string]string{"rsct-below-recommended": "rsct-update"}
		}), "requires --allow rsct-update: aixmend plan -l 'aix[1-2]' --allow rsct-update --mend-warnings"},
		{"with a warning to fix, and the images are missing", is(outcome.Degraded, func(g *Guide, f *report.Fold) {
			g.run.Command, g.asked.MendWarnings, g.asked.Allow, f.Findings = "plan", true, []string{"rsct-update"}, []string{"rsct-below-recommended"}
			f.Allow, f.Set = []string{"rsct-update"}, []string{"upload=FOLDER"}
		}), "replace FOLDER with your folder: aixmend plan -l 'aix[1-2]' --set upload=FOLDER --allow rsct-update --mend-warnings"},
		{"unreachable", is(outcome.Unreachable, nil), "aixmend explain R aix1"},
		{"its key is not known", is(outcome.Unreachable, func(g *Guide, f *report.Fold) {
			f.Reason, g.state = "host-key-unknown: SHA256:x is not in known_hosts", "s"
		}), "aixmend hostkeys -l 'aix[1-2]' --state s"},
		{"the key of its bastion has changed", is(outcome.Unreachable, func(_ *Guide, f *report.Fold) { f.Reason = "jump: bastion b: host-key-changed: x" }), "aixmend hostkeys -l 'aix[1-2]'"},
		{"failed", is(outcome.Failed, nil), "aixmend explain R aix1"},
		{"unknown", is(outcome.Unknown, nil), "aixmend explain R aix1"},
		{"needs action", is(outcome.NeedsAction, nil), "aixmend plan -l 'aix[1-2]'"},
		{"of a playbook that mends nothing", is(outcome.NeedsAction, func(g *Guide, _ *report.Fold) { g.fixes = false }), "aixmend explain R aix1"},
		{"of a run that has taken another back", is(outcome.NeedsAction, func(g *Guide, _ *report.Fold) { g.run.Undoes = "Q" }), "aixmend explain R aix1"},
		{"of a run that is not known", is(outcome.NeedsAction, func(g *Guide, _ *report.Fold) { g.known = false }), "aixmend explain R aix1"},
		{"interrupted", is(outcome.Skipped, func(_ *Guide, f *report.Fold) { f.Interrupted = true }), "aixmend resume R"},
		{"held by another run", is(outcome.Skipped, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Reason = "recover", controller.Held+" run x"
		}), "aixmend recover -l 'aix[1-2]'"},
		{"planned", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Planned, g.asked.Allow, g.asked.MendWarnings = "plan", true, []string{"cluster0"}, true
		}), "aixmend recover -l 'aix[1-2]' --allow cluster0 --mend-warnings"},
		{"planned into a file", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Planned, g.asked.Allow, g.asked.Out = "plan", true, []string{"cluster0"}, "p.json"
		}), ""},
		{"planned, but for what is to be allowed", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Allow, g.asked.Allow = "plan", []string{"node-id", "no-such-word"}, []string{"cluster0"}
		}), "aixmend plan -l 'aix[1-2]' --allow cluster0 --allow node-id"},
		{"planned, and a person has to allow something first", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Planned, f.Allow = "plan", true, []string{"node-id"}
		}), "aixmend plan -l 'aix[1-2]' --allow node-id"},
		{"planned, and a person has to do something first", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Planned, f.Step = "plan", true, "set rmc_nic in the inventory"
		}), "set rmc_nic in the inventory: aixmend explain R aix1"},
		{"planned into a file, and a person has to do something first", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Planned, f.Step, g.asked.Out = "plan", true, "look: aixmend runs", "p.json"
			g.state = "s"
		}), "look: aixmend runs --state s: aixmend explain R aix1 --state s"},
		{"allowed, and blocked still", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Allow, g.asked.Allow = "plan", []string{"rsct-update"}, []string{"rsct-update"}
		}), "aixmend explain R aix1"},
		{"blocked until images are named", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Allow, f.Set, g.asked.Set = "plan", []string{"rsct-update"}, []string{"upload=FOLDER"}, []string{"wait=1h"}
		}), "replace FOLDER with your folder: aixmend plan -l 'aix[1-2]' --set wait=1h --set upload=FOLDER --allow rsct-update"},
		{"recover was not allowed to", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Reason = "recover", "rung node-id is not allowed: requires --allow node-id"
		}), "aixmend plan -l 'aix[1-2]' --allow node-id"},
		{"a host says what to allow", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Reason = "recover", "not allowed: requires --allow anything"
		}), "aixmend explain R aix1"},
		{"all flags", is(outcome.NeedsAction, func(g *Guide, _ *report.Fold) {
			g.asked = request.Asked{Inventories: []string{"inventory.yaml", "b c.yaml"}, Playbook: "my $p.yaml", Set: []string{"wait=1h"}, Identity: "id", KnownHosts: "kh", SSHConfig: "none"}
			g.state = "/var/lib/it's"
		}), `aixmend plan -i inventory.yaml -i 'b c.yaml' -l 'aix[1-2]' --set wait=1h --playbook 'my $p.yaml' --identity id --known-hosts kh --ssh-config none --state '/var/lib/it'\''s'`},
		{"every host of the run", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Hosts, g.asked.Limit = g.run.Hosts[:2], []string{"prod,!db", "x"}
		}), "aixmend plan -l 'prod,!db' -l x"},
		{"every host, of the latest run then", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Hosts, g.asked.Limit = g.run.Hosts[:2], []string{"@latest:failed"}
		}), "aixmend plan -l 'aix[1-2]'"},
		{"many hosts", is(outcome.NeedsAction, func(_ *Guide, f *report.Fold) { f.Hosts = scattered }), "aixmend plan -l @R:needs_action"},
		{"many hosts, not all of the outcome, are changed", is(outcome.NeedsAction, func(g *Guide, f *report.Fold) {
			g.run.Command, f.Planned, f.Hosts = "plan", true, scattered
		}), "aixmend recover -l '" + report.Compact(scattered) + "'"},
		{"names that are no range", is(outcome.NeedsAction, func(_ *Guide, f *report.Fold) { f.Hosts = []string{"a1234567890", "a1234567891"} }), "aixmend plan -l a1234567890,a1234567891"},
		{"hostile names", is(outcome.Failed, func(_ *Guide, f *report.Fold) { f.Hosts = []string{"$(reboot)\x1b[2J\n"} }), "aixmend explain R '$(reboot)^[[2J^J'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := Guide{run: run, asked: request.Asked{Inventories: []string{"inventory.yaml"}, Playbook: "rmc-restore"}, known: true, state: "aixmend-state", fixes: true, words: []string{"node-id", "cluster0", "rsct-update"}}
			f := report.Fold{Hosts: []string{"aix1", "aix2"}}
			c.set(&g, &f)
			if diff := cmp.Diff(c.want, inOneLine(g.Next(f))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A recover says which steps took effect, once for hosts with the same ones; a rollback and a
// plan don't.
func TestChanged(t *testing.T) {
	var entries []outcome.Entry
	send := func(host string, steps ...string) {
		for i, step := range steps {
			rung, id, _ := strings.Cut(step, " ")
			entries = append(entries, outcome.Entry{Event: outcome.EventIntent, Host: host, Rung: rung, Step: id, Change: i + 1},
				outcome.Entry{Event: outcome.EventResult, Host: host, Rung: rung, Step: id, Change: i + 1, Status: outcome.Applied})
		}
	}
	send("aix2", "address set-address-arm-undo", "address set-address", "address set-address-disarm-undo", "refresh a", "refresh b")
	send("aix1", "address set-address", "refresh a", "refresh b")
	send("aix3", "recycle start")
	send("aix4", "recycle start")
	entries = append(entries, outcome.Entry{Event: outcome.EventResult, Host: "aix4", Change: 1, Status: outcome.Undone}, outcome.Entry{Event: outcome.EventLooked, Host: "aix5"})
	const want = "changed: aix[1-2]: address: set-address; refresh: a, b\nchanged: aix3: recycle: start\n"
	for _, c := range []struct{ command, undoes, want string }{{"recover", "", want}, {"recover", "Q", ""}, {"plan", "", ""}} {
		if got := Bare(outcome.Run{ID: "R", Command: c.command, Undoes: c.undoes}, DefaultState).Changed(entries); got != c.want {
			t.Errorf("%v: %q", c, got)
		}
	}
}

// A recover that recovered hosts says how to roll it back; a rollback and other runs don't.
func TestRollBack(t *testing.T) {
	for _, c := range []struct {
		outcome       outcome.Outcome
		undoes, state string
		want          string
	}{
		{outcome.Recovered, "", "none", ""},
		{outcome.Recovered, "", DefaultState, "to roll back: aixmend recover --undo R\n"},
		{outcome.Recovered, "", "s t", "to roll back: aixmend recover --undo R --state 's t'\n"},
		{outcome.Recovered, "Q", DefaultState, ""},
		{outcome.Healthy, "", DefaultState, ""},
		{outcome.OutcomeUndone, "Q", DefaultState, ""},
	} {
		run := outcome.Run{ID: "R", Command: "recover", Undoes: c.undoes, Hosts: []outcome.HostSummary{{Outcome: outcome.Healthy}, {Outcome: c.outcome}}}
		undo := "rmcctrl -A"
		if c.state == "none" {
			undo = "none: a refresh changes nothing that could be undone"
		}
		entries := []outcome.Entry{{Event: outcome.EventIntent, Host: "h", Rung: "r", Step: "s", Change: 1, Command: "x", Undo: undo}}
		if got := Bare(run, c.state).RollBack(entries); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.outcome, c.undoes, got, c.want)
		}
	}
}

// Whatever hosts are called, rangesOf matches exactly them.
func TestRangesOf(t *testing.T) {
	for _, names := range [][]string{
		{"db1"}, {"aix01", "aix02", "aix03", "aix12"}, {"a9", "a10", "a11"}, {"a1", "a01"}, {"web1a", "web2a", "web1b"},
		{"rack1-node1", "rack1-node2"}, {"10.0.0.1", "10.0.0.3"}, {"a99999999999999999999999", "a99999999999999999999998"}, {"a0", "a1", "a10"}, {"x008", "x009", "x010", "plain"},
	} {
		var got []string
		inv := "apiVersion: aixmend/v1\nhosts:\n"
		for i, name := range append([]string{"another", "a2", "aix04"}, names...) {
			inv += fmt.Sprintf("  %q: {address: 10.0.9.%d}\n", name, i)
		}
		file := t.TempDir() + "/inventory.yaml"
		if err := os.WriteFile(file, []byte(inv), 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := load.Options{}.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		hosts, err := loaded.Select(rangesOf(names))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hosts {
			got = append(got, h.Name)
		}
		slices.Sort(names)
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", rangesOf(names), diff)
		}
	}
}

// A suggested command names a flag where it would have another value if it were not typed.
func TestNextFromAConfigFile(t *testing.T) {
	asked := request.Asked{
		Inventories: []string{"site/prod.yaml"}, Playbook: "site.yaml", Set: []string{"wait=1m"},
		Identity: "id", KnownHosts: "kh", SSHConfig: "none",
	}
	file := Values{
		State: "runs", Playbook: "site.yaml", Identity: "id", KnownHosts: "kh", SSHConfig: "none",
		Inventories: []string{"site/prod.yaml"}, Set: []string{"wait=1m"},
	}
	elsewhere := file
	elsewhere.State, elsewhere.Playbook, elsewhere.Identity, elsewhere.KnownHosts = "x/../runs", "./site.yaml", "./id", "x/../kh"
	elsewhere.Inventories = []string{"x/../site/prod.yaml"}
	const all = "aixmend audit -i site/prod.yaml -l aix1 --set wait=1m --playbook site.yaml --identity id --known-hosts kh --ssh-config none --state runs"
	other := file
	other.Inventories, other.State, other.SSHConfig = nil, "other", "x"
	for name, c := range map[string]struct {
		usual Usual
		want  string
	}{
		"no file":               {nil, all},
		"the file has them all": {func([]string) Values { return file }, "aixmend audit -l aix1"},
		"the same files by other paths": {
			func([]string) Values { return elsewhere }, "aixmend audit -l aix1",
		},
		"a part of them": {
			func([]string) Values { return other.And(file) },
			"aixmend audit -i site/prod.yaml -l aix1 --ssh-config none --state runs",
		},
		"another file is beside the inventory": {
			func(typed []string) Values {
				if typed == nil {
					return other
				}
				return Values{State: DefaultState, Playbook: DefaultPlaybook}
			}, all,
		},
	} {
		g := Guide{run: outcome.Run{Hosts: make([]outcome.HostSummary, 9)}, asked: asked, known: true, state: "runs"}.From(c.usual)
		if got := strings.Join(g.Again("audit", report.Fold{Hosts: []string{"aix1"}}), " "); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// The report of an earlier run says that it did not ask the cloud, unless that was wanted.
func TestUnasked(t *testing.T) {
	hosts := []outcome.HostSummary{{Name: "aix1"}}
	for name, c := range map[string]struct {
		g    Guide
		says bool
	}{
		"no key":              {Guide{run: outcome.Run{Command: "audit", Hosts: hosts}, known: true}, true},
		"asked":               {Guide{run: outcome.Run{Command: "audit", Hosts: append(hosts, outcome.HostSummary{Name: "aix2", Cloud: &outcome.Cloud{}})}, known: true}, false},
		"not wanted":          {Guide{run: outcome.Run{Command: "audit", Hosts: hosts}, known: true, asked: request.Asked{Cloud: "off"}}, false},
		"a rollback":          {Guide{run: outcome.Run{Command: "recover", Undoes: "R", Hosts: hosts}, known: true}, false},
		"a replay":            {Guide{run: outcome.Run{Command: "replay", Hosts: hosts}, known: true}, false},
		"its request is gone": {Guide{run: outcome.Run{Command: "audit", Hosts: hosts}}, false},
	} {
		if got := c.g.Unasked(); (got != "") != c.says {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Warnings that no rung fixes need no plan.
func TestHeals(t *testing.T) {
	g := New(outcome.Run{}, request.Request{Asked: request.Asked{Playbook: DefaultPlaybook}}, "s", "")
	for finding, want := range map[string]bool{"rmc-address-not-persistent": true, "probe-failed": false} {
		if got := g.Heals([]string{finding}); got != want {
			t.Errorf("%s: %t", finding, got)
		}
	}
	if got := g.locked; got["rsct-below-recommended"] != "rsct-update" || got["rmc-address-not-persistent"] != "" {
		t.Errorf("locked: %v", got)
	}
	if !Bare(outcome.Run{}, "s").Heals([]string{"probe-failed"}) {
		t.Error("a run that is not known heals nothing")
	}
}

// Paths of one file are the same value of a flag; a file that is named like an embedded
// playbook is not that playbook.
func TestSameValue(t *testing.T) {
	at := func(name string) string {
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"fleet.yaml", "fleet.yaml", true}, {"fleet.yaml", at("fleet.yaml"), true}, {"../fleet.yaml", at("../fleet.yaml"), true},
		{"fleet.yaml", at("other.yaml"), false}, {"", at("."), false},
		{"rmc-restore", "rmc-restore", true}, {"rmc-restore", at("rmc-restore"), false}, {at("rmc-restore"), "rmc-restore", false},
	} {
		if got := same(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %t", c.a, c.b, got)
		}
	}
}

// inOneLine is a next step with its command behind it.
func inOneLine(n report.Next) string {
	command := strings.Join(n.Command, " ")
	if n.Step == "" {
		return command
	}
	return strings.TrimSuffix(n.Step+": "+command, ": ")
}
