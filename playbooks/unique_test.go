package playbooks

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aixmend/playbooks/facts"
)

// Two things of one playbook must be unique, and each has a view of its own.
func TestEachUniqueThingHasItsView(t *testing.T) {
	text, err := os.ReadFile("testdata/good/unique.yaml")
	if err != nil {
		t.Fatal(err)
	}
	second := `  level:
    finding: same-level
    values: "filesets.list.map(f, f.level)"
    title: "{{ value }}"
findings:
  - id: same-level
    severity: warning
    when: size(fleet.unique.level.duplicates) > 0 && size(fleet.unique.name.duplicates) == 0
    title: "{{ filesets.list.map(f, f.level) }} is that of {{ fleet.unique.level.duplicates }}"
    evidence: ["lslpp: {{ fleet.unique.level.role }}"]
    source: a test
`
	p, err := Parse("two.yaml", []byte(strings.Replace(string(text), "findings:\n", second, 1)))
	if err != nil {
		t.Fatal(err)
	}
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	probed := map[string]Probed{
		"uname":    {Output: facts.Output{Stdout: []byte("AIX\n")}},
		"filesets": {Output: facts.Output{Stdout: []byte("bos:bos.rte:7.3.1.0: : :C:F:Base:\n")}},
	}
	early := p.Judge(params, Given{}, probed)
	shared := p.Share(early)
	if diff := cmp.Diff([][]string{{"AIX"}, {"7.3.1.0"}}, shared.Values); diff != "" {
		t.Errorf("values (-want +got)\n%s", diff)
	}
	if len(early.Verdicts) != 0 {
		t.Errorf("before the others are known: %+v", early.Verdicts)
	}
	first := facts.Fleet{Complete: true}.With(facts.Unique{Duplicates: []string{"aixold"}})
	for want, view := range map[string]facts.Fleet{
		"same-name":  first,
		"same-level": {Complete: true, Unique: map[string]facts.Unique{"level": {Duplicates: []string{"aixold"}}}},
		"":           {Complete: true},
	} {
		var now []string
		d := p.WithFleet(early, view)
		for _, v := range d.Verdicts {
			now = append(now, v.ID)
		}
		if got := strings.Join(now, " "); got != want {
			t.Errorf("%+v: findings %q, wanted %q", view, got, want)
		}
		if diff := cmp.Diff(d.Verdicts, p.JudgeFleet(params, facts.Inventory{}, shared, view), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("JudgeFleet (-with the host +alone)\n%s", diff)
		}
		again, err := p.Recall(params, Given{}, written(t, d.Facts), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.Verdicts, again.Verdicts, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("Recall (-then +again)\n%s", diff)
		}
	}
}

// What a report or a capture holds says the same as the diagnosis of which it was made.
func TestWrittenFactsShareTheSame(t *testing.T) {
	for _, name := range []string{"rmc-restore", "rmc-restore-own-image", "rsct-update"} {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		params, _ := p.Set(nil)
		d := p.Judge(params, Given{}, healthyHost())
		facts := written(t, d.Facts)
		shared := p.Share(d)
		if diff := cmp.Diff(shared, p.ShareWritten(facts), cmp.AllowUnexported(Shared{})); diff != "" {
			t.Errorf("%s (-now +written)\n%s", name, diff)
		}
		if len(shared.Values) != 1 || len(shared.Values[0]) != 1 || p.Captured(facts)["node_id"] != shared.Values[0][0] {
			t.Errorf("%s: values %q, captured %v", name, shared.Values, p.Captured(facts))
		}
		delete(facts, "node_ids")
		if without := p.ShareWritten(facts); without.Values[0] != nil || len(p.Captured(facts)) > 0 {
			t.Errorf("%s: a node id that was not read: %q", name, without.Values)
		}
	}
}

// written are facts as a file has them.
func written(t *testing.T, facts map[string]any) map[string]any {
	t.Helper()
	text, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	back := map[string]any{}
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// The words of --allow are those that rungs and steps take, each with its line.
func TestAllowWords(t *testing.T) {
	words := map[string]string{
		"rmc-restore": "node-id cluster0 rsct-update", "rmc-restore-own-image": "node-id cluster0 rsct-update",
		"rsct-update": "rsct-update", "post-migration": "", "post-failover": "", "support-data": "",
	}
	for _, name := range Names() {
		want, listed := words[name]
		if !listed {
			t.Errorf("this test does not list playbook %s", name)
		}
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		var allowed []string
		for _, w := range p.AllowWords() {
			allowed = append(allowed, w.Word)
			if w.About == "" {
				t.Errorf("%s: %s is not described", name, w.Word)
			}
		}
		if got := strings.Join(allowed, " "); got != want {
			t.Errorf("%s: %q, wanted %q", name, got, want)
		}
	}
}

// What help and completion offer is what the playbooks say, without compiling them.
func TestEmbeddedAllowWords(t *testing.T) {
	var all []AllowWord
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range p.AllowWords() {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	if diff := cmp.Diff(all, EmbeddedAllowWords()); diff != "" {
		t.Errorf("(-compiled +read)\n%s", diff)
	}
}

func TestGoodFilesLoad(t *testing.T) {
	for _, name := range []string{"unique", "finally", "paths"} {
		if _, err := Load("testdata/good/" + name + ".yaml"); err != nil {
			t.Error(err)
		}
	}
}
