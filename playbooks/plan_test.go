package playbooks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/playbooks/document"
	"aixmend/playbooks/facts"
	"aixmend/transport/lab/golden"
)

// outline is a plan in short: "1 address: set-address", and why it is blocked.
// The hand-over, which waits for all others, is left out: see TestPlanHandOver.
func outline(plan []PlannedRung) []string {
	list := []string{}
	for _, r := range plan {
		if r.Rung.Collect {
			continue
		}
		var steps []string
		for _, s := range r.Steps {
			steps = append(steps, s.Step.ID)
		}
		line := fmt.Sprintf("%d %s: %s", r.Rung.Number, r.Rung.ID, strings.Join(steps, " "))
		if r.Blocked != "" {
			line += " BLOCKED " + r.Blocked
		}
		list = append(list, line)
	}
	return list
}

type planCase struct {
	name   string // begins with the procedure's row
	change func(host)
	wishes Wishes
	want   []string
}

func planCases() []planCase {
	const (
		set     = "1 address: set-address"
		refresh = "2 refresh: enable-remote-clients refresh-management-domain"
		recycle = "3 recycle: stop-rmc start-rmc enable-remote-clients-again"
		start   = "3 recycle: start-rmc enable-remote-clients-again"
		noRoom  = " BLOCKED /var has less than 64 MB free"
		tooOld  = " BLOCKED RSCT must be at 3.2.1.0 or later first"
		noImage = "0 rsct-update:  BLOCKED requires --allow rsct-update and the images: --set images=FOLDER on the host or SERVER:/PATH over NFS, or --set upload=FOLDER here"
		images  = "0 rsct-update:  BLOCKED requires the images: --set images=FOLDER on the host or SERVER:/PATH over NFS, or --set upload=FOLDER here"
		nothing = " BLOCKED it would interrupt RMC without effect while these findings are open: "
	)
	warnings := Wishes{MendWarnings: true}
	waive := func(ids ...string) Wishes {
		return Wishes{MendWarnings: true, Waived: func(id string) bool { return slices.Contains(ids, id) }}
	}
	tried := func(rungs ...string) Wishes {
		return Wishes{Tried: func(rung string) bool { return slices.Contains(rungs, rung) }}
	}
	level := func(level string) func(host) { return func(h host) { h.rsct(level, "C") } }
	hang := func(probe string) func(host) { return func(h host) { h.hang(probe) } }
	viaRMC := func(h host) { h.say("session", "fe80::9 50222 "+eui1+" 22\n") }
	nat := func(h host) { h.say("session", "10.9.8.7 50222 192.0.2.1 22\n") }
	none := []string{}
	return []planCase{
		{name: "healthy: nothing to do", change: func(host) {}, wishes: warnings, want: none},

		// The order of rungs, and the first that can help.
		{name: "R1 R2 R3 address missing", change: both(addressMissing, disconnected), want: []string{set, refresh, recycle}},
		{name: "R1 R2 R3 address wrong", change: both(addressWrong, disconnected), want: []string{set, refresh, recycle}},
		{name: "R2 R3 no cause found", change: disconnected, want: []string{refresh, recycle}},
		{name: "R2 R3 authentication pending", change: func(h host) { h.say("domain", fmt.Sprintf(mcp, "i")+"=== again\n"+fmt.Sprintf(mcp, "i")) }, want: []string{refresh, recycle}},
		{name: "R2 this level has no rmcrefreshMD", change: both(disconnected, func(h host) { h.edit("rsct_paths", "refresh_md=/opt/rsct/bin/rmcrefreshMD\n", "") }),
			want: []string{"2 refresh: enable-remote-clients", recycle}},
		{name: "R3 daemon down: no refresh, no -z", change: daemonDown, want: []string{start}},
		{name: "R1 R3 daemon down and address missing", change: both(daemonDown, addressMissing), want: []string{set, start}},

		// Warnings are mended when that is asked for.
		{name: "D5 missing, connected", change: addressMissing, want: none},
		{name: "D5 missing, connected, --mend-warnings", change: addressMissing, wishes: warnings, want: []string{set}},
		{name: "D6 not persistent, --mend-warnings", change: both(notInODM, noBootLine), wishes: warnings, want: []string{set}},
		{name: "D6 not persistent, disconnected", change: both(notInODM, noBootLine, disconnected), want: []string{refresh, recycle}},
		{name: "D11 no rung mends leftovers", change: leftover, wishes: warnings, want: none},
		{name: "waived warning", change: addressMissing, wishes: waive("rmc-address-missing"), want: none},
		{name: "waived critical finding", change: disconnected, wishes: waive("rmc-disconnected"), want: none},
		{name: "waived cause, open symptom", change: both(addressMissing, disconnected), wishes: waive("rmc-address-missing"), want: []string{refresh, recycle}},

		// R1 in its shapes.
		{name: "R1 stale line", change: both(staleLine, disconnected), want: []string{"1 address: replace-stale-lines", refresh, recycle}},
		{name: "R1 the same stale line twice", change: both(func(h host) { h.bootLines(foreign, foreign) }, disconnected), want: []string{"1 address: replace-stale-lines", refresh, recycle}},
		{name: "R1 stale ODM", change: both(func(h host) { h.edit("lsattr", eui1, foreign) }, disconnected), want: []string{set, refresh, recycle}},
		{name: "R1 stale line and stale ODM", change: both(staleLine, func(h host) { h.edit("lsattr", eui1, foreign) }, disconnected),
			want: []string{"1 address: replace-stale-lines set-address", refresh, recycle}},
		{name: "R1 clone: address, line and ODM of another", change: both(staleLine, addressWrong, func(h host) { h.edit("lsattr", eui1, foreign) }, disconnected),
			want: []string{"1 address: replace-stale-lines set-address", refresh, recycle}},
		{name: "R1 a customer's netaddr6 stays", change: both(addressMissing, customersNetaddr6, noBootLine, disconnected), want: []string{"1 address: add-alias", refresh, recycle}},

		// R1 over the NIC that carries the session: only with a timed undo, which is
		// always armed (see checkStep).
		{name: "D4 R1 the session comes over the RMC NIC", change: both(addressWrong, disconnected, func(h host) { h.edit("ifconfig", foreign, foreign+"/64\n        inet6 "+"2001:db8::9") },
			func(h host) { h.say("session", "2001:db8::1 50222 2001:db8::9 22\n") }), want: []string{set, refresh, recycle}},
		{name: "D4 R1 and an alias can cut it too", change: both(addressMissing, customersNetaddr6, noBootLine, disconnected, func(h host) {
			h.edit("ifconfig", "RUNNING>\n", "RUNNING>\n") // en1 below
			h.edit("ifconfig", "en1: flags=1e084863,814c0<UP,BROADCAST,RUNNING>\n", "en1: flags=1e084863,814c0<UP,BROADCAST,RUNNING>\n        inet6 2001:db8::5/64\n")
			h.say("session", "2001:db8::1 50222 2001:db8::5 22\n")
		}), want: []string{"1 address: add-alias", refresh, recycle}},
		{name: "D4 R1 behind NAT every NIC with IPv4 carries it", change: both(addressMissing, disconnected, nat), want: []string{set, refresh, recycle}},
		{name: "D4 R1 behind NAT, IPv4 on the RMC NIC", change: both(addressMissing, disconnected, nat, func(h host) {
			h.edit("ifconfig", "en1: flags=1e084863,814c0<UP,BROADCAST,RUNNING>\n", "en1: flags=1e084863,814c0<UP,BROADCAST,RUNNING>\n        inet 10.9.0.1 netmask 0xffffff00\n")
		}), want: []string{set, refresh, recycle}},
		{name: "D4 R1 rc.tcpip may be mended over the RMC NIC", change: both(staleLine, disconnected, viaRMC), want: []string{"1 address: replace-stale-lines", refresh, recycle}},

		// What blocks every rung.
		{name: "D13 no room", change: both(addressMissing, disconnected, func(h host) { h.room(65535, 250100) }), want: []string{set + noRoom, refresh + noRoom, recycle + noRoom}},
		{name: "D1 too old, allowed", change: both(disconnected, level("3.2.0.9")), wishes: Wishes{Allowed: []string{"rsct-update"}}, want: []string{images, refresh + tooOld, recycle + tooOld}},
		{name: "D1 too old", change: both(disconnected, level("3.2.0.9")), want: []string{noImage, refresh + tooOld, recycle + tooOld}},
		{name: "D1 too old, waived", change: both(disconnected, level("3.2.0.9")), wishes: waive("rsct-below-minimum"), want: []string{refresh + tooOld, recycle + tooOld}},
		{name: "D1 broken", change: both(disconnected, func(h host) { h.rsct("3.2.6.2", "B") }), want: []string{refresh + tooOld, recycle + tooOld}},
		{name: "D1 below recommended blocks nothing", change: both(disconnected, level("3.2.1.0")), want: []string{refresh, recycle}},

		// D10 blocks the recycle only, and only its -z.
		{name: "D10 live cluster", change: both(addressMissing, disconnected, liveCluster), want: []string{set, refresh, recycle + " BLOCKED cluster guard: lscluster_c: Cluster Name: prodcl"}},
		{name: "D10 silent check", change: both(disconnected, hang("lscluster_m")), want: []string{refresh, recycle + " BLOCKED cluster guard: not understood: lscluster_m (hung: no answer in 30s)"}},
		{name: "D10 live cluster, daemon down: nothing is stopped", change: both(daemonDown, liveCluster), want: []string{start}},
		{name: "D10 silent check, daemon down", change: both(daemonDown, hang("lscluster_m")), want: []string{start}},

		// Rung 3 does not run while something stands that it can't mend.
		{name: "D8 node id stands", change: both(disconnected, func(h host) { h.absent("node_id_var") }), want: []string{refresh, recycle + nothing + "node-id-mismatch",
			"4 node-id: save-node-id keep-node-id enable-remote-clients-anew BLOCKED not allowed: requires --allow node-id"}},
		{name: "D8 waived it does not", change: both(disconnected, func(h host) { h.absent("node_id_var") }), wishes: waive("node-id-mismatch"), want: []string{refresh, recycle}},
		{name: "D4 ambiguous NIC stands", change: both(ambiguousNIC, disconnected), want: []string{refresh, recycle + nothing + "rmc-nic-ambiguous"}},
		{name: "D13 a warning does not stand in the way", change: both(disconnected, func(h host) { h.clock(999) }), wishes: warnings, want: []string{refresh, recycle}},
		{name: "R1 will mend it before", change: both(addressMissing, disconnected), wishes: tried("refresh"), want: []string{set, refresh, recycle}},
		{name: "R1 was tried and it stands", change: both(addressMissing, disconnected), wishes: tried("address", "refresh"), want: []string{set, refresh, recycle + nothing + "rmc-address-missing"}},
		{name: "R1 two stand", change: both(addressMissing, staleLine, disconnected), wishes: tried("address"),
			want: []string{"1 address: replace-stale-lines set-address", refresh, recycle + nothing + "rmc-address-missing, rmc-address-stale"}},
	}
}

// R4: exactly one form of recfgct, always an explicit one, and only where it is
// allowed and the id is not in use elsewhere (D8, D9, D10, D11).
func TestPlanNodeID(t *testing.T) {
	const (
		keep     = "save-node-id keep-node-id enable-remote-clients-anew"
		giveBack = "save-node-id restore-node-id enable-remote-clients-anew"
		renew    = "save-node-id new-node-id enable-remote-clients-anew"
		other    = "fedcba9876543210"
	)
	noEtc := func(h host) { h.absent("node_id_etc") }
	noVar := func(h host) { h.absent("node_id_var") }
	noID := func(h host) {
		h.absent("node_id_etc")
		h.absent("node_id_var")
		h.exit("node_id_command", 1, "", "2641-036 no node id\n")
	}
	leftover := func(h host) {
		h.say("cuat", "CuAt:\n\tname = \"cluster0\"\n\tattribute = \"node_uuid\"\n\tvalue = \"x\"\n")
	}
	fleet := func(role string, duplicates ...string) facts.Fleet {
		return facts.Fleet{Complete: true, Duplicates: duplicates, Role: role, Why: "history"}
	}
	allowed := []string{"node-id"}
	for _, c := range []struct {
		name   string
		change func(host)
		fleet  facts.Fleet
		allow  []string
		want   string // the rung, "" when it is not planned
		run    string // the recfgct command
	}{
		{"D8 /var differs", func(h host) { h.say("node_id_var", other+"\n"); h.say("node_id_command", other+"\n") }, fleet(""), allowed, keep, "recfgct -s"},
		{"D8 /var is gone", noVar, fleet(""), allowed, keep, "recfgct -s"},
		{"D8 only /var is valid", noEtc, fleet(""), allowed, giveBack, "recfgct -i " + nodeID},
		{"D8 none is valid", noID, fleet(""), allowed, renew, "recfgct -n"},
		{"D9 the clone", func(host) {}, fleet("clone", "aixold"), allowed, renew, "recfgct -n"},
		{"D9 the keeper", func(host) {}, fleet("keeper", "aixnew"), allowed, "", ""},
		{"D9 unclear", func(host) {}, fleet("unclear", "aixnew"), allowed, renew + " BLOCKED the clone can't be identified (history): --set new_node_id=HOST", ""},
		{"D9 not everybody was read", noVar, facts.Fleet{}, allowed, keep + " BLOCKED not every selected host has been read, so it is not known whether the id is in use elsewhere", ""},
		{"D9 the id is in use", noVar, facts.Fleet{Complete: true, Holders: map[string][]string{nodeID: {"aixold", "me"}}}, allowed,
			keep + " BLOCKED the id in /etc/ct_node_id, " + nodeID + ", is in use on another host", ""},
		{"D8 not allowed", noVar, fleet(""), nil, keep + " BLOCKED not allowed: requires --allow node-id", ""},
		{"D11 leftovers, not allowed", both(noVar, leftover), fleet(""), allowed,
			"save-node-id remove-cluster0 keep-node-id enable-remote-clients-anew BLOCKED not allowed: step remove-cluster0 requires --allow cluster0, because recfgct would restore the old node id from cluster0: node_uuid=x", ""},
		{"D11 leftovers", both(noVar, leftover), fleet(""), []string{"node-id", "cluster0"}, "save-node-id remove-cluster0 keep-node-id enable-remote-clients-anew", "recfgct -s"},
		{"D10 live", both(noVar, func(h host) { h.say("lscluster_c", "Cluster Name: prodcl\n") }), fleet(""), allowed,
			keep + " BLOCKED cluster guard: lscluster_c: Cluster Name: prodcl", ""},
		{"D10 silent", both(noVar, func(h host) { h.hang("lscluster_m") }), fleet(""), allowed, keep + " BLOCKED cluster guard: not understood: lscluster_m (hung: no answer in 30s)", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, params := restore(t)
			given := Given{RunID: "r1", Inventory: facts.Inventory{Name: "me"}, Fleet: &c.fleet}
			d := p.Judge(params, given, changed(c.change))
			got, ran := "", ""
			for _, r := range p.Plan(d, Wishes{Allowed: c.allow}) {
				if r.Rung.ID != "node-id" {
					continue
				}
				got = strings.TrimPrefix(outline([]PlannedRung{r})[0], "4 node-id: ")
				for _, s := range r.Steps {
					if _, after, ok := strings.Cut(s.Command, "install/bin/"); ok && r.Blocked == "" {
						ran = after
					}
				}
			}
			if got != c.want || ran != c.run {
				t.Errorf("rung %q, command %q; want %q, %q\nverdicts %v, missing %v", got, ran, c.want, c.run, grades(d), d.Missing)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	p, params := restore(t)
	for _, c := range planCases() {
		t.Run(c.name, func(t *testing.T) {
			d := p.Judge(params, nothingGiven, changed(c.change))
			plan := p.Plan(d, c.wishes)
			if diff := cmp.Diff(c.want, outline(plan)); diff != "" {
				t.Errorf("plan (-want +got):\n%s\nverdicts %v, missing %v", diff, grades(d), d.Missing)
			}
			for _, r := range plan {
				if len(r.Fixes) == 0 && !r.Rung.Collect {
					t.Errorf("rung %s fixes nothing that was found", r.Rung.ID)
				}
				for _, s := range r.Steps {
					checkStep(t, s)
				}
			}
		})
	}
}

// checkStep: a step is shell text without a gap, and says how to take it back.
func checkStep(t *testing.T, s PlannedStep) {
	t.Helper()
	if s.Command == "" || s.Undo == "" || strings.Contains(s.Command+s.Undo, "{{") {
		t.Errorf("step %s: command %q, undo %q", s.Step.ID, s.Command, s.Undo)
	}
	if interfaces := strings.Contains(s.Command, "/chdev -l"); s.Step.ID != "replace-stale-lines" && interfaces != (s.Arm != "" && s.Disarm != "") {
		t.Errorf("step %s: a change on an interface and a timed undo go together", s.Step.ID)
	}
	check := s.Command + "\n" + s.Arm + "\n" + s.Disarm
	if reason, isNone := strings.CutPrefix(s.Undo, document.UndoNone); isNone {
		if len(reason) < 10 {
			t.Errorf("step %s: undo without a reason: %q", s.Step.ID, s.Undo)
		}
	} else {
		check += "\n" + s.Undo
	}
	command := exec.Command("/bin/sh", "-n")
	command.Stdin = strings.NewReader(check)
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("step %s: sh -n: %v %s", s.Step.ID, err, out)
	}
}

// A guard, a condition or a value that can't be had blocks (fail closed).
func TestPlanFailsClosed(t *testing.T) {
	p, params := restore(t)
	for _, c := range []struct {
		name   string
		change func(host)
		want   map[string]string // by rung, a part of the reason
	}{
		{"room not read", both(disconnected, addressMissing, func(h host) { h.hang("room") }), map[string]string{
			"address": "not known", "refresh": "not known", "recycle": "not known"}},
		{"filesets not read", both(disconnected, func(h host) { h.hang("filesets") }), map[string]string{
			"refresh": "not known", "recycle": "not known"}},
		{"daemon not read", both(disconnected, func(h host) { h.hang("ctrmc") }), map[string]string{
			"refresh": "it is not known whether the rung applies", "recycle": "it is not known whether it is needed"}},
		{"tools not found", both(disconnected, func(h host) { h.say("rsct_paths", "") }), map[string]string{
			"refresh": "no such attribute", "recycle": "no such attribute"}},
		{"attributes not read: no netaddr6 is overwritten", both(disconnected, addressMissing, func(h host) { h.hang("lsattr") }), map[string]string{
			"address": "not known", "recycle": "findings are open"}},
		{"rc.tcpip not read, ODM silent", both(disconnected, addressMissing, notInODM, func(h host) { h.hang("boot_lines") }), map[string]string{
			"address": "not known", "recycle": "findings are open"}},
		{"MAC not known", both(disconnected, addressMissing, func(h host) {
			h.edit("entstat", "Hardware Address: "+mac1+"\n", "")
			h.hang("netstat")
		}), map[string]string{"address": "the RMC NIC and its MAC must be known", "recycle": "findings are open"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := p.Judge(params, nothingGiven, changed(c.change))
			plan := p.Plan(d, Wishes{})
			for rung, want := range c.want {
				i := slices.IndexFunc(plan, func(r PlannedRung) bool { return r.Rung.ID == rung })
				if i < 0 || !strings.Contains(plan[i].Blocked, want) {
					t.Errorf("rung %s is not blocked because %q: %q", rung, want, outline(plan))
				}
			}
		})
	}
}

// --allow: the word of the rung, and no other.
func TestPlanAllowed(t *testing.T) {
	p := small(t, "    title: make it AIX", "    title: make it AIX\n    allow: node-id")
	h := host{}
	h.say("uname", "Linux\n")
	d := p.Judge(Params{}, nothingGiven, h)
	for _, c := range []struct {
		allowed []string
		want    string
	}{
		{nil, "1 mend: change BLOCKED not allowed: requires --allow node-id"},
		{[]string{"cluster0", "node"}, "1 mend: change BLOCKED not allowed: requires --allow node-id"},
		{[]string{"cluster0", "node-id"}, "1 mend: change"},
	} {
		if diff := cmp.Diff([]string{c.want}, outline(p.Plan(d, Wishes{Allowed: c.allowed}))); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.allowed, diff)
		}
	}
}

// What a host says can't become a part of a command.
func TestHostileValues(t *testing.T) {
	p := small(t)
	for _, value := range []string{
		"$(reboot)", "`reboot`", "a;reboot", "a b", "'", `"`, `a\b`, "a|b", "a&b", "a>b", "a<b", "*", "~root", "!x", "{a,b}", "#x", "é",
	} {
		h := host{}
		h.say("uname", value+"\n")
		plan := p.Plan(p.Judge(Params{}, nothingGiven, h), Wishes{})
		if len(plan) != 1 || plan[0].Blocked == "" || len(plan[0].Steps) != 0 {
			t.Errorf("%q: %q", value, outline(plan))
		}
	}
	// Neither by a parameter, nor with a newline in it.
	word := small(t, "  least:", "  word: {type: text, default: x, about: a word}\n  least:", "name={{ uname.text }}", "name={{ params.word }}")
	for _, value := range []string{"x\nreboot", "x\r", "x\x00", "$(reboot)", "ok\n", strings.Repeat("a", 257)} {
		params, err := word.Set([]string{"word=" + value})
		if err != nil {
			continue
		}
		h := host{}
		h.say("uname", "Linux\n")
		if plan := word.Plan(word.Judge(params, nothingGiven, h), Wishes{}); plan[0].Blocked == "" {
			t.Errorf("%q: %q", value, plan[0].Steps[0].Command)
		}
	}
	for value, want := range map[string]string{
		"Linux":           "/usr/sbin/chdev -l sys0 -a name=Linux",
		"fe80::1%2":       "",
		"a,b=c@d+e-f:g/h": "/usr/sbin/chdev -l sys0 -a name='a,b=c@d+e-f:g/h'",
	} {
		h := host{}
		h.say("uname", value+"\n")
		plan := p.Plan(p.Judge(Params{}, nothingGiven, h), Wishes{})
		got := ""
		if plan[0].Blocked == "" {
			got = plan[0].Steps[0].Command
		}
		if got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

// Half a rung is never run: what can't be rendered blocks it whole, and so
// does an undo.
func TestUndoThatCannotBeRendered(t *testing.T) {
	p := small(t, `undo: "none: a test"`, `undo: "/usr/sbin/chdev -l sys0 -a name={{ filesets.list[0].name }}"`)
	h := host{}
	h.say("uname", "Linux\n")
	h.say("filesets", "")
	plan := p.Plan(p.Judge(Params{}, nothingGiven, h), Wishes{})
	if len(plan) != 1 || !strings.HasPrefix(plan[0].Blocked, "step change: undo: ") || len(plan[0].Steps) != 0 {
		t.Errorf("plan %q", outline(plan))
	}
}

// An undo deletes an address once, however many attributes hold it: that the second time does
// nothing is for the host to find out, not for the person who reads the command.
func TestUndoNamesAnAddressOnce(t *testing.T) {
	p, params := restore(t)
	list := regexp.MustCompile(`(?m)^ *for a in (.*); do$`)
	lists := 0
	for name, change := range map[string]func(host){
		"the ODM has it":               both(addressMissing, disconnected),
		"an alias has it":              both(addressMissing, customersNetaddr6, disconnected, func(h host) { h.edit("lsattr", "prefixlen=64\nalias6=", "prefixlen=64\nalias6="+eui1+"/64") }),
		"the ODM and an alias have it": both(addressMissing, disconnected, func(h host) { h.edit("lsattr", "prefixlen=64\nalias6=", "prefixlen=64\nalias6="+eui1+"/64") }),
	} {
		for _, r := range p.Plan(p.Judge(params, nothingGiven, changed(change)), Wishes{MendWarnings: true}) {
			for _, s := range r.Steps {
				for _, found := range list.FindAllStringSubmatch(s.Undo, -1) {
					words := strings.Fields(found[1])
					lists += len(words)
					if once := slices.Compact(slices.Sorted(slices.Values(words))); len(once) != len(words) {
						t.Errorf("%s: %s: %s", name, s.Step.ID, found[1])
					}
				}
			}
		}
	}
	if lists == 0 {
		t.Error("no undo has a list")
	}
}

// A loop that has nothing to go through on a host is not in the undo that a person reads, as
// long as it is no part of another command.
func TestUndoLeavesEmptyLoopsOut(t *testing.T) {
	for _, c := range [][2]string{
		{"a\nfor a in ; do\n  case x in\n  *) y ;;\n  esac\ndone\nb", "a\nb"},
		{"a\nfor a in ; do\n  y\ndone", "a"},
		{"for a in ; do y \"$a\" || exit 1; done\nb", "b"},
		{"for a in x; do\n  y\ndone", "for a in x; do\n  y\ndone"},
		{"if a; then\n  for a in ; do\n    y\n  done\nfi", "if a; then\n  for a in ; do\n    y\n  done\nfi"},
		{"for a in ; do\n  y\ndone", "for a in ; do\n  y\ndone"},
	} {
		if got := withoutEmptyLoops(c[0]); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
}

// Every command and undo, as it would run.
func TestPlanCommands(t *testing.T) {
	p, params := restore(t)
	var b strings.Builder
	for _, c := range []struct {
		name   string
		change func(host)
	}{
		{"address missing, nothing in the ODM", both(addressMissing, notInODM, noBootLine, disconnected, func(h host) { h.edit("lsattr", "netaddr6=\nprefixlen=64", "netaddr6=\nprefixlen=") })},
		{"another VM's address everywhere", both(addressWrong, disconnected, func(h host) { h.bootLines(foreign, other); h.edit("lsattr", eui1, foreign) })},
		{"a customer's netaddr6", both(addressMissing, customersNetaddr6, noBootLine, disconnected)},
		{"daemon down", daemonDown},
		{"tools in /opt", both(disconnected, func(h host) {
			h.say("rsct_paths", "bin=/opt/rsct/bin\ninstall=/opt/rsct/install/bin\nrefresh_md=/usr/sbin/rsct/bin/rmcrefreshMD\n")
		})},
	} {
		fmt.Fprintf(&b, "== %s\n", c.name)
		for _, r := range p.Plan(p.Judge(params, nothingGiven, changed(c.change)), Wishes{}) {
			fmt.Fprintf(&b, "rung %d %s fixes %s\n", r.Rung.Number, r.Rung.ID, strings.Join(r.Fixes, ", "))
			for _, s := range r.Steps {
				fmt.Fprintf(&b, "  %s\n    run  %s\n    undo %s\n", s.Step.ID, strings.ReplaceAll(s.Command, "\n", "\n         "), s.Undo)
			}
		}
	}
	golden.Check(t, "testdata/commands.golden", b.String())
}

// Procedure, outcomes: a step whose connection died happened, did not happen,
// or it can't be told.
func TestConfirm(t *testing.T) {
	p, params := restore(t)
	steps := func(change func(host)) map[string]PlannedStep {
		found := map[string]PlannedStep{}
		for _, r := range p.Plan(p.Judge(params, nothingGiven, changed(change)), Wishes{}) {
			for _, s := range r.Steps {
				found[s.Step.ID] = s
			}
		}
		return found
	}
	all := steps(both(addressMissing, notInODM, staleLine, disconnected))
	alias := steps(both(addressMissing, customersNetaddr6, noBootLine, disconnected))["add-alias"]
	const yes, no, cantTell = "yes", "no", "can't tell"
	for _, c := range []struct {
		name string
		step PlannedStep
		then func(host)
		want string
	}{
		{"V5 set-address happened", all["set-address"], disconnected, yes},
		{"V5 set-address did not", all["set-address"], both(addressMissing, notInODM), no},
		{"V5 set-address half: live only", all["set-address"], notInODM, no},
		{"V5 set-address unread", all["set-address"], func(h host) { h.hang("ifconfig") }, cantTell},
		{"V5 stale line is gone", all["replace-stale-lines"], disconnected, yes},
		{"V5 stale line stands", all["replace-stale-lines"], staleLine, no},
		{"V5 rc.tcpip not read, though the ODM is right", all["replace-stale-lines"], func(h host) { h.hang("boot_lines") }, cantTell},
		{"V5 alias is there", alias, both(customersNetaddr6, func(h host) { h.edit("lsattr", "prefixlen=64\nalias6=", "prefixlen=64\nalias6="+eui1+"/64") }), yes},
		{"V5 alias is not there", alias, both(addressMissing, customersNetaddr6, noBootLine), no},
		{"V5 rmcctrl -p connected", all["enable-remote-clients"], func(host) {}, yes},
		{"V5 rmcctrl -p left no trace", all["enable-remote-clients"], disconnected, cantTell},
		{"V5 rmcctrl -p unread", all["enable-remote-clients"], func(h host) { h.hang("domain") }, cantTell},
		{"V5 rmcctrl -z stopped it", all["stop-rmc"], daemonDown, yes},
		{"V5 rmcctrl -z did not", all["stop-rmc"], disconnected, no},
		{"V5 rmcctrl -A started it", all["start-rmc"], disconnected, yes},
		{"V5 rmcctrl -A did not", all["start-rmc"], daemonDown, no},
		{"V5 rmcctrl -A unread", all["start-rmc"], func(h host) { h.hang("ctrmc") }, cantTell},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.step.Step == nil {
				t.Fatal("the step was not planned")
			}
			happened, err := c.step.Confirm(p.Judge(params, nothingGiven, changed(c.then)))
			got := map[bool]string{true: yes, false: no}[happened]
			if err != nil {
				got = cantTell
			}
			if got != c.want || happened && err != nil {
				t.Errorf("%s (%t, %v), want %s", got, happened, err, c.want)
			}
		})
	}
}

// A refutation that holds is a plain no.
func TestRefute(t *testing.T) {
	p := small(t, `        confirm: uname.text == "AIX"`, "        confirm: uname.text == \"AIX\"\n        refute: uname.text == \"Linux\"")
	at := func(answer string) *Diagnosis {
		h := host{}
		h.say("uname", answer+"\n")
		return p.Judge(Params{}, nothingGiven, h)
	}
	step := p.Plan(at("Linux"), Wishes{})[0].Steps[0]
	if happened, err := step.Confirm(at("Linux")); happened || err != nil {
		t.Errorf("refuted: %t, %v", happened, err)
	}
	if happened, err := step.Confirm(at("AIX")); !happened || err != nil {
		t.Errorf("confirmed: %t, %v", happened, err)
	}
	if happened, err := step.Confirm(at("OS400")); happened || err == nil {
		t.Errorf("neither: %t, %v", happened, err)
	}
}

// R1: what the text of replace-stale-lines does to a file, by running it.
func TestReplaceStaleLines(t *testing.T) {
	const right, second = "/usr/sbin/chdev -l en1 -anetaddr6=" + eui1 + " -aprefixlen=64 # aixmend.r1.1\n", ": # aixmend.r1.2\n"
	line := func(address string) string {
		return "/usr/sbin/chdev -l en1 -anetaddr6=" + address + " -aprefixlen=64\n"
	}
	for _, c := range []struct {
		name, before, after string
		stale               []string
	}{
		{"one stale line", "#!/bin/ksh\n" + line(foreign) + "exit 0\n", "#!/bin/ksh\n" + right + "exit 0\n", []string{foreign}},
		{"two stale lines become one right line", line(foreign) + "a\n" + line(other) + "b\n", right + "a\n" + second + "b\n", []string{foreign, other}},
		{"the same stale line twice", line(foreign) + line(foreign), right + second, []string{foreign}},
		{"the only line of an if stays a command", line(foreign) + "if [ -x /x ]\nthen\n" + line(foreign) + "fi\n", right + "if [ -x /x ]\nthen\n" + second + "fi\n", []string{foreign}},
		{"a commented stale line stays", "# " + line(foreign) + line(foreign), "# " + line(foreign) + right, []string{foreign}},
		{"an address that only begins like it stays", line(foreign+"0") + line(foreign), line(foreign+"0") + right, []string{foreign}},
		{"a line that ends with the address", "chdev -l en1 -a netaddr6=" + foreign + "\n", right, []string{foreign}},
		{"the address in quotes", "chdev -l en1 -a \"netaddr6=" + foreign + "\"\n", right, []string{foreign}},
		{"backslashes, blanks and patterns stay", "  \techo 'a\\nb' \\\\ $x `y` *\n\n\t\n" + line(foreign) + "printf %s \\\n  -n  \n", "  \techo 'a\\nb' \\\\ $x `y` *\n\n\t\n" + right + "printf %s \\\n  -n  \n", []string{foreign}},
		{"no newline at the end of the last line", line(foreign) + "exit 0", right + "exit 0", []string{foreign}},
		{"no newline at the end of the stale line", "a\n" + strings.TrimSuffix(line(foreign), "\n"), "a\n" + strings.TrimSuffix(right, "\n"), []string{foreign}},
		{"nothing stale any more", "a\n" + right, "a\n" + right, []string{foreign}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "rc.tcpip")
			if err := os.WriteFile(file, []byte(c.before), 0o754); err != nil {
				t.Fatal(err)
			}
			p, params := restore(t)
			plan := p.Plan(p.Judge(params, nothingGiven, changed(disconnected, func(h host) { h.bootLines(c.stale...) })), Wishes{})
			step := plan[0].Steps[0]
			if step.Step.ID != "replace-stale-lines" {
				t.Fatalf("plan %q", outline(plan))
			}
			here := strings.NewReplacer("/etc/rc.tcpip", file, "/usr/bin/cp", "cp", "/usr/bin/mv", "mv", "/usr/bin/sh", "sh", "/usr/bin/rm", "rm")
			if out, err := exec.Command("/bin/sh", "-c", here.Replace(step.Command)).CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v: %s", err, out)
			}
			if diff := cmp.Diff(c.after, readFile(t, file)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o754 {
				t.Errorf("mode: %v %v", info.Mode(), err)
			}
			if left, _ := filepath.Glob(file + ".*"); !slices.Equal(left, []string{file + ".aixmend.r1", file + ".aixmend.r1.lines"}) && c.before != c.after {
				t.Errorf("left beside it: %q", left)
			}
			if c.before == c.after {
				return // there is nothing to undo, and a rollback sees that
			}
			if out, err := exec.Command("/bin/sh", "-c", here.Replace(step.Undo)).CombinedOutput(); err != nil {
				t.Fatalf("undo: %v: %s", err, out)
			}
			if diff := cmp.Diff(c.before, readFile(t, file)); diff != "" {
				t.Errorf("undone (-want +got):\n%s", diff)
			}
		})
	}
}

// R1: a line that does more than set the address is left to a person.
func TestReplaceStaleLinesRefuses(t *testing.T) {
	stale := "/usr/sbin/chdev -l en1 -anetaddr6=" + foreign
	for name, before := range map[string]string{
		"two commands": "chdev -l en0 -a netaddr=10.1.2.3; " + stale + "\n",
		"a wrapper":    "/usr/bin/nohup " + stale + "\n",
		"a condition":  "[ -x /usr/sbin/chdev ] && " + stale + "\n",
	} {
		file := filepath.Join(t.TempDir(), "rc.tcpip")
		if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
			t.Fatal(err)
		}
		p, params := restore(t)
		plan := p.Plan(p.Judge(params, nothingGiven, changed(disconnected, staleLine)), Wishes{})
		here := strings.NewReplacer("/etc/rc.tcpip", file, "/usr/bin/cp", "cp", "/usr/bin/mv", "mv", "/usr/bin/sh", "sh", "/usr/bin/rm", "rm")
		if out, err := exec.Command("/bin/sh", "-c", here.Replace(plan[0].Steps[0].Command)).CombinedOutput(); err == nil {
			t.Errorf("%s: it ended well: %s", name, out)
		}
		if got := readFile(t, file); got != before {
			t.Errorf("%s: the file is now %q", name, got)
		}
	}
}

// R1: a disk that fills while the new file is written leaves the old one.
func TestReplaceStaleLinesOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "rc.tcpip")
	stale := "/usr/sbin/chdev -l en1 -anetaddr6=" + foreign + "\n"
	before := strings.Repeat(strings.Repeat("x", 100)+"\n", 100) + stale + stale
	if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
		t.Fatal(err)
	}
	p, params := restore(t)
	plan := p.Plan(p.Judge(params, nothingGiven, changed(disconnected, staleLine)), Wishes{})
	// The new file's place is taken by a device that is always full.
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	script := strings.NewReplacer(`>"$b.new"`, ">/dev/full", "/etc/rc.tcpip", file, "/usr/bin/cp", "cp", "/usr/bin/mv", "mv", "/usr/bin/sh", "sh", "/usr/bin/rm", "rm").
		Replace(plan[0].Steps[0].Command)
	if !strings.Contains(script, ">/dev/full") {
		t.Fatal("the script writes elsewhere")
	}
	out, err := exec.Command("/bin/sh", "-c", script).CombinedOutput()
	if err == nil {
		t.Errorf("it ended well: %s", out)
	}
	if readFile(t, file) != before {
		t.Error("the old file is gone")
	}
}
