package journal

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// headRun is a run that fills its head, with n hosts.
func headRun(id string, n int) outcome.Run {
	r := outcome.Run{
		Schema: outcome.RunSchema, ID: id, Command: "audit", Limit: "\n  \"hosts\": [", By: outcome.By{User: "ops"},
		Playbook: outcome.Playbook{Name: "p"}, Started: at, Finished: at, ExitCode: 3, ExitReason: `a "quoted" \ reason`,
		FailOn: []outcome.Outcome{outcome.Failed}, Inventory: n,
	}
	for i := range n {
		r.Hosts = append(r.Hosts, outcome.HostSummary{Name: "h" + strings.Repeat("x", i%50) + string(rune('a'+i%26)), Outcome: outcome.NeedsAction, Open: []string{"f", "f"}})
	}
	r.Counts, r.Found = outcome.Count(r.Hosts), outcome.CountFound(r.Hosts)
	return r
}

// The head of a run says the same as its document, in whatever layout that is written.
func TestLoadHead(t *testing.T) {
	s := open(t)
	path := filepath.Join(newRun(t, s, "r1").store.RunDir("r1"), "run.json")
	canonical, _ := json.MarshalIndent(headRun("r1", 300), "", "  ")
	text := string(canonical) + "\n"
	compact, _ := json.Marshal(headRun("r1", 3))
	long := headRun("r1", 3)
	for range 40000 {
		long.LeftOpen = append(long.LeftOpen, outcome.LeftOpen{ID: "20261122T103000.123Z-3f9ac2"})
	}
	longText, _ := json.MarshalIndent(long, "", "  ")
	edit := func(old, by string) string { return strings.Replace(text, old, by, 1) }
	for name, c := range map[string]struct {
		text  string
		short bool // the hosts need not be read
		fails bool
	}{
		"as it is written":         {text, true, false},
		"a finding count is older": {edit(`"finding_counts": `, `"finding_countx": `), true, false},
		"on one line":              {string(compact), false, false},
		"with a long head":         {string(longText) + "\n", false, false},
		"hosts first":              {edit(`"schema": "`+outcome.RunSchema+`",`, `"hosts": [], "schema": "x",`), false, false},
		"an inner key":             {edit(`"by": {`, "\"by\": {\n  \"hosts\": 1,"), false, false},
		"cut short":                {text[:len(text)/2], false, true},
		"empty":                    {"", false, true},
		"a key again":              {edit(`"fleet_findings": null`, `"exit_code": 0, "fleet_findings": null`), true, true},
		"of another run":           {edit(`"run_id": "r1"`, `"run_id": "r2"`), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, short := durable.ReadHead(path, hostsKey); short != c.short {
				t.Errorf("read by its head alone: %v", short)
			}
			whole, err := s.LoadRun("r1")
			if (err != nil) != c.fails {
				t.Errorf("LoadRun: %v", err)
			}
			head, headErr := s.LoadHead("r1")
			if err != nil {
				return
			}
			if headErr != nil {
				t.Fatal(headErr)
			}
			if diff := cmp.Diff(whole.Head(), *head); diff != "" {
				t.Errorf("(-run.json +head):\n%s", diff)
			}
			if whole.Size() != len(whole.Hosts) {
				t.Errorf("%d hosts of %d", whole.Size(), len(whole.Hosts))
			}
			if s.State("r1") != s.StateByHead("r1") {
				t.Errorf("%s, by its head %s", s.State("r1"), s.StateByHead("r1"))
			}
		})
	}
	if h := headRun("r1", 300); h.Head().Size() != 300 || h.Found["f"] != 300 {
		t.Errorf("%d hosts, %v", h.Head().Size(), h.Found)
	}
}

// A run that others can change has no head, either.
func TestHeadOfOthers(t *testing.T) {
	s := open(t)
	r := newRun(t, s, "r1")
	if err := errors.Join(r.Finish(headRun("r1", 1)), os.Chmod(filepath.Join(s.RunDir("r1"), "run.json"), 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LoadHead("r1"); err == nil {
		t.Error("read a run.json that everybody may write")
	}
}

// FuzzHead: where the whole run.json can be read, its head says the same.
func FuzzHead(f *testing.F) {
	text, _ := json.MarshalIndent(headRun("r1", 2), "", "  ")
	for _, seed := range []string{
		string(text) + "\n",
		"{\n  \"schema\": \"\",\n  \"exit_code\": 1,\n  \"hosts\": [],\n  \"exit_code\": 2\n}\n",
		"{\n  \"schema\": \"\",\n  \"Hosts\": [{\"name\": \"a\"}],\n  \"hosts\": []\n}\n",
		"{\n  \"schema\": \"\",\n  \"counts\": {\"a\": 1},\n  \"hosts\": [],\n  \"counts\": {\"b\": 2}\n}\n",
		"{\n  \"schema\": {\n  \"hosts\": 1}\n}\n",
		"{\n  \"schema\": \"\"\n}\n",
		"[]",
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "run.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		head, found := readHead(path)
		if found && (head.Hosts != nil || head.Fleet != nil) {
			t.Error("the head has hosts")
		}
		var whole outcome.Run
		if readRun(path, &whole) != nil || !found {
			return
		}
		if !reflect.DeepEqual(whole.Head(), head) {
			t.Errorf("run.json says %+v, its head %+v", whole.Head(), head)
		}
	})
}

// FuzzOnlyFacts: where a whole report can be read, its facts alone are the same.
func FuzzOnlyFacts(f *testing.F) {
	text, _ := json.Marshal(outcome.Host{RunID: "r", Host: "h", Facts: map[string]any{"a": []any{1.5, `"\`, map[string]any{"b": nil}}}, Stages: []outcome.Stage{{Note: `}]"\`}}})
	for _, seed := range []string{
		string(text) + "\n", `{"run_id":"r","host":"h","facts":{},"facts":{"a":1}}` + "\n", `{"run_id":"r","host":"h","Facts":{"a":1},"facts":null}` + "\n",
		`{"run_id":"r","host":"h","facts":{"a":1},"x":-1e3}` + "\n", `{"host":"\u0068","run_id":"","facts":{}}` + "\n", "{}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var alone, whole outcome.Host
		if !onlyFacts(text, &alone) || json.Unmarshal(text, &whole) != nil {
			return
		}
		if whole.RunID != alone.RunID || whole.Host != alone.Host || !reflect.DeepEqual(whole.Facts, alone.Facts) {
			t.Errorf("%+v, alone %+v", whole, alone)
		}
	})
}
