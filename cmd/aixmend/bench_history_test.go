package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// BenchmarkHistory measures the verbs that read what is kept, and the end of an audit of one
// host, in a state folder with a year of nights: 300 audits of 10,000 hosts. It prints the time
// and the peak of each.
func BenchmarkHistory(b *testing.B) {
	const runs, hosts = 300, 10_000
	dir := b.TempDir()
	defer serveBench(b, dir, 1, 0)()
	state := filepath.Join(dir, "state")
	audit := func(state string) cost {
		return measure(b, command(b, dir, "benchaixmend", "audit", "-i", filepath.Join(dir, "inventory.yaml"), "--fail-on", "healthy", "--state", state), 3)
	}
	audit(state)
	ids := keepNights(b, state, runs, hosts)
	verbs := [][]string{
		{"runs"}, {"runs", "--format", "json"}, {"__complete", "recover", "--undo", ""},
		{"runs", "prune", "--dry-run", "--keep", "10"}, {"diff", ids[1], ids[0]},
	}
	rows := make([]measured, len(verbs)+1)
	for b.Loop() {
		for i, verb := range verbs {
			rows[i].tool = strings.Join(verb, " ")
			rows[i].add(measure(b, command(b, dir, "benchaixmend", append(verb, "--state", state)...)))
		}
		rows[len(verbs)].tool = "audit of one host"
		rows[len(verbs)].add(audit(state))
	}
	fmt.Printf("\n%s; %d runs of %d hosts\n", benchMachine(), runs, hosts)
	for _, r := range rows {
		fmt.Printf("%-60s %6.2f s wall %6.2f s CPU %5.0f MB\n", r.tool, r.wall(), r.median(func(c cost) float64 { return c.cpu.Seconds() }), r.peak())
	}
}

// keepNights copies the one run of a state folder into runs of so many hosts, and returns
// their ids, the newest first. Files that are equal are links: these documents leave out their names. The newest
// two have reports of all hosts.
func keepNights(b *testing.B, state string, runs, hosts int) []string {
	b.Helper()
	s, err := journal.OpenExisting(state)
	noError(b, err)
	only, err := s.Resolve("latest")
	noError(b, err)
	run, err := s.LoadRun(only)
	noError(b, err)
	host, err := s.LoadHost(only, run.Hosts[0].Name)
	noError(b, err)
	run.ID, host.RunID, host.Host = "", "", ""
	one := run.Hosts[0]
	run.Hosts = nil
	for i := range hosts {
		one.Name = fmt.Sprintf("aixvm%05d", i+1)
		run.Hosts = append(run.Hosts, one)
	}
	run.Inventory, run.Counts, run.Found = hosts, outcome.Count(run.Hosts), outcome.CountFound(run.Hosts)
	seed := filepath.Join(state, "seed")
	noError(b, os.Mkdir(seed, 0o700))
	runText, err1 := json.MarshalIndent(run, "", "  ")
	hostText, err2 := json.Marshal(host)
	noError(b, errors.Join(err1, err2, os.WriteFile(filepath.Join(seed, "run.json"), append(runText, '\n'), 0o600), os.WriteFile(filepath.Join(seed, "host.json"), append(hostText, '\n'), 0o600)))
	ids := make([]string, runs)
	for i := range runs {
		ids[i] = journal.NewRunID(run.Started.AddDate(0, 0, -i).Add(-time.Hour))
		to := s.RunDir(ids[i])
		noError(b, errors.Join(os.MkdirAll(filepath.Join(to, "hosts"), 0o700), os.WriteFile(filepath.Join(to, "lock"), nil, 0o600),
			os.Link(filepath.Join(seed, "run.json"), filepath.Join(to, "run.json")),
			os.Link(filepath.Join(s.RunDir(only), "journal.jsonl"), filepath.Join(to, "journal.jsonl")),
			os.Link(filepath.Join(s.RunDir(only), "request.json"), filepath.Join(to, "request.json"))))
		if i > 1 {
			continue
		}
		run.ID, run.Started = ids[i], run.Started.AddDate(0, 0, -i)
		text, err := json.MarshalIndent(run, "", "  ")
		noError(b, errors.Join(err, os.Remove(filepath.Join(to, "run.json")), os.WriteFile(filepath.Join(to, "run.json"), append(text, '\n'), 0o600)))
		for _, h := range run.Hosts {
			noError(b, os.Link(filepath.Join(seed, "host.json"), filepath.Join(to, "hosts", h.Name+".json")))
		}
	}
	return ids
}
