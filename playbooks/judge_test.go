package playbooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/playbooks/facts"
	"aixmend/transport/lab/golden"
)

// both changes a host twice.
func both(changes ...func(host)) func(host) {
	return func(h host) {
		for _, change := range changes {
			change(h)
		}
	}
}

// judgeCase is a healthy host with one thing changed, and every verdict on it.
type judgeCase struct {
	name   string // begins with the procedure's row
	change func(host)
	want   []string // "id severity"
	set    []string
	nic    string // what the inventory says
	api    facts.API
}

func judgeCases() []judgeCase {
	level := func(level string) func(host) { return func(h host) { h.rsct(level, "C") } }
	free := func(varKB, tmpKB int) func(host) { return func(h host) { h.room(varKB, tmpKB) } }
	skew := func(seconds int) func(host) { return func(h host) { h.clock(seconds) } }
	say := func(probe, text string) func(host) { return func(h host) { h.say(probe, text) } }
	token := func(tokens ...string) func(host) {
		return func(h host) {
			text := fmt.Sprintf(mcp, tokens[0])
			for _, again := range tokens[1:] {
				text += "=== again\n" + fmt.Sprintf(mcp, again)
			}
			h.say("domain", text)
		}
	}
	absent := func(probe string) func(host) { return func(h host) { h.absent(probe) } }
	none := []string{}
	lost := "rmc-disconnected critical"
	live := []string{"cluster-live info"}
	unclear := []string{"cluster-unclear info"}
	full := []string{"filesystem-full critical"}
	skewed := []string{"clock-skew warning"}
	return []judgeCase{
		{name: "healthy", change: func(host) {}, want: none},

		{name: "D14 not root", change: func(h host) {
			for probe := range h {
				if probe != "uname" && probe != "session" && probe != "uid" {
					h[probe] = Probed{NotRun: true}
				}
			}
			h.say("uid", "202\n")
		}, want: []string{"privilege-missing critical"}},

		{name: "D4 the cloud lists a NIC that is not there", change: func(host) {}, api: facts.API{Known: true, NICs: []facts.APINIC{{MAC: "fa:16:3e:00:00:99", Network: "prod"}}}, want: []string{"cloud-nics-differ info"}},
		{name: "a killed run's timed undo is armed", change: undoArmed("20261122T105800.000Z-ab12cd"), want: []string{"timed-undo-armed warning"}},
		{name: "the run's own timed undo", change: undoArmed(nothingGiven.RunID), want: none},
		{name: "a file that may arm an undo", change: say("timed_undos", "20261122T105850Z\n-rw-r--r-- 1 root system 0 Nov 22 10:58 /etc/aixmend.undo.x\n"),
			want: []string{"timed-undo-armed warning"}},

		{name: "D1 no fileset", change: say("filesets", ""), want: []string{"rsct-missing critical"}},
		{name: "D1 only other filesets", change: func(h host) { h.edit("filesets", "rsct.core.rmc:", "rsct.core.rmcx:") }, want: []string{"rsct-missing critical"}},
		{name: "D1 broken", change: func(h host) { h.rsct("3.2.6.2", "B") }, want: []string{"rsct-broken critical"}},
		{name: "D1 applied is not broken", change: func(h host) { h.rsct("3.2.6.2", "A") }, want: none},
		{name: "D1 broken and old", change: func(h host) { h.rsct("3.1.5.0", "B") }, want: []string{"rsct-broken critical", "rsct-below-minimum critical"}},
		{name: "D1 3.2.0.9", change: level("3.2.0.9"), want: []string{"rsct-below-minimum critical"}},
		{name: "D1 3.2.1.0", change: level("3.2.1.0"), want: []string{"rsct-below-recommended warning"}},
		{name: "D1 3.2.6.1", change: level("3.2.6.1"), want: []string{"rsct-below-recommended warning"}},
		{name: "D1 3.2.6.2", change: level("3.2.6.2"), want: none},
		{name: "D1 3.10.0.0 is four integers, not text", change: level("3.10.0.0"), want: none},
		{name: "D1 3.2.6.2 below a minimum that was set", change: level("3.2.6.2"), set: []string{"rsct_minimum=3.2.6.3"}, want: []string{"rsct-below-minimum critical"}},
		{name: "D1 recommended that was set", change: level("3.2.6.2"), set: []string{"rsct_recommended=3.2.10"}, want: []string{"rsct-below-recommended warning"}},

		{name: "D2 daemon down", change: daemonDown, want: []string{"rmc-daemon-down critical", lost}},
		{name: "D2 daemon not on file", change: func(h host) { h.exit("ctrmc", 1, "", fmt.Sprintf(notOnFile, "ctrmc")) }, want: []string{"rmc-daemon-down critical"}},

		{name: "D3 no section", change: disconnected, want: []string{lost}},
		{name: "D3 O", change: token("O"), want: []string{lost}},
		{name: "D3 i then i", change: token("i", "i"), want: []string{"rmc-auth-pending critical"}},
		{name: "D3 i then I", change: token("i", "I"), want: none},
		{name: "D3 i then O", change: token("i", "O"), want: []string{lost}},
		{name: "D3 i only once", change: token("i"), want: []string{lost}},
		{name: "D3 one of two is up", change: say("domain", connected+"   O A  0x1111111111111111  0002  fe80::2\n"), want: none},

		{name: "D4 ambiguous, connected", change: ambiguousNIC, want: []string{"rmc-nic-ambiguous warning"}},
		{name: "D4 ambiguous", change: both(ambiguousNIC, disconnected), want: []string{"rmc-nic-ambiguous critical", lost}},
		{name: "D4 the inventory says which", change: ambiguousNIC, nic: "en1", want: none},
		{name: "D4 missing, connected", change: func(host) {}, nic: "en7", want: []string{"rmc-nic-missing warning"}},
		{name: "D4 missing", change: disconnected, nic: "en7", want: []string{"rmc-nic-missing critical", lost}},
		{name: "D4 not Available", change: func(h host) { h.edit("lsdev", "en1:Available", "en1:Defined") }, want: []string{"rmc-nic-missing warning"}},

		{name: "D5 missing, connected", change: addressMissing, want: []string{"rmc-address-missing warning"}},
		{name: "D5 missing", change: both(addressMissing, disconnected), want: []string{"rmc-address-missing critical", lost}},
		{name: "D5 missing, a global one is none", change: func(h host) { h.edit("ifconfig", eui1, "2001:db8::7") }, want: []string{"rmc-address-missing warning"}},
		{name: "D5 wrong, connected", change: addressWrong, want: []string{"rmc-address-wrong warning"}},
		{name: "D5 wrong", change: both(addressWrong, disconnected), want: []string{"rmc-address-wrong critical", lost}},
		{name: "D5 right beside wrong", change: func(h host) {
			h.edit("ifconfig", "        inet6 "+eui1, "        inet6 "+foreign+"/64\n        inet6 "+eui1)
		}, want: none},

		{name: "D6 nothing brings it back", change: both(notInODM, noBootLine), want: []string{"rmc-address-not-persistent warning"}},
		{name: "D6 nothing brings it back, disconnected", change: both(notInODM, noBootLine, disconnected), want: []string{"rmc-address-not-persistent warning", lost}},
		{name: "D6 the ODM brings it back", change: noBootLine, want: none},
		{name: "D6 rc.tcpip brings it back", change: notInODM, want: none},
		{name: "D6 autoconf6 brings it back", change: both(notInODM, say("boot_lines", "91:/usr/sbin/autoconf6 -a\n")), want: none},
		{name: "D6 down at boot", change: both(noBootLine, func(h host) { h.edit("lsattr", "prefixlen=64\nalias6=\nstate=up", "prefixlen=64\nalias6=\nstate=down") }), want: []string{"rmc-address-not-persistent warning"}},
		{name: "D6 a commented line brings nothing back", change: both(notInODM, say("boot_lines", "42:# chdev -l en1 -anetaddr6="+eui1+"\n")), want: []string{"rmc-address-not-persistent warning"}},
		{name: "D6 stale line, connected", change: staleLine, want: []string{"rmc-address-stale warning"}},
		{name: "D6 stale line", change: both(staleLine, disconnected), want: []string{"rmc-address-stale critical", lost}},
		{name: "D6 stale ODM", change: func(h host) { h.edit("lsattr", eui1, foreign) }, want: []string{"rmc-address-stale warning"}},
		{name: "D6 a stale line in a comment", change: say("boot_lines", "42:# chdev -l en1 -anetaddr6="+foreign+"\n"), want: none},

		{name: "D7 no log", change: absent("cloud_init"), want: []string{"cloud-init-log-missing info"}},
		{name: "D7 nothing usable", change: say("cloud_init", "Cloud-init v. 22.1 finished\n"), want: []string{"cloud-init-log-missing info"}},
		{name: "D12 smitty", change: both(addressMissing, func(h host) { h.say("smit_log", "chdev -l en1 -a netaddr6=''\n") }),
			want: []string{"rmc-address-missing warning", "cause-smit info"}},
		{name: "D12 smitty, and the address is right all the same", change: func(h host) { h.say("smit_log", "chdev -l en1 -a netaddr6=''\n") }, want: []string{}},
		{name: "D12 mksysb", change: both(addressMissing, func(h host) {
			h.edit("lspv", "none                                None", "00fa1b2c3d4e5f61                    old_rootvg")
			h.say("install_log", "Restoring files from the mksysb image\n")
		}), want: []string{"rmc-address-missing warning", "cause-mksysb info"}},
		{name: "D12 boot volume", change: both(addressMissing, func(h host) { h.say("bootinfo", "hdisk1\n") }),
			want: []string{"rmc-address-missing warning", "cause-boot-volume info"}},
		{name: "D7 foreign", change: func(h host) { h.edit("cloud_init", eui1, foreign) }, want: []string{"cloud-init-log-foreign info"}},
		{name: "D7 garbled line is evidence of nothing", change: func(h host) { h.edit("cloud_init", "netaddr6="+eui1, "netaddr6=fe80::$(reboot)") }, want: []string{"cloud-init-log-missing info"}},

		{name: "D8 missing", change: both(absent("node_id_etc"), absent("node_id_var"), func(h host) {
			h.exit("node_id_command", 1, "", "lsnodeid: 2641-036 The node id was not found.\n")
		}), want: []string{"node-id-missing critical"}},
		{name: "D8 one place has none", change: absent("node_id_var"), want: []string{"node-id-mismatch critical"}},
		{name: "D8 one differs", change: say("node_id_etc", "8c1f5a6e0b7d4322\n"), want: []string{"node-id-mismatch critical"}},
		{name: "D8 one is no id", change: say("node_id_etc", "$(reboot)\n"), want: []string{"node-id-mismatch critical"}},
		{name: "D8 only the first line counts", change: say("node_id_var", nodeID+"\nsomething else\n"), want: none},

		{name: "D10 lscluster -c", change: liveCluster, want: live},
		{name: "D10 lscluster -m", change: say("lscluster_m", "Node name: aix1\n"), want: live},
		{name: "D10 repository disk", change: func(h host) { h.edit("lspv", "None", "caavg_private") }, want: live},
		{name: "D10 clconfd", change: say("clconfd", srcHeader+" clconfd          caa              123456       active\n"), want: live},
		{name: "D10 cthags", change: say("cthags", srcHeader+" cthags           cthags           123456       active\n"), want: live},
		{name: "D10 cthats", change: say("cthats", srcHeader+" cthats           cthats           123456       active\n"), want: live},
		{name: "D10 PowerHA fileset", change: say("powerha", "cluster.es.server:cluster.es.server.rte:7.2.4.0: : :C:F:Base Server Runtime: : : : : : :0:0:/:1948\n"), want: live},
		{name: "D10 cluster manager", change: say("clstrmgr", "Current state: ST_STABLE\nsccsid = \"x\"\n"), want: live},
		{name: "D10 cluster manager not configured", change: say("clstrmgr", "Current state: NOT_CONFIGURED\n"), want: none},
		{name: "D10 HACMPcluster", change: say("hacmp", "\nHACMPcluster:\n\tid = 1\n\tname = \"prodcl\"\n"), want: live},
		{name: "D10 clRGinfo", change: say("clrginfo", "rg1:ONLINE:node1\n"), want: live},
		{name: "D10 lsrpdomain", change: say("lsrpdomain", "Name OpState RSCTActiveVersion MixedVersions TSPort GSPort\nmydom Online 3.2.6.2 No 12347 12348\n"), want: live},
		{name: "D10 peer domain in rmcdomainstatus", change: say("domain", "Peer Domain Status\n   S S  0x1111111111111111  0001  node1\n"+connected), want: live},
		{name: "D10 current_cluster", change: say("current_cluster", "mydom\n"), want: live},
		{name: "D10 current_cluster is empty", change: say("current_cluster", ""), want: none},
		{name: "D10 folder in /var/ct, no peer domain", change: say("var_ct", "IW/\ncfg/\nmydom/\n"), want: none},
		{name: "D10 folder in /var/ct, lsrpdomain is not understood", change: both(say("var_ct", "IW/\ncfg/\nmydom/\n"), say("lsrpdomain", "odd\n")),
			want: []string{"cluster-unclear info", "cluster-unclear info"}},
		{name: "D10 the services were stopped", change: func(h host) {
			h.exit("lscluster_c", 1, "", "lscluster: Cluster services are not active on this node because it has been stopped.\n")
		}, want: live},
		{name: "D10 lscluster refuses in words nobody has seen", change: func(h host) { h.exit("lscluster_c", 255, "", "lscluster: 0590-099 nothing to see here.\n") }, want: none},
		{name: "D10 the same, and lspv is not understood", change: both(say("lspv", "odd\n"), func(h host) { h.exit("lscluster_c", 1, "", "lscluster: nothing here.\n") }),
			want: []string{"cluster-unclear info", "cluster-unclear info", "cluster-unclear info"}},
		{name: "D10 lscluster says something else", change: say("lscluster_c", "hello\n"), want: unclear},
		{name: "D10 a class that is there and can't be read", change: func(h host) { h.exit("hacmp", 1, "", "odmget: no.\n") }, want: unclear},
		{name: "D10 TSAMP", change: say("cluster_tools", "/usr/bin/lssam\n"), want: live},

		{name: "D11 leftover", change: leftover, want: []string{"cluster0-leftover warning"}},
		{name: "D11 rows of a live cluster", change: both(leftover, liveCluster), want: live},
		{name: "D11 cluster not ruled out", change: both(leftover, func(h host) { h.hang("lscluster_c") }), want: []string{"cluster-unclear info", "probe-failed warning"}},
		{name: "D11 node_uuid and a CuDv row are ordinary", change: both(say("cuat", "CuAt:\n\tname = \"cluster0\"\n\tattribute = \"node_uuid\"\n\tvalue = \"c3a1\"\n"), say("cudv", "CuDv:\n\tname = \"cluster0\"\n")), want: none},
		{name: "D11 an attribute of zeros is none", change: say("cuat", "CuAt:\n\tname = \"cluster0\"\n\tattribute = \"clvdisk\"\n\tvalue = \"00000000-0000-0000-0000-000000000000\"\n"), want: none},

		{name: "D17 on the RMC NIC, connected", change: metadataOnRMC, want: []string{"metadata-on-rmc-nic warning"}},
		{name: "D17 on the RMC NIC", change: both(metadataOnRMC, disconnected), want: []string{"metadata-on-rmc-nic critical", lost}},
		{name: "D17 lost", change: metadataNIC(""), want: []string{"metadata-address-lost warning"}},
		{name: "D17 in place", change: metadataNIC("        inet 169.254.169.253 netmask 0xffff0000\n"), want: none},
		{name: "D18 clouddev", change: say("sys0", "clouddev=1\nghostdev=\n"), want: []string{"boot-resets-devices info"}},
		{name: "D18 ghostdev", change: say("sys0", "clouddev=\nghostdev=1\n"), want: []string{"boot-resets-devices info"}},

		{name: "D13 /var at 64 MB", change: free(65536, 250100), want: none},
		{name: "D13 /var below", change: free(65535, 250100), want: full},
		{name: "D13 /tmp at 64 MB", change: free(301204, 65536), want: none},
		{name: "D13 /tmp below", change: free(301204, 65535), want: full},
		{name: "D13 300 s ahead", change: skew(300), want: none},
		{name: "D13 301 s ahead", change: skew(301), want: skewed},
		{name: "D13 300 s behind", change: skew(-300), want: none},
		{name: "D13 301 s behind", change: skew(-301), want: skewed},

		{name: "order: the causes before the symptom", change: both(staleLine, addressWrong, disconnected, free(1, 1), level("3.2.0.0")),
			want: []string{"filesystem-full critical", "rsct-below-minimum critical", "rmc-address-wrong critical", "rmc-address-stale critical", lost}},
	}
}

func TestJudge(t *testing.T) {
	p, _ := restore(t)
	seen := map[string]bool{}
	for _, c := range judgeCases() {
		t.Run(c.name, func(t *testing.T) {
			params, err := p.Set(c.set)
			if err != nil {
				t.Fatal(err)
			}
			d := p.Judge(params, Given{RunID: nothingGiven.RunID, Inventory: facts.Inventory{RMCNIC: c.nic}, API: c.api}, changed(c.change))
			if d.Skip != "" {
				t.Errorf("skipped: %s", d.Skip)
			}
			if diff := cmp.Diff(c.want, grades(d)); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s\nmissing: %v", diff, d.Missing)
			}
			for _, v := range d.Verdicts {
				seen[v.ID+" "+v.Severity] = true
				checkVerdict(t, v)
			}
		})
	}
	for _, v := range fleetVerdicts(t, p) {
		seen[v.ID+" "+v.Severity] = true
		checkVerdict(t, v)
	}
	for _, f := range p.Findings {
		if !seen[f.ID+" "+f.Severity.V] {
			t.Errorf("no case in which %s holds, %s", f.ID, f.Severity.V)
		}
		if f.WarningWhen.V != "" && !seen[f.ID+" warning"] {
			t.Errorf("no case in which %s is a warning", f.ID)
		}
	}
}

// fleetVerdicts are those over other hosts (D9, D16): critical in one run, a warning
// against a capture, with its date; whether they are judged with the host or
// later on their own.
func fleetVerdicts(t *testing.T, p *Playbook) []Verdict {
	t.Helper()
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []Verdict
	for _, c := range []struct {
		fleet facts.Fleet
		want  string
		names string
	}{
		{facts.Fleet{Complete: true, Duplicates: []string{"aixold"}, Role: "clone", Why: "history"}, "critical", "aixold"},
		{facts.Fleet{Complete: true, Captured: []string{"aixgone (2026-11-01)"}}, "warning", "aixgone (2026-11-01)"},
		{facts.Fleet{Complete: true, Same: []string{"aixalias"}}, "critical", "aixalias"},
		{facts.Fleet{Complete: true}, "", ""},
	} {
		early := p.Judge(params, Given{}, healthyHost())
		now := p.Judge(params, Given{Fleet: &c.fleet}, healthyHost()).Verdicts
		alone := p.JudgeFleet(params, facts.Inventory{}, p.Share(early), c.fleet)
		if diff := cmp.Diff(now, alone); diff != "" {
			t.Errorf("JudgeFleet (-with the host +alone)\n%s", diff)
		}
		if diff := cmp.Diff(now, p.WithFleet(early, c.fleet).Verdicts); diff != "" {
			t.Errorf("WithFleet (-at once +later)\n%s", diff)
		}
		switch {
		case c.want == "" && len(now) > 0:
			t.Errorf("alone: %v", now)
		case c.want != "" && (len(now) != 1 || now[0].Severity != c.want || !strings.Contains(now[0].Title, c.names)):
			t.Errorf("%s: %v", c.want, now)
		}
		all = append(all, now...)
	}
	return all
}

// checkVerdict: a verdict says what it rests on, whole and in words.
func checkVerdict(t *testing.T, v Verdict) {
	t.Helper()
	if v.Source == "" || v.Title == "" || len(v.Evidence) == 0 {
		t.Errorf("%s lacks source, title or evidence: %+v", v.ID, v)
	}
	if v.ID != "probe-failed" && (v.Rule == "" || len(v.Reads) == 0) {
		t.Errorf("%s does not say by which rule, or what that reads: %+v", v.ID, v)
	}
	for _, text := range append([]string{v.Title, v.Remedy}, v.Evidence...) {
		if strings.Contains(text, "(not known: ") || strings.Contains(text, "{{") {
			t.Errorf("%s says: %s", v.ID, text)
		}
	}
	for _, line := range v.Evidence {
		if strings.TrimSpace(line) == "" {
			t.Errorf("%s has empty evidence", v.ID)
		}
	}
}

// A verdict names its rule, the parts of facts that it reads and the probes from which
// they come; where it is only a warning, why.
func TestVerdictTellsItsRule(t *testing.T) {
	p, _ := restore(t)
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	h := healthyHost()
	h.say("ifconfig", "en0: flags=1e084863,814c0<UP,RUNNING>\n        inet 10.2.3.4 netmask 0xffffff00\nen1: flags=1e084863,814c0<UP,RUNNING>\n")
	h["room"] = Probed{Err: errHung}
	got := map[string]string{}
	for _, v := range p.Judge(params, Given{}, h).Verdicts {
		got[v.ID] = strings.Join([]string{v.Severity, strings.Join(strings.Fields(v.Rule), " "), strings.Join(v.Reads, " "), strings.Join(v.Probes, " ")}, " | ")
	}
	want := map[string]string{
		"rmc-address-missing": `warning | rmc_nic.state == "found" && rmc_address.state == "missing"; only a warning while domain.state == "connected"` +
			" | rmc_address.state rmc_nic.state | session ifconfig lsdev netstat entstat lsattr boot_lines cloud_init",
		"probe-failed": "critical |  |  | room",
	}
	for id, line := range want {
		if got[id] != line {
			t.Errorf("%s: %s\nwant %s", id, got[id], line)
		}
	}
}

// Every title, evidence and remedy, as people read them.
func TestVerdictTexts(t *testing.T) {
	p, _ := restore(t)
	var b strings.Builder
	for _, c := range judgeCases() {
		params, err := p.Set(c.set)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "== %s\n", c.name)
		for _, v := range p.Judge(params, Given{RunID: nothingGiven.RunID, Inventory: facts.Inventory{RMCNIC: c.nic}, API: c.api}, changed(c.change)).Verdicts {
			writeVerdict(&b, v)
		}
	}
	golden.Check(t, "testdata/verdicts.golden", b.String())
}

func writeVerdict(b *strings.Builder, v Verdict) {
	fmt.Fprintf(b, "%s %s: %s\n", v.Severity, v.ID, v.Title)
	for _, line := range v.Evidence {
		fmt.Fprintf(b, "  because %s\n", line)
	}
	fmt.Fprintf(b, "  remedy  %s\n", v.Remedy)
}

// D14: what is not AIX is skipped, and nothing is judged.
func TestJudgeSkips(t *testing.T) {
	p, params := restore(t)
	for _, c := range []struct{ answer, want string }{
		{"Linux\n", "not AIX: uname -s says Linux"},
		{"AIX64\n", "not AIX: uname -s says AIX64"},
		{"SunOS\n", "not AIX: uname -s says SunOS"},
		{"AIX\n", ""},
	} {
		h := healthyHost()
		if c.answer != "AIX\n" {
			for probe := range h {
				h[probe] = Probed{NotRun: true}
			}
		}
		h.say("uname", c.answer)
		d := p.Judge(params, nothingGiven, h)
		if d.Skip != c.want || len(d.Verdicts) != 0 {
			t.Errorf("uname says %q: skip %q, want %q; verdicts %v", c.answer, d.Skip, c.want, grades(d))
		}
	}
}

// D14: a host that never said what it is has no clean bill of health.
func TestRequiredAnswerNotHad(t *testing.T) {
	p, params := restore(t)
	for _, probe := range []string{"uname", "uid"} {
		h := healthyHost()
		for id := range h {
			h[id] = Probed{NotRun: true}
		}
		if probe == "uid" {
			h.say("uname", "AIX\n")
		}
		h.hang(probe)
		d := p.Judge(params, nothingGiven, h)
		if diff := cmp.Diff([]string{"probe-failed critical"}, grades(d)); diff != "" {
			t.Errorf("%s hung (-want +got):\n%s", probe, diff)
		}
	}
}

// D14: an answer that is none is a failed probe, not another system.
func TestGarbledUname(t *testing.T) {
	p, params := restore(t)
	for _, answer := range []string{"two\nlines\n", "\n"} {
		h := healthyHost()
		for id := range h {
			h[id] = Probed{NotRun: true}
		}
		h.say("uname", answer)
		d := p.Judge(params, nothingGiven, h)
		if diff := cmp.Diff([]string{"probe-failed critical"}, grades(d)); diff != "" || d.Skip != "" || !d.Incomplete {
			t.Errorf("%q: skip %q, incomplete %t (-want +got):\n%s", answer, d.Skip, d.Incomplete, diff)
		}
	}
}

// D14: with another user's rights there is one finding, and the diagnosis says
// that it is not whole.
func TestIncomplete(t *testing.T) {
	p, params := restore(t)
	d := p.Judge(params, nothingGiven, healthyHost())
	if d.Incomplete {
		t.Error("a healthy host is incomplete")
	}
	h := host{}
	h.say("uname", "AIX\n")
	h.say("uid", "202\n")
	d = p.Judge(params, nothingGiven, h) // the rest is not even mentioned
	if diff := cmp.Diff([]string{"privilege-missing critical"}, grades(d)); diff != "" || !d.Incomplete {
		t.Errorf("incomplete %t (-want +got):\n%s", d.Incomplete, diff)
	}
	if !NotRead(d.Missing["domain"]) || NotRead(errors.New("x")) || !NotRead(d.Missing["rmc_address"]) {
		t.Errorf("missing: %v", d.Missing)
	}
}

// Any probe that fails is a finding (unless optional), critical where a
// critical verdict rests on it, and it names what is not judged. Each probe
// three times: hung, refused, garbled.
func TestProbeFailed(t *testing.T) {
	p, params := restore(t)
	var b strings.Builder
	for _, probe := range p.Probes {
		for _, way := range []string{"hung", "exit 2", "garbled"} {
			h := healthyHost()
			switch way {
			case "hung":
				h.hang(probe.ID)
			case "exit 2":
				h.exit(probe.ID, 2, "", "0403-001 Execute permission denied.\n")
			case "garbled":
				h[probe.ID] = Probed{Output: facts.Output{Stdout: []byte("\x1b]0;pwned\x07 \xff\xfe 0:0:\n=== \n$(reboot) \x00\n"), At: readAt}}
			}
			d := p.Judge(params, nothingGiven, h)
			fmt.Fprintf(&b, "== %s %s\n", probe.ID, way)
			if d.Skip != "" {
				fmt.Fprintf(&b, "skipped: %s\n", d.Skip)
			}
			failed := false
			for _, v := range d.Verdicts {
				failed = failed || v.ID == "probe-failed"
				fmt.Fprintf(&b, "%s %s: %s\n", v.Severity, v.ID, v.Title)
				for _, line := range v.Evidence[1:] {
					fmt.Fprintf(&b, "  %s\n", line)
				}
				checkVerdict(t, v)
			}
			if way == "hung" && failed == probe.Optional {
				t.Errorf("%s (optional %t) hung: probe-failed %t", probe.ID, probe.Optional, failed)
			}
		}
	}
	golden.Check(t, "testdata/probe-failed.golden", b.String())
	if strings.ContainsAny(b.String(), "\x1b\x07\x00") {
		t.Error("what the host printed comes through")
	}
}

// D6: whether rc.tcpip holds a stale line rests on reading it, even when the
// ODM proves that the right address comes back.
func TestStaleRestsOnBootLines(t *testing.T) {
	p, params := restore(t)
	d := p.Judge(params, nothingGiven, changed(func(h host) { h.hang("boot_lines") }))
	if diff := cmp.Diff([]string{"probe-failed critical"}, grades(d)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if last := d.Verdicts[0].Evidence[1]; !strings.Contains(last, "rmc-address-stale") {
		t.Errorf("evidence: %s", last)
	}
	// What is stale in the ODM is stale all the same.
	d = p.Judge(params, nothingGiven, changed(func(h host) { h.hang("boot_lines") },
		func(h host) {
			h.edit("lsattr", "netaddr6="+eui1+"\nprefixlen=64\nalias6=", "netaddr6="+foreign+"\nprefixlen=64\nalias6="+eui1+"/64")
		}))
	if got := grades(d); !slices.Contains(got, "rmc-address-stale warning") {
		t.Errorf("verdicts: %v, missing %v", got, d.Missing)
	}
}

// A probe that was never started is no news.
func TestNotRun(t *testing.T) {
	p, params := restore(t)
	for _, probe := range p.Probes {
		h := healthyHost()
		h[probe.ID] = Probed{NotRun: true}
		for _, v := range p.Judge(params, nothingGiven, h).Verdicts {
			if v.ID == "probe-failed" {
				t.Errorf("%s not run: %s", probe.ID, v.Title)
			}
		}
	}
}

// A condition that every fact is there for and that still can't be evaluated
// is not "no": nothing is dropped without a word.
func TestConditionThatFails(t *testing.T) {
	p := small(t, `when: uname.text != "AIX"`, `when: older(uname.text, params.least)`)
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	h := host{}
	h.say("uname", "no level at all\n")
	d := p.Judge(params, nothingGiven, h)
	if diff := cmp.Diff([]string{"probe-failed critical"}, grades(d)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	checkVerdict(t, d.Verdicts[0])
	if text := strings.Join(d.Verdicts[0].Evidence, "\n"); !strings.Contains(text, "not-aix") || !strings.Contains(text, "not a level") {
		t.Errorf("evidence: %s", text)
	}
	h.say("uname", "7.1\n")
	if got := grades(p.Judge(params, nothingGiven, h)); !slices.Equal(got, []string{"not-aix critical"}) {
		t.Errorf("verdicts: %v", got)
	}
}

// small is the small playbook with pairs of texts replaced.
func small(t *testing.T, replace ...string) *Playbook {
	t.Helper()
	p, err := Load("testdata/good/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(replace) == 0 {
		return p
	}
	text := readFile(t, "testdata/good/small.yaml")
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(text, replace[i]) {
			t.Fatalf("the small playbook has no %q", replace[i])
		}
		text = strings.ReplaceAll(text, replace[i], replace[i+1])
	}
	if p, err = Parse("small.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	return p
}

// Verify's condition, and that what can't be told proves nothing (V2).
func TestProved(t *testing.T) {
	p, params := restore(t)
	for _, c := range []struct {
		name   string
		change func(host)
		want   bool
	}{
		{"connected", func(host) {}, true},
		{"disconnected", disconnected, false},
		{"not known", func(h host) { h.hang("domain") }, false},
	} {
		if got := p.Proved(p.Judge(params, nothingGiven, changed(c.change))); got != c.want {
			t.Errorf("V2 %s: %t", c.name, got)
		}
	}
	readOnly := small(t, readFile(t, "testdata/good/small.yaml")[strings.Index(readFile(t, "testdata/good/small.yaml"), "rungs:"):], "")
	if !readOnly.Proved(readOnly.Judge(Params{}, nothingGiven, nil)) || readOnly.UntilProbes(readOnly.Probes) != nil {
		t.Error("without verify there is something to prove")
	}
}

// V2: while waiting only what the condition rests on is read again.
func TestUntilProbes(t *testing.T) {
	ids := func(probes []Probe) []string {
		list := []string{}
		for _, probe := range probes {
			list = append(list, probe.ID)
		}
		return list
	}
	p, _ := restore(t)
	if diff := cmp.Diff([]string{"domain"}, ids(p.UntilProbes(p.Probes))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	derived := small(t, `until: uname.text == "AIX"`, `until: rsct.installed && uname.text == "AIX"`)
	if diff := cmp.Diff([]string{"uname", "filesets"}, ids(derived.UntilProbes(derived.Probes))); diff != "" {
		t.Errorf("through a derivation (-want +got):\n%s", diff)
	}
}

// One playbook judges many hosts at a time.
func TestJudgeConcurrently(t *testing.T) {
	p, params := restore(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				d := p.Judge(params, nothingGiven, changed(addressMissing, disconnected))
				if got := p.Plan(d, Wishes{}); len(d.Verdicts) != 2 || len(got) != 4 {
					t.Errorf("verdicts %v, rungs %d", grades(d), len(got))
				}
			}
		})
	}
	wait.Wait()
}

func BenchmarkJudge(b *testing.B) {
	p, params := restore(b)
	h := healthyHost()
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Judge(params, nothingGiven, h); len(d.Verdicts) != 0 {
			b.Fatal(grades(d))
		}
	}
}

// BenchmarkFindings evaluates the conditions of a playbook's findings on one host,
// whose facts are known.
func BenchmarkFindings(b *testing.B) {
	p, params := restore(b)
	d := p.Judge(params, nothingGiven, healthyHost())
	b.ReportAllocs()
	for b.Loop() {
		if p.judge(d); len(d.Verdicts) != 0 {
			b.Fatal(grades(d))
		}
	}
}
