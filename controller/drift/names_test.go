package drift

import (
	"encoding/json"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/golden"
)

// The names of the document, every field set: scripts rely on them.
func TestJSONNames(t *testing.T) {
	d := Drift{Schema: Schema, From: "a", To: "b", FromStarted: night, ToStarted: night.AddDate(0, 0, 1), Same: 3, Once: []string{"x"}, NotJudged: []string{"y"}, NotSelected: []string{"z"}, Limit: "h",
		Hosts: []Host{{Name: "h", From: outcome.Healthy, To: outcome.NeedsAction, FromRun: "a", ToRun: "b", Reason: "r", Since: night,
			Appeared: []string{"f"}, Gone: []string{"g"}, Waived: []string{"w"}, Facts: []Fact{{Path: "p", From: nil, To: []any{"v"}, Since: night}}}}}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/diff.golden.json", string(text)+"\n")
	// What has nothing to say has lists all the same.
	k := &kept{}
	k.add("a=H")
	empty, err := Comparer{History: k}.Between(k.runs[0], k.runs[0])
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := json.Marshal(empty); string(text) != `{"schema":"aixmend.diff/v1","from":"0","to":"0","from_started":"2026-11-01T02:00:00Z","to_started":"2026-11-01T02:00:00Z","from_command":"audit","to_command":"audit","hosts":[],"same":1,"unreachable_once":[],"not_judged":[],"not_selected":[]}` {
		t.Errorf("%s", text)
	}
}
