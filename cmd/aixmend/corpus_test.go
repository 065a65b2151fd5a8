package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/controller/recording"
	"aixmend/transport/lab/golden"
)

// corpusFolder holds recordings of real hosts that once showed a fault.
const corpusFolder = "testdata/recordings"

// TestCorpus holds what becomes of each recording of the folder against the golden
// file beside it.
func TestCorpus(t *testing.T) {
	for _, problem := range corpus(t, corpusFolder, golden.Updating()) {
		t.Error(problem)
	}
}

// judgement is the result of replaying a recording.
type judgement struct {
	Outcome  outcome.Outcome `json:"outcome"`
	Reason   string          `json:"reason"`
	Findings []string        `json:"findings"`
}

// corpus returns which recordings of a folder are not judged as their golden files
// say, or writes the golden files.
func corpus(t *testing.T, folder string, write bool) (problems []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*"+recording.Suffix))
	noError(t, err)
	for _, file := range files {
		golden := strings.TrimSuffix(file, recording.Suffix) + ".golden.json"
		got := judgementOf(t, file)
		if write {
			noError(t, os.WriteFile(golden, got, 0o644))
			continue
		}
		want, err := os.ReadFile(golden)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			problems = append(problems, fmt.Sprintf("%s has no golden file: go test ./cmd/aixmend -run TestCorpus -update writes it; then read it, and correct it where it is not right", file))
		case err != nil:
			problems = append(problems, err.Error())
		case string(want) != string(got):
			problems = append(problems, fmt.Sprintf("%s is judged otherwise (-golden +now):\n%s", file, gocmp.Diff(string(want), string(got))))
		}
	}
	return problems
}

// judgementOf replays one recording.
func judgementOf(t *testing.T, file string) []byte {
	t.Helper()
	s := call(t, nil, "replay", file, "--format", "json", "-q", "--state", t.TempDir())
	var run outcome.Run
	if err := json.Unmarshal([]byte(s.out), &run); err != nil || len(run.Hosts) != 1 {
		t.Fatalf("%s: exit %d, %s%v", file, s.code, s.err, err)
	}
	h := run.Hosts[0]
	text, err := json.MarshalIndent(judgement{h.Outcome, h.Reason, h.Findings}, "", "  ")
	noError(t, err)
	return append(text, '\n')
}

// A recording that is dropped into the folder is a test: without its golden file it
// fails and says how to write it, with one that says otherwise it fails.
func TestARecordingIsATest(t *testing.T) {
	t.Parallel()
	l := storyLab(t, "address-removed-smitty")
	folder := filepath.Join(l.dir, "corpus")
	l.run(0, "record", "-q", "-i", l.inventory, "--out", folder)
	golden := filepath.Join(folder, "aixvm001.golden.json")
	if problems := corpus(t, folder, false); len(problems) != 1 || !strings.Contains(problems[0], "-update") {
		t.Errorf("without a golden file: %q", problems)
	}
	corpus(t, folder, true)
	if problems := corpus(t, folder, false); len(problems) != 0 {
		t.Errorf("with its golden file: %q", problems)
	}
	text, err := os.ReadFile(golden)
	noError(t, err)
	if !strings.Contains(string(text), `"rmc-address-missing"`) {
		t.Errorf("the golden file: %s", text)
	}
	write(t, golden, strings.Replace(string(text), "needs_action", "healthy", 1))
	if problems := corpus(t, folder, false); len(problems) != 1 || !strings.Contains(problems[0], "judged otherwise") {
		t.Errorf("with another golden file: %q", problems)
	}
}
