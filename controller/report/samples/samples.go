// Package samples holds the sample hosts, hostile texts and golden files that the tests of
// all formats share.
package samples

import (
	"fmt"
	"strings"
	"time"

	"aixmend/controller/outcome"
)

// Typical is the document of a host that needs a person, with all that a recover leaves.
func Typical() outcome.Host {
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	return outcome.Host{
		Schema: outcome.HostSchema, RunID: "20261122T103000Z-3f9ac2", Host: "aixprd01", Address: "10.1.2.3", Outcome: outcome.NeedsAction,
		Reason: "rmc-address-missing: en1 has no IPv6 link-local address", Started: at, Duration: 1234, Capture: "captures/aixprd01/c1",
		Cloud: &outcome.Cloud{Status: "ACTIVE", Health: "WARNING", Reason: "The RMC connection is not active.", LastUpdate: "2026-11-22T10:21:07.000Z", Class: "both-bad"},
		SSH: &outcome.SSH{
			Server: "SSH-2.0-OpenSSH_6.0", Kex: "diffie-hellman-group14-sha1", HostKey: "rsa-sha2-256", Cipher: "aes128-ctr", MAC: "hmac-sha1",
			Login: "identity /home/ops/.ssh/id_rsa (certificate fleet, signed by SHA256:x)", Legacy: true, Via: []string{"bastion.example"},
		},
		FactErrors: map[string]string{"lscluster_m": "hung: no answer in 30s", "clock": "date failed (exit 2)"},
		Findings: []outcome.Finding{
			{ID: "rmc-address-missing", Severity: outcome.Critical, Title: "en1 has no IPv6 link-local address", Evidence: []string{"ifconfig -a: no fe80::/10 address on en1", "MAC of en1: fa:d4:43:3e:d1:20"},
				Remedy: "chdev -l en1 -a netaddr6=fe80::f8d4:43ff:fe3e:d120", Source: "ibm-rmc: missing IPv6 link-local address"},
			{ID: "rsct-below-recommended", Severity: outcome.Warning, Title: "RSCT 3.2.6.1 is below 3.2.6.2", Evidence: []string{"lslpp: 3.2.6.1"}, Remedy: "plan an RSCT update", Source: "ibm-rmc: RSCT 3.2.6.2 is recommended", Waived: true, Waiver: "frozen for audit, until 2027-01-31"},
		},
		Plan: []outcome.PlanStep{
			{Rung: "1", Step: "replace-stale-lines", Command: "cp a b || exit 1\nwhile read x; do\n  echo \"$x\"\ndone", Undo: "cp b a"},
			{Rung: "1", Step: "set-address", Command: "/usr/sbin/chdev -l en1 -a state=up", Undo: "/usr/sbin/chdev -l en1 -a state=down"},
			{Rung: "3", Step: "stop-rmc", Command: "rmcctrl -z", Undo: "rmcctrl -A", BlockedBy: "cluster guard: lscluster -c: live"},
		},
		Changes: []outcome.Change{{Step: "set-address", Command: "/usr/sbin/chdev -l en1 -a state=up", Undo: "/usr/sbin/chdev -l en1 -a state=down", Status: outcome.Applied, At: at, Detail: "exit 0"}},
		Stages: []outcome.Stage{{Name: outcome.StageDiagnose, Status: outcome.StageOK, Started: at, DurationMS: 800, Note: "two findings", Steps: []outcome.Command{
			{ID: "uname", Command: "/usr/bin/uname -s", Stdout: "AIX\n", DurationMS: 3},
			{ID: "node_id_etc", Command: "[ -f /etc/ct_node_id ] || exit 44\n/usr/bin/head -n 1 /etc/ct_node_id", ExitStatus: 44, Stderr: "gone\n", Truncated: 12},
			{ID: "lscluster_m", Command: "/usr/sbin/lscluster -m", ExitStatus: -1, Error: "hung: no answer in 30s"},
			{ID: "set-address", Command: "/usr/sbin/chdev -l en1 -a state=up", Mutating: true, Stdout: "en1 changed\n"},
		}}},
	}
}

// HostileTexts are texts that a host may print to get out of its place in a document.
func HostileTexts() []string {
	return []string{
		"```\n# owned", "`````\n<script>alert(1)</script>\n`````", "~~~\n# owned\n~~~", "```text\nx\n```\n- item", strings.Repeat("`", 500),
		"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![](http://evil.example/x.png)", "[click](http://evil.example)", "<http://evil.example>",
		"http://evil.example/x", "https://evil.example", "www.evil.example", "&lt;b&gt;", "# heading", "## heading", "- item", "+ item", "* item", "1. item", "1) item", "> quote", "---", "===", "    code", "| a | b |",
		"a\n# owned", "a\r# owned", "a\u2028# owned", "\x1b[31mred\x1b[0m", "\x9b31m", "\u202Eevil", "a\x00b", "[x]: http://evil.example", "\\`x\\`", "\\", "{{ template }}", "$(reboot)",
		"##vso[task.setvariable variable=PATH]/tmp", "##[error]x", "x ##teamcity[buildProblem description='x']", "##octopus[setVariable]", "::error::x", "a\n::add-mask::b", "#\u034f#v\ufe0fso[x]",
		"\x1b[0Ksection_start:1:x\r\x1b[0K", "travis_fold:start:x\r\x1b[0K", "\x1b[8mha:AAAA\x1b[0m", "\x1b]1338;url=http://evil.example/x.png\a",
		strings.Repeat("x`", 10_000),
	}
}

// HostileHost is the document of a host in which every text is s.
func HostileHost(s string) outcome.Host {
	return outcome.Host{
		SSH:   &outcome.SSH{Server: s, Kex: s, Cipher: s, Login: s, Via: []string{s}, Legacy: true},
		Fixed: []outcome.Finding{{ID: s, Title: s}},
		Host:  s, RunID: s, Address: s, Reason: s, Outcome: outcome.Failed, Capture: s, FactErrors: map[string]string{"fact": s},
		Findings: []outcome.Finding{{ID: s, Severity: outcome.Critical, Title: s, Evidence: []string{s}, Remedy: s, Next: []string{s}, Source: s, Waived: true, Waiver: s}},
		Passed:   []string{s},
		Cloud:    &outcome.Cloud{Status: s, Health: s, Reason: s, LastUpdate: s, Class: s},
		Plan:     []outcome.PlanStep{{Rung: s, Step: "s" + s, Command: s, Undo: s, BlockedBy: s}, {Rung: s, BlockedBy: s}},
		Support:  []outcome.SupportFile{{Name: s, SHA256: s}},
		Changes:  []outcome.Change{{Step: s, Command: s, Undo: s, Status: outcome.Applied, Detail: s}},
		Stages:   []outcome.Stage{{Name: "diagnose", Status: "ok", Note: s, Steps: []outcome.Command{{ID: s, Command: s, Stdout: s, Stderr: s, Error: s}}}},
		Noise:    s,
		Lease:    &outcome.Lease{Text: s, Note: s, Steps: []outcome.Command{}},
	}
}

// BenchHost is document number i of a fleet, as large as that of an audit.
func BenchHost(i int) outcome.Host {
	h := outcome.Host{
		Schema: outcome.HostSchema, RunID: "20261122T103000.000Z-abcdef", Host: fmt.Sprintf("aixvm%05d", i), Address: "10.2.3.4",
		Outcome: outcome.Healthy, Started: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC), Facts: map[string]any{},
		Stages: []outcome.Stage{{Name: outcome.StageDiagnose, Status: outcome.StageOK}},
	}
	for n := range 43 {
		h.Stages[0].Steps = append(h.Stages[0].Steps, outcome.Command{
			ID: fmt.Sprintf("probe_%d", n), Command: "/usr/bin/lssrc -s ctrmc | /usr/bin/tail -n 1",
			Stdout: strings.Repeat("rsct.core:rsct.core.rmc:3.2.6.2: : :A:F:RSCT Resource Monitoring\n", 1+n%5),
		})
		h.Facts[fmt.Sprintf("fact_%d", n)] = map[string]string{"name": "en1", "address": "fe80::f8d4:43ff:fe3e:d120", "state": "up"}
	}
	if i%10 == 0 {
		h.Outcome, h.Reason = outcome.NeedsAction, "rmc-address-missing: en1 has no link-local address"
		h.Findings = []outcome.Finding{{
			ID: "rmc-address-missing", Severity: outcome.Critical, Title: "en1 has no link-local address",
			Evidence: []string{"ifconfig en1: no inet6"}, Remedy: "chdev -l en1 -a netaddr6=fe80::1", Source: "cloud-init-aix: the ODM and rc.tcpip set the address at boot",
		}}
	}
	return h
}

// BenchRun is a run of so many BenchHosts.
func BenchRun(hosts int) outcome.Run {
	run := outcome.Run{Schema: outcome.RunSchema, ID: "20261122T103000.000Z-abcdef", Command: "audit"}
	for i := range hosts {
		h := BenchHost(i)
		run.Hosts = append(run.Hosts, outcome.HostSummary{
			Name: h.Host, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason,
			Findings: outcome.FindingIDs(h.Findings), Open: outcome.OpenIDs(h.Findings), Report: "hosts/" + h.Host + ".json",
		})
	}
	run.Counts = outcome.Count(run.Hosts)
	return run
}
