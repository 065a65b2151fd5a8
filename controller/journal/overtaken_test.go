package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// A resumed run keeps its id, so that the preview above its question has a newer one: what a
// person means is the run that went on, killed or ended, and the preview only before that.
func TestPreviewIsOvertaken(t *testing.T) {
	t.Parallel()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const resumed, preview = "20261201T070000.000Z-000001", "20261201T080000.000Z-000002"
	ended := time.Date(2026, 12, 1, 8, 0, 5, 0, time.UTC)
	for id, run := range map[string]outcome.Run{resumed: {ID: resumed}, preview: {ID: preview, ForQuestion: true, Finished: ended}} {
		dir, err := s.NewRun(id)
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Finish(run); err != nil {
			t.Fatal(err)
		}
		if err := dir.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		last time.Time // of the journal of the resumed run
		want string
	}{{ended.Add(-time.Minute), preview}, {ended.Add(time.Minute), resumed}} {
		if err := os.Chtimes(filepath.Join(s.RunDir(resumed), "journal.jsonl"), c.last, c.last); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Meant("", ""); err != nil || got != c.want {
			t.Errorf("written last at %s: %s, %v, want %s", c.last, got, err, c.want)
		}
	}
}
