package request

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"aixmend/cmd/aixmend/usage"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// HostsOf returns the hosts that ended with an outcome in an earlier run, for --limit. open
// opens the state folder, once the outcome is known to be one.
func HostsOf(open func() (*journal.Store, error), run, ended string) ([]string, error) {
	if !slices.Contains(outcome.ShownOutcomes(), outcome.Outcome(ended)) {
		return nil, fmt.Errorf("%q is not an outcome; %s", ended, usage.Near(ended, outcome.Names(), "the outcomes are "+usage.List(outcome.ShownOutcomes())))
	}
	store, err := open()
	if err != nil {
		return nil, err
	}
	id, err := store.Named(run)
	if err != nil {
		return nil, err
	}
	done, err := store.LoadRun(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s has not finished: aixmend runs shows how to continue it", id)
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, h := range done.Hosts {
		if h.Outcome == outcome.Outcome(ended) || h.Shown() == outcome.Outcome(ended) {
			names = append(names, h.Name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no host of run %s ended %s", id, ended)
	}
	return names, nil
}
