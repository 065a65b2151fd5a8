package drift

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

var update = flag.Bool("update", false, "write golden files")

// The names of the document, every field set: scripts rely on them.
func TestJSONNames(t *testing.T) {
	d := Drift{Schema: Schema, From: "a", To: "b", FromStarted: night, ToStarted: night.AddDate(0, 0, 1), Same: 3, Once: []string{"x"}, NotJudged: []string{"y"},
		Hosts: []Host{{Name: "h", From: outcome.Healthy, To: outcome.NeedsAction, FromRun: "a", ToRun: "b", Reason: "r", Since: night,
			Appeared: []string{"f"}, Gone: []string{"g"}, Waived: []string{"w"}, Facts: []Fact{{Path: "p", From: nil, To: []any{"v"}, Since: night}}}}}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/diff.golden.json", append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/diff.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// What has nothing to say has lists all the same.
	k := &kept{}
	k.add("a=H")
	empty, err := Comparer{History: k}.Between(k.runs[0], k.runs[0])
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := json.Marshal(empty); string(text) != `{"schema":"aixmend.diff/v1","from":"0","to":"0","from_started":"2026-11-01T02:00:00Z","to_started":"2026-11-01T02:00:00Z","hosts":[],"same":1,"unreachable_once":[],"not_judged":[]}` {
		t.Errorf("%s", text)
	}
}
