package playbooks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/playbooks/facts"
)

// D4: an IPv6-only NIC of the customer, with an address that autoconf6 made, is not
// changed.
func TestCustomersIPv6NICIsNotChanged(t *testing.T) {
	p, err := Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	params, _ := p.Set(nil)
	d := p.Judge(params, nothingGiven, changed(func(h host) {
		h.say("domain", "")
		h.say("ifconfig", "en0: flags=1<UP>\n inet 10.2.3.4 netmask 0xffffff00\nen1: flags=1<UP>\n inet6 2001:db8::10/64\n inet6 "+eui1+"/64\n")
		h.say("lsdev", "en0:Available\nen1:Available\nen2:Available\n")
		h.say("entstat", "=== en0\nHardware Address: fa:d4:43:3e:d1:10\n=== exit 0\n=== en1\nHardware Address: fa:d4:43:3e:d1:20\n=== exit 0\n=== en2\nHardware Address: fa:d4:43:3e:d1:30\n=== exit 0\n")
		h.say("lsattr", "=== en0\nnetaddr=10.2.3.4\nnetaddr6=\nalias6=\nstate=up\n=== end\n=== en1\nnetaddr=\nnetaddr6=2001:db8::10\nprefixlen=64\nalias6=\nstate=up\n=== end\n=== en2\nnetaddr=\nnetaddr6=\nalias6=\nstate=detach\n=== end\n")
		h.say("boot_lines", "12:start /usr/sbin/autoconf6 \"\"\n")
		h.absent("cloud_init")
	}))
	for _, r := range p.Plan(d, Wishes{MendWarnings: true}) {
		for _, s := range r.Steps {
			if r.Blocked == "" && strings.Contains(s.Command, "chdev -l en1") {
				t.Errorf("%s: %s", r.Rung.ID, s.Command)
			}
		}
	}
}

// runProbe runs a probe's text with stand-ins for some programs.
func runProbe(t *testing.T, id string, fakes map[string]string) (string, int) {
	t.Helper()
	p, err := Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	dir, text := t.TempDir(), ""
	for _, probe := range p.Probes {
		if probe.ID == id {
			text = probe.Run.V
		}
	}
	for path, body := range fakes {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, path, file)
	}
	cmd := exec.Command("/bin/sh", "-c", text)
	out, _ := cmd.Output()
	return string(out), cmd.ProcessState.ExitCode()
}

// D2, D10: an SRC that does not answer is no "not on file", and a list that could not
// be had is not empty.
func TestProbesWithoutAnAnswer(t *testing.T) {
	const header = "echo 'Subsystem         Group            PID          Status'\n"
	lssrc := map[string]string{"/usr/bin/lssrc": "case $1 in -a) " + header + ";; esac\necho '0513-056 Timeout waiting for command response.' >&2; exit 1\n"}
	for _, id := range []string{"ctrmc", "clconfd", "cthags", "cthats", "clstrmgr"} {
		if out, exit := runProbe(t, id, lssrc); exit == 44 {
			t.Errorf("%s: exit 44, %q", id, out)
		}
	}
	if out, exit := runProbe(t, "domain", map[string]string{
		"/usr/sbin/rsct/bin/rmcdomainstatus": "echo '2610-602 A session could not be established' >&2; exit 1\n",
		"/usr/bin/lssrc":                     "case $1 in -s) echo '0513-036 The request could not be passed to the ctrmc subsystem.'; exit 1;; esac\n" + header + "echo ' ctrmc            rsct             6947312      active'\n",
	}); exit == 44 {
		t.Errorf("domain: ctrmc is active, exit 44, %q", out)
	}
	if _, exit := runProbe(t, "unsound", map[string]string{"/usr/bin/lslpp": "exit 1\n", "/usr/bin/grep": "exec grep \"$@\"\n"}); exit == 0 {
		t.Error("unsound: lslpp failed, and no fileset is unsound")
	}
}

// D10: a failure of lscluster to read its repository is no "no cluster".
func TestGuardWithoutAnswers(t *testing.T) {
	p, err := Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	params, _ := p.Set(nil)
	d := p.Judge(params, nothingGiven, changed(func(h host) {
		for _, id := range []string{"lscluster_c", "lscluster_m"} {
			h.exit(id, 1, "", "lscluster: Unable to read the cluster repository disk.\n")
		}
		h.absent("clconfd") // as the probe says where SRC timed out
	}))
	if c := d.Facts["cluster"].(facts.Cluster); c.Clear {
		t.Errorf("%+v", c)
	}
}

// Whatever form a condition has, assumptions alone do not decide it.
func TestAssumptionsInEachForm(t *testing.T) {
	for _, when := range []string{
		`(assumed.text == "1" || seen.text == "1") == true`,
		`(assumed.text == "1" || seen.text == "1") in [true]`,
		`[assumed.text == "1", seen.text == "1"].exists(x, x)`,
		`"1" in [assumed.text, seen.text]`,
		`[1].exists(x, assumed.text == "1" || seen.text == "1")`,
		`(assumed.text == "1" ? "a" : seen.text) == "a"`,
		`{"a": assumed.text, "b": seen.text}["a"] == "1"`,
		`size([1].filter(x, assumed.text == "1")) + size([1].filter(x, seen.text == "1")) > 0`,
		`assumed.text == "1" && (seen.text == "1" || true)`,
	} {
		if _, err := Parse("own.yaml", fmt.Appendf(nil, sureHead, when)); err == nil {
			t.Errorf("%s is let through", when)
		}
	}
}

const surePlaces = `apiVersion: aixmend/v1
name: small
title: A small playbook
params:
  wait: {type: duration, default: 1m, about: how long to wait}
probes:
  - {id: uname, run: /usr/bin/uname -s, parse: word, login: true, sure: documented, source: x}
  - {id: guess, run: /usr/bin/uname -s, parse: word, sure: assumed}
  - {id: guesses, run: /usr/bin/uname -s, parse: lines, sure: assumed}
findings:
  - id: not-aix
    severity: critical
    #WARN
    when: uname.text != "AIX"
    title: "this is {{ uname.text }}"
    evidence: ["uname -s: {{ uname.text }}"]
    source: a test
rungs:
  - id: mend
    number: 1
    title: make it AIX
    fixes: [not-aix]
    #RUNG
    steps:
      - id: change
        #STEP
        run: /usr/sbin/chdev -l sys0 -a name=AIX
        undo: "none: a test"
        confirm: uname.text == "AIX"
verify:
  until: uname.text == "AIX"
  every: 30s
  #UNCHANGED
`

// Nor in whatever place it stands.
func TestAssumptionsInEachPlace(t *testing.T) {
	for _, c := range []struct{ name, mark, text string }{
		{"a critical finding is only a warning by K", "#WARN", `warning_when: guess.text == "x"`},
		{"a step's guard over a list of K", "#STEP", "each: guesses.list\n        when: uname.text != \"AIX\"\n        guards:\n          - {require: 'each == \"x\"', else: not it}"},
		{"confirm by K", "confirm: uname", "confirm: guess"},
		{"confirm by K of before", "confirm: uname", "confirm: before.guess"},
		{"refute by K", "#STEP", `refute: guess.text == "x"`},
		{"unchanged by K", "#UNCHANGED", "unchanged:\n    - {id: u, severity: critical, when: 'guess.text != before.guess.text', title: x, evidence: [x], source: x}"},
	} {
		text := strings.Replace(surePlaces, c.mark, c.text, 1)
		if _, err := Parse("own.yaml", []byte(text)); text == surePlaces || err == nil {
			t.Errorf("%s is let through", c.name)
		} else if !strings.Contains(err.Error(), "by assumed facts alone") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// D10: a check that is accepted makes the host no worse.
func TestAcceptedCheckIsNoWarning(t *testing.T) {
	p, err := Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	params, _ := p.Set(nil)
	given := nothingGiven
	given.Inventory = facts.Inventory{Name: "h", Accepted: []string{"cuat"}}
	d := p.Judge(params, given, changed(func(h host) { h.exit("cuat", 1, "", "0519-999 x\n") }))
	for _, v := range d.Verdicts {
		if v.Severity != "info" {
			t.Errorf("%s %s: %s", v.ID, v.Severity, v.Title)
		}
	}
}
