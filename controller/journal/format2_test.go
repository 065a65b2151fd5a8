package journal

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The documents in testdata/format2 were written by a version with journal format 2.
func TestDocumentsOfFormat2(t *testing.T) {
	s := open(t)
	dir := s.RunDir("id")
	for name, file := range map[string]string{"run.json": "run.json", "hosts/a.json": "host.json", "walks/a.json": "host.json"} {
		text, err := os.ReadFile(filepath.Join("testdata/format2", file))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, string(text))
	}
	report, err := s.LoadHost("id", "a")
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := s.LoadCheckpoint("id", "a")
	if err != nil || checkpoint == nil {
		t.Fatalf("the checkpoint: %v, %v", checkpoint, err)
	}
	run, err := s.LoadRun("id")
	if err != nil {
		t.Fatal(err)
	}
	for name, fixes := range map[string][]string{
		"report, change": report.Changes[0].Fixes, "report, plan": report.Plan[0].Fixes,
		"checkpoint, change": checkpoint.Changes[0].Fixes, "run, plan": run.Hosts[0].Plan[0].Fixes,
	} {
		if !slices.Equal(fixes, []string{"f"}) {
			t.Errorf("%s: fixes %q, want f", name, fixes)
		}
	}
	if len(report.Fixed) != 1 || len(report.Evidence) != 1 {
		t.Errorf("fixed %v, evidence %v, want one each", report.Fixed, report.Evidence)
	}
}
