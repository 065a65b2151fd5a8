package peers

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/playbooks"
)

// wide are the peers of a run over sites.
func wide(t *testing.T, wide bool, hosts ...string) *Peers {
	t.Helper()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Playbook: p, Params: params, Wide: wide}, hosts)
}

// written are the facts of a host in its report.
func written(machine, node string) map[string]any {
	return map[string]any{
		"identity": map[string]any{"known": true, "machine": machine, "lpar": map[string]any{"number": 1, "name": "x"}, "macs": []any{"#" + machine}},
		"node_ids": map[string]any{"command": node, "etc": node, "var": node},
	}
}

// A site waits until the hub has all hosts. Then a host that shares its node id with one of
// another site has no role, so that nothing gives it another id, and one whose machine
// another site has too knows its name there.
func TestHostsElsewhere(t *testing.T) {
	t.Parallel()
	all := wide(t, false, "a", "b", "c", "x", "y")
	for host, facts := range map[string]map[string]any{
		"a": written("m1", "00000000000000a1"), "b": written("m2", "00000000000000b2"), "c": written("m3", "00000000000000c3"),
		"x": written("m4", "00000000000000a1"), "y": written("m3", "00000000000000d4"),
	} {
		all.Recall(host, facts)
	}
	if !all.Complete() {
		t.Fatal("the hub waits for hosts that were read")
	}
	here := wide(t, true, "a", "b", "c")
	here.Start()
	for host, facts := range map[string]map[string]any{"a": written("r1", "00000000000000a1"), "b": written("r2", "00000000000000b2"), "c": written("r3", "00000000000000c3")} {
		here.Recall(host, facts) // a site knows the MACs themselves
	}
	if here.Complete() || here.AllIdentified() {
		t.Fatal("the site does not wait for the others")
	}
	others := all.Toward([]string{"a", "b", "c"})
	if diff := cmp.Diff(map[string][]string{"c": {"y"}}, others.Same); diff != "" {
		t.Error(diff)
	}
	here.Learn(others)
	here.Learn(Others{Same: map[string][]string{"b": {"z"}}}) // again, and otherwise
	if !here.Complete() || !here.AllIdentified() {
		t.Error("the site waits for ever")
	}
	a, b, c := here.View("a").First(), here.View("b"), here.View("c")
	if diff := cmp.Diff([]string{"x"}, a.Duplicates); diff != "" || a.Role != unclear || a.Why != "hosts of other sites have it too (x), whose captures are not here" {
		t.Error(diff, a)
	}
	if len(b.First().Duplicates) > 0 || len(b.Same) > 0 {
		t.Error(b)
	}
	if diff := cmp.Diff([]string{"y"}, c.Same); diff != "" {
		t.Error(diff)
	}
	if waits := here.Clones("a", []string{"node-id"}); len(waits) > 0 {
		t.Errorf("it waits for %v, of which it never hears", waits)
	}
}

// A host of this site that the hub tells of adds nothing: this site knows better.
func TestOthersThatAreHere(t *testing.T) {
	t.Parallel()
	here := wide(t, true, "a", "b")
	here.Start()
	here.Recall("a", written("r1", "00000000000000a1"))
	here.Recall("b", written("r2", "00000000000000b2"))
	here.Learn(Others{
		Values: map[string]map[string][]string{"b": {"node_id": {"00000000000000a1"}}, "x": {"node_id": {"00000000000000c3"}}},
		Same:   map[string][]string{"a": {"b", "x"}},
	})
	if v := here.View("a"); len(v.First().Duplicates) > 0 || !cmp.Equal(v.Same, []string{"x"}) {
		t.Errorf("%+v", v)
	}
}

// A host of another site that is to get a value back holds it as good as one that has it: two
// sites must not give it to two hosts.
func TestValuesThatOthersGetBack(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Load("rmc-restore-own-image")
	if err != nil {
		t.Fatal(err)
	}
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	back := func(node string) map[string]any {
		facts := written("m"+node, node)
		facts["own"] = map[string]any{"past": map[string]any{"node_ids": map[string]any{"id": "00000000000000ff"}}}
		return facts
	}
	all := New(Config{Playbook: p, Params: params}, []string{"a", "x"})
	here := New(Config{Playbook: p, Params: params, Wide: true}, []string{"a"})
	all.Recall("a", back("00000000000000a1"))
	all.Recall("x", back("00000000000000b2"))
	here.Recall("a", back("00000000000000a1"))
	if got := all.View("a").First().Holders["00000000000000ff"]; len(got) != 1 {
		t.Fatal("the hub does not know", got, p.SharedFacts())
	}
	here.Learn(all.Toward([]string{"a"}))
	if got := here.View("a").First().Holders["00000000000000ff"]; !cmp.Equal(got, []string{"x (is to get it back too)"}) {
		t.Error(got)
	}
}
