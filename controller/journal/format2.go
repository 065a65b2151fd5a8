package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// Runs of earlier versions stay readable: report, explain, diff and recover --undo need
// them. Versions with journal format 2 had other names for some keys and for the folder
// of the checkpoints.

// olderCheckpoints is the folder of the checkpoints in format 2.
const olderCheckpoints = "walks"

// olderFixes is a row of a report with the key of format 2 for outcome's "fixes".
type olderFixes struct {
	Mends []string `json:"mends"`
}

// olderHost holds the renamed keys of HOST.json in format 2.
type olderHost struct {
	Changes []olderFixes               `json:"changes"`
	Plan    []olderFixes               `json:"plan"`
	Mended  []outcome.Finding          `json:"mended"`
	Grounds map[string]json.RawMessage `json:"grounds"`
}

// olderRun holds the renamed keys of run.json in format 2.
type olderRun struct {
	Hosts []struct {
		Plan []olderFixes `json:"plan"`
	} `json:"hosts"`
}

// isOlder reports whether a document may have keys of format 2. Only a hint: a host's
// output can contain the same bytes.
func isOlder(text []byte) bool {
	for _, key := range []string{`"mends":`, `"mended":`, `"grounds":`} {
		if bytes.Contains(text, []byte(key)) {
			return true
		}
	}
	return false
}

// readHost reads a host's report, also one of format 2.
func readHost(path string, h *outcome.Host) error {
	_, err := readDocument(path, h, func(old olderHost) {
		for i := range min(len(h.Changes), len(old.Changes)) {
			renamed(&h.Changes[i].Fixes, old.Changes[i].Mends)
		}
		plan(h.Plan, old.Plan)
		if h.Fixed == nil {
			h.Fixed = old.Mended
		}
		if h.Evidence == nil {
			h.Evidence = old.Grounds
		}
	})
	return err
}

// readRun reads a run.json, also one of format 2.
func readRun(path string, run *outcome.Run) error {
	text, err := readDocument(path, run, func(old olderRun) {
		for i := range min(len(run.Hosts), len(old.Hosts)) {
			plan(run.Hosts[i].Plan, old.Hosts[i].Plan)
		}
	})
	if err == nil {
		err = checkHead(text, *run)
	}
	if errors.Is(err, errHead) {
		return durable.Damage(fmt.Errorf("%s: %w", path, err))
	}
	return err
}

// readDocument reads a document, passes the renamed keys of an older one on, and returns the text.
func readDocument[Old any](path string, into any, rename func(Old)) (text []byte, err error) {
	text, err = durable.ReadJSONText(path, into)
	if err != nil || !isOlder(text) {
		return text, err
	}
	var old Old
	if json.Unmarshal(text, &old) == nil { // keys of another kind are not those of format 2
		rename(old)
	}
	return text, nil
}

func plan(steps []outcome.PlanStep, old []olderFixes) {
	for i := range min(len(steps), len(old)) {
		renamed(&steps[i].Fixes, old[i].Mends)
	}
}

func renamed(now *[]string, old []string) {
	if *now == nil {
		*now = old
	}
}
