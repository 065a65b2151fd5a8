package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/suite"
)

// anew loses the folder of the hub, and makes a new hub with the same members. The workers are
// those of the old state folders, with new join files.
func (y *yard) anew() {
	y.t.Helper()
	y.killAll()
	noError(y.t, os.RemoveAll(filepath.Join(y.dir, "aixmend-hub")))
	for _, name := range append(slices.Collect(maps.Keys(y.parts)), "ops") {
		noError(y.t, os.Remove(filepath.Join(y.dir, name+".join")))
	}
	y.members()
	y.load()
	y.begin()
}

// kept is the run.json of a run at the hub, but for the fields that tell of an adoption.
func (y *yard) kept(id string) map[string]any {
	y.t.Helper()
	text, err := os.ReadFile(filepath.Join(y.dir, "aixmend-hub", "state", "runs", id, "run.json"))
	noError(y.t, err)
	var run map[string]any
	noError(y.t, json.Unmarshal(text, &run))
	for _, field := range []string{"adopted", "started", "finished"} {
		delete(run, field)
	}
	return run
}

// each runs every verb that a hub carries out, then a rollback, and returns the runs.
func (y *yard) each() []string {
	y.t.Helper()
	var ids []string
	end := func() { ids = append(ids, y.ended().ID) }
	for _, verb := range []string{"audit", "capture", "plan"} {
		y.verb(verb)
		end()
	}
	y.verb("recover", "--yes")
	end()
	y.start("audit", "rollback of 1 host", "recover", "--undo", ids[3], "-l", "daemon-down", "--yes", "--hub", "ops.join", "--format", "json")
	end()
	return ids
}

// A hub whose folder is lost adopts its runs from the sites: each run.json is as it was, but for
// the fields that tell of that, the verbs that read them go on, and a run can be rolled back.
// Adopted again, a run stays as it is.
func TestAdopted(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	adopts(t, y)
}

func adopts(t *testing.T, y *yard) {
	t.Helper()
	ids := y.each()
	was := map[string]map[string]any{}
	for _, id := range ids {
		was[id] = y.kept(id)
	}
	diffed := y.must("diff", "--hub", "ops.join", ids[0], ids[1])
	y.anew()
	if runs := y.must("runs", "--hub", "ops.join"); strings.Contains(runs, ids[0]) {
		t.Fatal(runs)
	}
	y.must("hub", "adopt", "fra")
	if run, out := y.kept(ids[0]), y.must("report", ids[0], "--hub", "ops.join", "--format", "json"); !strings.Contains(out, "the run was adopted without site par: its reports are there") || run["unfinished"] != nil {
		t.Errorf("%v\n%s", run, out)
	}
	y.must("hub", "adopt")
	for _, id := range ids {
		if diff := cmp.Diff(was[id], y.kept(id)); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	if head := y.must("report", ids[0], "--hub", "ops.join"); !regexp.MustCompile(`\nadopted from site fra at \S+, site par at \S+\n`).MatchString(head) {
		t.Error(head)
	}
	clock := regexp.MustCompile(`T\d\d:\d\d:\d\dZ`)
	if again := y.must("diff", "--hub", "ops.join", ids[0], ids[1]); clock.ReplaceAllString(again, "") != clock.ReplaceAllString(diffed, "") {
		t.Errorf("%s\n%s", diffed, again)
	}
	before := everyFile(t, filepath.Join(y.dir, "aixmend-hub", "state"))
	if out := y.must("hub", "adopt"); !strings.Contains(out, "there was nothing to adopt") || !strings.Contains(out, "5 that the hub has, which stay as they are") {
		t.Error(out)
	}
	if diff := cmp.Diff(before, everyFile(t, filepath.Join(y.dir, "aixmend-hub", "state"))); diff != "" {
		t.Error(diff)
	}
	y.start("audit", "rollback of 1 host", "recover", "--undo", ids[3], "-l", "address-removed-smitty", "--yes", "--hub", "ops.join", "--format", "json")
	for _, h := range y.ended().Hosts {
		if h.Outcome != outcome.OutcomeUndone {
			t.Errorf("%s is %s: %s", h.Name, h.Outcome, h.Reason)
		}
	}
}

// A hub is lost with all that it has in the middle of a recover. A new one adopts the run, which
// begins nothing, also where it is killed in the middle of that or started again after; then the
// run is resumed. In the end each host has one outcome, and no change was made twice.
func TestLostHubInTheMiddle(t *testing.T) {
	t.Parallel()
	for seed := range uint64(suite.Rounds(2, 40)) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			loseHub(t, rand.New(rand.NewPCG(seed, 81)))
		})
	}
}

func loseHub(t *testing.T, dice *rand.Rand) {
	y := newYardOf(t)
	y.begin()
	y.verb("recover", "--yes")
	y.await(y.log("fra"), 0, "recover of 4 hosts")
	y.await(y.log("par"), 0, "recover of 3 hosts")
	id := filepath.Base(y.runs()[0])
	_, _ = elapse(nil, time.Duration(dice.IntN(2500))*time.Millisecond)
	y.anew()
	effects := y.changes()
	if dice.IntN(2) == 0 {
		y.start("adopt", "", "hub", "adopt")
		_, _ = elapse(nil, time.Duration(dice.IntN(400))*time.Millisecond)
		y.kill("hub")
		y.hub()
		y.code("adopt")
		y.connected()
	}
	if dice.IntN(2) == 0 {
		y.must("hub", "adopt", []string{"fra", "par"}[dice.IntN(2)])
	}
	out := y.adopted(id)
	if dice.IntN(2) == 0 {
		y.kill("hub")
		y.hub()
	}
	if status := y.status(); strings.Contains(status, "run "+id) {
		t.Errorf("it goes on by itself: %s", status)
	}
	if now := y.changes(); now != effects {
		t.Errorf("the adoption has changed hosts: %s, %s", effects, now)
	}
	var k killedSites
	var run outcome.Run
	text, err := os.ReadFile(filepath.Join(y.dir, "aixmend-hub", "state", "runs", id, "run.json"))
	noError(t, err)
	noError(t, json.Unmarshal(text, &run))
	if open := strings.Contains(y.must("runs", "--hub", "ops.join", "--format", "json"), `"state": "open"`); len(run.Adopted) != 2 || len(run.Hosts) != 7 || open != (run.Unfinished > 0) {
		t.Errorf("%s\n%s", out, text)
	}
	for ; run.Unfinished > 0 && k.resumes < 5; k.resumes++ {
		y.start("audit", "rest of 7 hosts", "resume", id, "--hub", "ops.join", "--yes", "--format", "json")
		run = y.ended()
	}
	k.judge(y, run)
	if len(run.Adopted) != 2 {
		t.Errorf("%+v", run)
	}
}

// runs are the folders of the runs at the hub.
func (y *yard) runs() []string {
	y.t.Helper()
	list, err := filepath.Glob(filepath.Join(y.dir, "aixmend-hub", "state", "runs", "2*"))
	noError(y.t, err)
	return list
}

// changes are those of all hosts.
func (y *yard) changes() string {
	var b strings.Builder
	for _, site := range slices.Sorted(maps.Keys(yardParts)) {
		for _, host := range yardParts[site] {
			fmt.Fprint(&b, y.fleet.Host(host).Effects())
		}
	}
	return b.String()
}

// adopted has the hub adopt all runs, and returns its words.
func (y *yard) adopted(id string) string {
	y.t.Helper()
	out := y.must("hub", "adopt")
	if _, err := os.Stat(filepath.Join(y.dir, "aixmend-hub", "state", "runs", id)); err != nil {
		y.t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// A host that a site had begun when the hub was lost is continued by the worker of that folder
// alone: another worker of the site leaves it as it is.
func TestAdoptedHostsStayWithTheirFolder(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	y.verb("recover", "--yes")
	y.await(y.log("par"), 0, "recover of 3 hosts")
	id := filepath.Base(y.runs()[0])
	y.await(filepath.Join(y.dir, "par-state", "runs", id, "journal.jsonl"), 0, `"event":"rung","host":"daemon-down"`)
	y.anew()
	y.adopted(id)
	ill, before := y.fleet.Host("daemon-down"), y.state(id, "daemon-down")
	if !before.Interrupted || before.Outcome != outcome.Unknown || before.Reason != "it had not ended when the hub was lost: resume continues it" {
		t.Fatalf("%+v", before)
	}
	y.await(filepath.Join(y.dir, "aixmend-hub", "state", "runs", id, "journal.jsonl"), 0, `"event":"turn","host":"daemon-down","process":"[0-9a-f.]+"`)
	effects := fmt.Sprint(ill.Effects())
	y.signal("par", syscall.SIGTERM)
	y.code("par")
	y.start("par2", "connected", "worker", "--join", "par.join", "-i", "inventory.yaml", "-l", y.parts["par"], "--state", "par2-state", "--allow", "recover")
	y.connected()
	rest := func() outcome.Run {
		y.start("audit", "rest of 7 hosts", "resume", id, "--hub", "ops.join", "--yes", "--format", "json")
		return y.ended()
	}
	rest()
	if h, now := y.state(id, "daemon-down"), fmt.Sprint(ill.Effects()); !h.Interrupted || h.Outcome != outcome.Unknown || now != effects {
		t.Errorf("%+v; %s, %s", h, effects, now)
	}
	y.signal("par2", syscall.SIGTERM)
	y.code("par2")
	y.worker("par")
	y.connected()
	var k killedSites
	run := rest()
	for ; run.Unfinished > 0 && k.resumes < 5; k.resumes++ {
		run = rest()
	}
	k.judge(y, run)
}

// state is the summary of a host in a run at the hub.
func (y *yard) state(id, host string) outcome.HostSummary {
	y.t.Helper()
	text, err := os.ReadFile(filepath.Join(y.dir, "aixmend-hub", "state", "runs", id, "run.json"))
	noError(y.t, err)
	var run outcome.Run
	noError(y.t, json.Unmarshal(text, &run))
	for _, h := range run.Hosts {
		if h.Name == host {
			return h
		}
	}
	y.t.Fatalf("no %s in %s", host, text)
	return outcome.HostSummary{}
}

// A worker that lies is refused for that alone: runs that can't be, hosts of another site,
// another request than the other site tells, reports of hosts that are not its own. The other
// site's runs are adopted, and nothing is written elsewhere.
func TestAdoptionOfALiar(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	y.audit()
	plain := y.ended()
	y.verb("plan")
	second := y.ended()
	y.anew()
	y.signal("par", syscall.SIGTERM)
	y.code("par")
	pass, err := fleet.ReadPass(filepath.Join(y.dir, "par.join"), fleet.RoleSite)
	noError(t, err)
	liar, err := fleet.Join(t.Context(), pass, nil)
	noError(t, err)
	t.Cleanup(liar.Close)
	for a := (fleet.Active{}); a.Instance != liar.Instance(); {
		if a, err = liar.Beat(t.Context(), fleet.Beat{Version: "v"}); err != nil {
			t.Log(err)
		}
	}
	y.start("adopt", "", "hub", "adopt")
	order, err := liar.Next(t.Context())
	noError(t, err)
	var fra request.Request // as the worker of the other site has it
	text, err := os.ReadFile(filepath.Join(y.dir, "fra-state", "runs", plain.ID, "request.json"))
	noError(t, err)
	noError(t, json.Unmarshal(text, &fra))
	words := string(fra.Whole)
	told := func(id, request string) {
		noError(t, liar.Send(t.Context(), order.Run, fleet.Event{Kept: &fleet.Kept{ID: id, Request: json.RawMessage(request), Ended: time.Now()}}))
	}
	const foreign = "20261130T070000.000Z-3f9ac2"
	told("../../../evil", words)
	told(".replaced-"+plain.ID, words) // as the first one, it is no message
	told("latest", words)
	told("20991201T070000.000Z-3f9ac2", words)
	told(foreign, strings.Replace(words, `"par"`, `"mad"`, 1))
	told(strings.Replace(foreign, "30", "29", 1), strings.Replace(strings.Replace(words, `"par"`, `"x"`, 1), `"fra"`, `"par"`, 1))
	told(plain.ID, words)
	told(second.ID, strings.Replace(words, `"ops"`, `"eve"`, 1))
	for i := range 300 {
		told(fmt.Sprintf("20261128T0700%02d.%03dZ-3f9ac2", i%60, i), "{}")
	}
	noError(t, liar.Send(t.Context(), order.Run, fleet.Event{Kept: &fleet.Kept{End: &fleet.KeptEnd{}}}))
	lie := func(host, run string) fleet.Event {
		return fleet.Event{Step: gather.Ended, Host: &outcome.Host{Schema: outcome.HostSchema, RunID: run, Host: host, Outcome: outcome.Failed, Reason: "a lie"}}
	}
	for _, id := range []string{plain.ID, second.ID} {
		noError(t, liar.Send(t.Context(), id, lie("healthy", id), lie("../../../evil", id), lie("daemon-down", "another"), lie("clone", id), fleet.Event{Ended: &fleet.Ended{Adoption: "of another time"}}, lie("daemon-down", id)))
		noError(t, liar.Send(t.Context(), id, fleet.Event{Ended: &fleet.Ended{Adoption: order.Run}}))
	}
	noError(t, liar.Send(t.Context(), order.Run, fleet.Event{Ended: &fleet.Ended{}}))
	if code := y.code("adopt"); code != 3 {
		t.Errorf("exit code %d", code)
	}
	log, err := os.ReadFile(y.log("adopt"))
	noError(t, err)
	for _, line := range []string{
		"run latest is not adopted from site par: that can't be the id of a run",
		`194 runs (20261128T070000.000Z-3f9ac2 to 20261128T070059.179Z-3f9ac2) are not adopted from site par: a hub does not carry out ""`,
		"run 20991201T070000.000Z-3f9ac2 is not adopted from site par: it began in the future",
		"run " + foreign + " is not adopted from site par: the site has no part in it",
		"run 20261129T070000.000Z-3f9ac2 is not adopted from site par: host address-removed-smitty is one of site fra",
		"run " + second.ID + " is not adopted from site par: it tells another run of that id than site fra",
		"site par: it tells more than it was asked for; the rest is not adopted",
		"run " + plain.ID + ": audit of 7 hosts, adopted from fra, par",
		"run " + second.ID + ": plan of 7 hosts, adopted from fra; not yet from par",
	} {
		if !strings.Contains(string(log), line+"\n") {
			t.Errorf("no %q in\n%s", line, log)
		}
	}
	reasons := map[string]string{}
	for _, host := range []string{"healthy", "daemon-down", "clone", "rsct-below-minimum"} {
		reasons[host] = y.state(plain.ID, host).Reason
	}
	if diff := cmp.Diff(map[string]string{"healthy": "", "daemon-down": "a lie", "clone": "a lie", "rsct-below-minimum": "site par ended without a report of it"}, reasons); diff != "" {
		t.Error(diff)
	}
	if runs := y.runs(); len(runs) != 2 {
		t.Error(runs)
	}
	if found, err := filepath.Glob(filepath.Join(y.dir, "aixmend-hub", "*")); err != nil || strings.Contains(fmt.Sprint(found), "evil") {
		t.Error(found, err)
	}
}
