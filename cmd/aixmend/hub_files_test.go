package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// printedBy is a command that has ended.
type printedBy struct {
	out, err string
	code     int
}

// ran runs the command in the folder of the yard.
func (y *yard) ran(args ...string) printedBy {
	y.t.Helper()
	c := y.command(args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	_ = c.Run()
	return printedBy{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// over runs a verb over the hub, with the waits of the tests.
func (y *yard) over(args ...string) printedBy {
	y.t.Helper()
	return y.ran(append(args, "--hub", "ops.join", "--set", "wait=600ms", "--set", "settle=60ms")...)
}

// expect fails the test unless a command has ended with a code, and its output has a text.
func (r printedBy) expect(t *testing.T, code int, text string) {
	t.Helper()
	if r.code != code || !regexp.MustCompile(text).MatchString(r.out+r.err) {
		t.Errorf("exit code %d, want %d with %q:\n%s\n%s", r.code, code, text, r.out, r.err)
	}
}

func (y *yard) read(name string) string {
	y.t.Helper()
	text, err := os.ReadFile(filepath.Join(y.dir, name))
	noError(y.t, err)
	return string(text)
}

// hubRuns are the lines of the runs that the hub has.
func (y *yard) hubRuns() int {
	y.t.Helper()
	return strings.Count(y.must("runs", "--hub", "ops.join"), "\n")
}

// report files of a run over two sites, in the folder that is named.
func reportFlags(folder string) []string {
	return []string{"--junit", folder + "/junit.xml", "--sarif", folder + "/run.sarif", "--prometheus", folder + "/run.prom", "--markdown", folder + "/run.md", "--html", folder + "/run.html"}
}

// junitCases are the cases of a file with their results, without their texts.
func junitCases(t *testing.T, text string) []string {
	t.Helper()
	var file struct {
		Suites []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	noError(t, xml.Unmarshal([]byte(text), &file))
	var list []string
	for _, s := range file.Suites {
		for _, c := range s.Cases {
			result := "passed"
			for name, is := range map[string]bool{"failure": c.Failure != nil, "error": c.Error != nil, "skipped": c.Skipped != nil} {
				if is {
					result = name
				}
			}
			list = append(list, s.Name+" "+c.Name+" "+result)
		}
	}
	return list
}

// sarifResults are the results of a file: rule, level and host.
func sarifResults(t *testing.T, text string) []string {
	t.Helper()
	var file struct {
		Runs []struct {
			Results []struct {
				RuleID    string `json:"ruleId"`
				Level     string
				Locations []struct {
					LogicalLocations []struct{ Name string }
				}
			}
		}
	}
	noError(t, json.Unmarshal([]byte(text), &file))
	var list []string
	for _, r := range file.Runs {
		for _, one := range r.Results {
			line := one.RuleID + " " + one.Level
			for _, l := range one.Locations {
				for _, logical := range l.LogicalLocations {
					line += " " + logical.Name
				}
			}
			list = append(list, line)
		}
	}
	slices.Sort(list)
	return list
}

// The report files of an audit over two sites say what those of one on one machine say, but for
// what stays at a site, and report writes the same ones again. Paths are checked before anything
// begins.
func TestFilesOverSites(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	y.over("audit", "--junit", "nowhere/junit.xml").expect(t, 2, "there is no folder nowhere")
	y.over("audit", "-i", "inventory.yaml").expect(t, 2, "--inventory and --hub exclude each other: the inventories are at the sites")
	y.over("audit", "--set", "upload=.").expect(t, 2, "--set upload and --hub exclude each other")
	if n := y.hubRuns(); n > 1 {
		t.Errorf("%d lines of runs", n)
	}
	for _, folder := range []string{"alone", "over", "again"} {
		noError(t, os.Mkdir(filepath.Join(y.dir, folder), 0o700))
	}
	y.ran(append([]string{"audit", "-i", "inventory.yaml", "--state", "plain", "--set", "wait=600ms", "--set", "settle=60ms"}, reportFlags("alone")...)...).expect(t, 3, "7 hosts")
	y.over(append([]string{"audit"}, reportFlags("over")...)...).expect(t, 3, "7 hosts")
	y.ran(append([]string{"report", "--hub", "ops.join"}, reportFlags("again")...)...).expect(t, 0, "7 hosts")

	if a, b := junitCases(t, y.read("alone/junit.xml")), junitCases(t, y.read("over/junit.xml")); !slices.Equal(a, b) || len(a) < 20 {
		t.Errorf("junit: on one machine %v\nover a hub %v", a, b)
	}
	if a, b := sarifResults(t, y.read("alone/run.sarif")), sarifResults(t, y.read("over/run.sarif")); !slices.Equal(a, b) || len(a) < 5 {
		t.Errorf("sarif: on one machine %v\nover a hub %v", a, b)
	}
	measured := regexp.MustCompile(`(?m)^aixmend_(run_duration|run_finished|last)\S* .*$`)
	if a, b := measured.ReplaceAllString(y.read("alone/run.prom"), ""), measured.ReplaceAllString(y.read("over/run.prom"), ""); a != b {
		t.Errorf("prometheus: on one machine\n%s\nover a hub\n%s", a, b)
	}
	table := regexp.MustCompile(`(?m)^\| .* \|$`)
	address := regexp.MustCompile(`[0-9a-f]*::[0-9a-f:]+|\(address\)`)
	if a, b := table.FindAllString(y.read("alone/run.md"), -1), table.FindAllString(y.read("over/run.md"), -1); address.ReplaceAllString(strings.Join(a, "\n"), "") != address.ReplaceAllString(strings.Join(b, "\n"), "") {
		t.Errorf("markdown: on one machine\n%v\nover a hub\n%v", a, b)
	}
	for _, name := range []string{"junit.xml", "run.sarif", "run.prom"} {
		if y.read("over/"+name) != y.read("again/"+name) {
			t.Errorf("report writes another %s:\n%s\n%s", name, y.read("over/"+name), y.read("again/"+name))
		}
	}
	if page := y.read("over/run.html"); !strings.Contains(page, "</html>") || len(page) < 10_000 {
		t.Errorf("a page of %d bytes", len(page))
	}
	if info, err := os.Stat(filepath.Join(y.dir, "over", "run.html")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// An audit over sites is compared at the hub, also by one that was killed on the way, and its
// notices leave from the operator's machine.
func TestSinceOverSites(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	noError(t, os.WriteFile(filepath.Join(y.dir, "tell.sh"), []byte("#!/bin/sh\ncat >>\"$0.out\"\n"), 0o700))
	tell := "exec:" + filepath.Join(y.dir, "tell.sh")
	none := y.over("audit", "--since", "last")
	none.expect(t, 3, "no earlier audit of these hosts to compare with: showing everything")
	y.over("audit", "--since", "20261201T000000.000Z-abcdef").expect(t, 2, "the hub refuses: --since: there is no run 20261201T000000.000Z-abcdef")
	if same := y.over("audit", "--since", "last", "--notify", tell, "--notify-on", "change"); same.code != 3 || same.out+same.err != "" {
		t.Errorf("nothing has changed: %+v", same)
	}
	ill, err := aixsim.FindIllness("daemon-down")
	noError(t, err)
	y.fleet.Host("healthy").Mutate(ill.Apply)
	var first []struct {
		Run string `json:"run_id"`
	}
	noError(t, json.Unmarshal([]byte(y.must("runs", "--hub", "ops.join", "--format", "json")), &first))
	flags := []string{"--since", "latest", "--detailed-exitcode", "--fail-on", "failed", "--notify", tell}
	news := y.over(append([]string{"audit"}, flags...)...)
	news.expect(t, 5, `(?s)^changes on 1 of 7 hosts since run .*healthy: .*next: +aixmend explain --hub ops.join \S+ healthy`)
	var notice struct {
		Verb, Reports string
		ExitCode      int `json:"exit_code"`
		News          struct{ Hosts []struct{ Name string } }
	}
	noError(t, json.Unmarshal([]byte(y.read("tell.sh.out")), &notice))
	if notice.Verb != "audit" || notice.Reports != "" || notice.ExitCode != 5 || len(notice.News.Hosts) != 1 || notice.News.Hosts[0].Name != "healthy" {
		t.Errorf("%+v", notice)
	}
	y.ran("report", "--hub", "ops.join", "--format", "json").expect(t, 0, `"exit_code": 5,\s*"exit_reason": "drift on 1 host since run`)

	log := y.read("par.log")
	y.start("audit", "", "audit", "--hub", "ops.join", "--since", first[len(first)-1].Run, "--detailed-exitcode", "--fail-on", "failed", "--set", "wait=600ms", "--set", "settle=60ms")
	y.await(filepath.Join(y.dir, "par.log"), len(log), "audit of 3 hosts")
	y.kill("hub")
	y.hub()
	c := y.alive["audit"]
	_ = c.Wait()
	delete(y.alive, "audit")
	printedBy{y.read("audit.log"), "", c.ProcessState.ExitCode()}.expect(t, 5, `changes on 1 of 7 hosts since run `+first[len(first)-1].Run)
}

// state is the state of a host that a recover may change.
func (y *yard) effects(host string) int { return len(y.fleet.Host(host).Effects()) }

// A plan that was made over sites is applied exactly, once, and by its own hub alone. A site
// whose worker changes no host does not turn the verdict where nothing was planned there.
func TestPlanFileOverSites(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.parts["fra"] = "healthy,original,not-aix"
	y.hub()
	y.start("fra", "connected", "worker", "--join", "fra.join", "-i", "inventory.yaml", "-l", y.parts["fra"], "--state", "fra-state")
	y.parts["par"] += ",address-removed-smitty"
	y.worker("par")
	for !strings.Contains(y.status(), "fra: connected, 3 hosts") || !strings.Contains(y.status(), "par: connected, 4 hosts") {
		continue
	}
	ill := []string{"daemon-down", "address-removed-smitty"}
	y.over("plan", "--out", "plan.json").expect(t, 3, `saved plan.json; apply it with: aixmend recover --hub ops.join --plan plan.json`)
	y.ran("plan", "show", "plan.json").expect(t, 0, `(?s)made over a hub.*daemon-down \(site par\)`)
	y.ran("recover", "--plan", "plan.json", "--yes").expect(t, 2, "was made over a hub: its commands are at the sites\nhint: name the hub with --hub")
	y.ran("recover", "--hub", "ops.join", "--plan", "plan.json", "--dry-run").expect(t, 2, "--plan and --dry-run exclude each other")
	y.ran("recover", "--hub", "ops.join", "--plan", "plan.json").expect(t, 2, "there is no terminal to ask on")
	y.ran("recover", "--hub", "ops.join", "--plan", "plan.json", "--yes", "--allow", "node-id").expect(t, 2, "was made without --allow node-id")

	p, err := planfile.Load(filepath.Join(y.dir, "plan.json"))
	noError(t, err)
	forge := func(name string, change func(p *planfile.Plan)) {
		forged := *p
		forged.Hosts = slices.Clone(p.Hosts)
		change(&forged)
		noError(t, forged.Save(filepath.Join(y.dir, name))) // with an id that fits
	}
	forge("steps.json", func(p *planfile.Plan) {
		p.Hosts[0].Plan = []outcome.PlanStep{{Rung: "address", Step: "set-address", Command: "set-address (at the site)", Undo: "(at the site)", Fixes: []string{}}}
	})
	forge("flags.json", func(p *planfile.Plan) { p.Set = []string{"wait=2h"} })
	forge("hosts.json", func(p *planfile.Plan) { p.Hosts = p.Hosts[1:] })
	forge("run.json", func(p *planfile.Plan) { p.RunID = "20261201T000000.000Z-abcdef" })
	for _, name := range []string{"steps.json", "flags.json", "hosts.json"} {
		y.ran("recover", "--hub", "ops.join", "--plan", name, "--yes").expect(t, 2, "the hub refuses: the plan was changed after it was written")
	}
	y.ran("recover", "--hub", "ops.join", "--plan", "run.json", "--yes").expect(t, 2, "the hub refuses: this hub has no run 20261201T000000.000Z-abcdef that made the plan: it is another hub's, or it was removed")
	y.ran("plan", "-i", "inventory.yaml", "--state", "plain", "-l", "daemon-down", "--out", "own.json").expect(t, 3, "saved own.json")
	y.ran("recover", "--hub", "ops.join", "--plan", "own.json", "--yes").expect(t, 2, "was made on one machine, not over a hub")
	if y.effects(ill[0])+y.effects(ill[1]) > 0 || y.hubRuns() != 2 {
		t.Fatalf("something was run: %v\n%s", y.fleet.Host(ill[0]).Effects(), y.must("runs", "--hub", "ops.join"))
	}

	y.ran("recover", "--hub", "ops.join", "--plan", "plan.json", "--yes", "-l", "par,!daemon-down", "--format", "json").expect(t, 3, `"recovered": 1,`)
	y.fleet.Host("daemon-down").Mutate(func(s *aixsim.State) { s.ClockOffset += aixsim.Duration(time.Hour) })
	rest := y.ran("recover", "--hub", "ops.join", "--plan", "plan.json", "--yes", "--format", "json")
	var run outcome.Run
	noError(t, json.Unmarshal([]byte(rest.out), &run))
	want := map[string]string{
		"healthy": "healthy: as the plan found it: site fra refuses: this worker changes no host", "not-aix": "skipped: not AIX",
		"address-removed-smitty": "skipped: drifted since the plan: the plan is not for the host as it is: run ", "daemon-down": "skipped: drifted since the plan: ",
		"original": "needs_action: ", "clone": "needs_action: ", "rsct-below-minimum": "needs_action: ",
	}
	for _, h := range run.Hosts {
		if text := string(h.Outcome) + ": " + h.Reason; want[h.Name] == "" || !strings.HasPrefix(text, want[h.Name]) {
			t.Errorf("%s is %s", h.Name, text)
		}
		delete(want, h.Name)
	}
	if len(want) > 0 || rest.code != 3 || y.effects("daemon-down") > 0 {
		t.Errorf("%v, exit code %d, %v", want, rest.code, y.fleet.Host("daemon-down").Effects())
	}
	y.ran("recover", "--hub", "ops.join", "--plan", "plan.json", "--yes", "-l", "address-removed-smitty").expect(t, 2, "the hub refuses: run \\S+ has applied the plan already; a plan is applied once")
}

// A plan in a file that is applied over two sites ends as one that is applied on one machine.
func TestPlanFileEndsAlike(t *testing.T) {
	t.Parallel()
	waits := []string{"--set", "wait=600ms", "--set", "settle=60ms", "--format", "json"}
	apply := func(y *yard, plan, recover []string) string {
		y.ran(append(append([]string{"plan", "--out", "plan.json"}, plan...), waits...)...).expect(t, 3, "needs_action")
		end := y.ran(append([]string{"recover", "--plan", "plan.json", "--yes", "--format", "json"}, recover...)...)
		end.expect(t, 3, "recovered")
		var run outcome.Run
		noError(t, json.Unmarshal([]byte(end.out), &run))
		return verdicts(t, run)
	}
	alone, over := newYardOf(t), newYardOf(t)
	over.begin()
	hub := []string{"--hub", "ops.join"}
	a, b := apply(alone, []string{"-i", "inventory.yaml"}, []string{"-i", "inventory.yaml", "-c", "1"}), apply(over, hub, hub)
	if a != b {
		t.Errorf("on one machine:\n%s\nover a hub:\n%s", a, b)
	}
}

// A rollback is shown without a run, and shows the steps that the run took.
func TestRollbackIsShownOverSites(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	y.verb("recover", "--yes")
	run := y.ended()
	runs, changed := y.hubRuns(), y.effects("address-removed-smitty")
	// what the environment says contradicts no rollback, and does not count
	y.variables = []string{"AIXMEND_PLAN=inventory.yaml", "AIXMEND_REQUIRE_APPROVAL=true", "AIXMEND_PLAYBOOK=rsct-update", "AIXMEND_SET=none=none", "AIXMEND_ALLOW=node-id"}
	shown := y.ran("recover", "--undo", run.ID, "--dry-run", "--hub", "ops.join")
	shown.expect(t, 0, `(?s)^rollback of run \S+ on 2 hosts, newest step first.*address-removed-smitty:\n  rung address\n    set-address\n      set-address \(at the site\)`)
	if strings.Contains(shown.out, "chdev") || y.hubRuns() != runs || y.effects("address-removed-smitty") != changed {
		t.Errorf("%s\n%v", shown.out, y.fleet.Host("address-removed-smitty").Effects())
	}
	y.ran("recover", "--undo", run.ID, "--dry-run", "--hub", "ops.join", "--allow", "node-id").expect(t, 2, "--undo and --allow exclude each other")
	y.ran("recover", "--undo", run.ID, "--dry-run", "--hub", "ops.join", "-l", "healthy").expect(t, 2, "the hub refuses: run \\S+ changed none of the selected hosts")
	y.ran("recover", "--undo", run.ID, "--yes", "--hub", "ops.join").expect(t, 0, "undone +1 +address-removed-smitty")
	y.ran("recover", "--undo", run.ID, "--dry-run", "--hub", "ops.join").expect(t, 0, `^nothing of run \S+ is left to roll back on `)
	y.ran("recover", "--undo", run.ID, "--hub", "ops.join").expect(t, 2, "there is no terminal to ask on")
	y.ran("recover", "--undo", run.ID, "--dry-run", "--hub", "ops.join", "--format", "json").expect(t, 0, `"schema": "aixmend.rollback/v1",\s*"run_id": "`+run.ID+`",\s*"hosts": \[\]`)
}
