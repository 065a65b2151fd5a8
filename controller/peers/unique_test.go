package peers

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// twoUnique is a playbook that wants two things to be unique.
const twoUnique = `apiVersion: aixmend/v1
name: two
title: Two things that must be unique
params:
  renamed: {type: text, default: "", about: hosts that get another name}
probes:
  - {id: hostname, run: /usr/bin/hostname, parse: word}
  - {id: serial, run: /usr/bin/uname -u, parse: word}
  - {id: machine_id, run: /usr/bin/uname -m, parse: word}
  - {id: lpar, run: /usr/bin/uname -L, parse: lpar}
facts:
  identity: {derive: identity, from: {machine_id: machine_id, lpar: lpar}}
unique:
  name: {finding: same-name, values: "[hostname.text]", noun: name, title: "name {{ value }}: {{ machines }}", clone_param: renamed, allow: rename}
  serial: {finding: same-serial, values: "[serial.text]", title: "serial {{ value }}: {{ machines }}"}
findings:
  - {id: same-name, severity: critical, when: size(fleet.duplicates) > 0, title: "name of {{ fleet.duplicates }}", evidence: ["{{ hostname.text }}"], source: a test}
  - {id: same-serial, severity: critical, when: size(fleet.unique.serial.duplicates + fleet.unique.serial.captured) > 0, title: "serial of {{ fleet.unique.serial.duplicates }}", evidence: ["{{ serial.text }}"], source: a test}
rungs:
  - id: rename
    number: 1
    title: rename
    fixes: [same-name]
    allow: rename
    steps:
      - {id: set-name, run: "/usr/sbin/chdev -l inet0 -a hostname={{ inventory.name }}", undo: "none: a test", confirm: hostname.text == inventory.name}
verify: {until: "true", every: 1s}
`

// keptValues are captures that hold nothing but some values.
type keptValues struct {
	of map[string][]outcome.CapturedID
}

func (k keptValues) Held(host string, _ func(map[string]any) map[string]string) ([]outcome.CapturedID, error) {
	if host == "torn" {
		return nil, errors.New("no such folder")
	}
	return k.of[host], nil
}

// twoFleet is a fleet of hosts by that playbook, and how one of them is looked at.
func twoFleet(t *testing.T, renamed string, captures keptValues, hosts ...string) (f *Peers, look func(host, name, serial, lpar string) *playbooks.Diagnosis) {
	t.Helper()
	p, err := playbooks.Parse("two.yaml", []byte(twoUnique))
	if err != nil {
		t.Fatal(err)
	}
	params, err := p.Set([]string{"renamed=" + renamed})
	if err != nil {
		t.Fatal(err)
	}
	f = New(Config{Playbook: p, Params: params, History: captures, Began: time.Now()}, hosts)
	return f, func(host, name, serial, lpar string) *playbooks.Diagnosis {
		probed := map[string]playbooks.Probed{}
		for id, text := range map[string]string{"hostname": name, "serial": serial, "machine_id": "00FA00014C00", "lpar": lpar} {
			if text != "" {
				probed[id] = playbooks.Probed{Output: facts.Output{Stdout: []byte(text + "\n")}}
			}
		}
		return p.Judge(params, playbooks.Given{Inventory: facts.Inventory{Name: host}}, probed)
	}
}

// D9: each thing that must be unique has duplicates, holders and roles of its own.
func TestTwoUniqueThings(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	f, look := twoFleet(t, "", keptValues{of: map[string][]outcome.CapturedID{
		"a": {{Host: "a", Name: "serial", Value: "S1", Created: day}, {Host: "a", Name: "name", Value: "n", Created: day}},
		"b": {{Host: "b", Name: "name", Value: "other", Created: day}},
	}}, "a", "b", "c")
	f.Report("a", look("a", "n", "S1", "1 a"))
	f.Report("b", look("b", "n", "S2", "2 b"))
	if f.Complete() {
		t.Fatal("complete, and c has not been read")
	}
	f.Report("c", look("c", "m", "S1", "3 c"))
	if !f.Complete() {
		t.Fatal("not complete")
	}
	name := facts.Unique{Duplicates: []string{"b"}, Captured: []string{}, Role: keeper, Why: "a capture of a held the name on 2026-11-01 already", Holders: map[string][]string{"n": {"a", "b"}}}
	serial := facts.Unique{Duplicates: []string{"c"}, Captured: []string{}, Role: keeper, Why: "a capture of a held the value on 2026-11-01 already", Holders: map[string][]string{"S1": {"a", "c"}}}
	want := facts.Fleet{Complete: true, Same: []string{}, Unique: map[string]facts.Unique{"name": name, "serial": serial}}.With(name)
	if diff := cmp.Diff(want, f.View("a")); diff != "" {
		t.Errorf("a (-want +got)\n%s", diff)
	}
	if v := f.View("b"); v.Role != clone || v.Unique["serial"].Role != "" || len(v.Unique["serial"].Duplicates) > 0 {
		t.Errorf("b: %+v", v)
	}
	// What has no word of --allow is changed without one.
	for _, c := range []struct{ allowed, want []string }{{nil, []string{"c"}}, {[]string{"rename"}, []string{"b", "c"}}} {
		if diff := cmp.Diff(c.want, f.Clones("a", c.allowed)); diff != "" {
			t.Errorf("a waits with %v (-want +got)\n%s", c.allowed, diff)
		}
	}
	if waits := f.Clones("b", []string{"rename"}); len(waits) > 0 {
		t.Errorf("the clone waits for %v", waits)
	}
	var titles []string
	for _, found := range f.Findings() {
		titles = append(titles, found.ID+": "+found.Title)
	}
	if diff := cmp.Diff([]string{"same-name: name n: a, b", "same-serial: serial S1: a, c"}, titles); diff != "" {
		t.Errorf("over the fleet (-want +got)\n%s", diff)
	}
	verdicts := f.Verdicts("c", facts.Inventory{Name: "c"})
	if len(verdicts) != 1 || verdicts[0].ID != "same-serial" || verdicts[0].Title != "serial of a" || verdicts[0].Evidence[0] != "S1" {
		t.Errorf("c: %+v", verdicts)
	}
	// What can't be read any more stays as it was known.
	f.Report("c", look("c", "m", "", ""))
	if v := f.View("c"); len(v.Unique["serial"].Duplicates) != 1 {
		t.Errorf("c, its serial number not read: %+v", v)
	}
	f.Report("c", look("c", "m", "S3", "3 c"))
	if v := f.View("a"); len(v.Unique["serial"].Duplicates) != 0 {
		t.Errorf("a, when c has changed: %+v", v)
	}
}

// Where history can't tell the clone, the operator does, by the playbook's parameter.
func TestNamedClones(t *testing.T) {
	for _, c := range []struct{ renamed, role, why string }{
		{"", unclear, "the captures of 0 of these hosts held the name from the first on"},
		{"b", clone, "the operator says so (renamed)"},
		{"a", keeper, "the operator names the others (renamed)"},
	} {
		f, look := twoFleet(t, c.renamed, keptValues{}, "a", "b")
		f.Report("a", look("a", "n", "S1", "1 a"))
		f.Report("b", look("b", "n", "S2", "2 b"))
		if v := f.View("b"); v.Role != c.role || v.Why != c.why {
			t.Errorf("renamed=%s: b is %s: %s", c.renamed, v.Role, v.Why)
		}
	}
}

// Captures that can't be read tell nothing, and nobody is taken for a clone.
func TestHistoryThatCantBeRead(t *testing.T) {
	f, look := twoFleet(t, "", keptValues{}, "a", "torn")
	f.Report("a", look("a", "n", "S1", "1 a"))
	f.Report("torn", look("torn", "n", "S2", "2 b"))
	if v := f.View("a"); v.Role != unclear || v.Why != "the captures of torn can't be read: no such folder" {
		t.Errorf("%s: %s", v.Role, v.Why)
	}
}

// A host of an earlier process holds what its report says.
func TestRecalledHostsShareToo(t *testing.T) {
	f, look := twoFleet(t, "b", keptValues{}, "a", "b")
	f.Recall("a", map[string]any{"hostname": map[string]any{"text": "n"}})
	f.Report("b", look("b", "n", "S2", "2 b"))
	if v := f.View("b"); !v.Complete || len(v.Duplicates) != 1 {
		t.Errorf("%+v", v)
	}
}
