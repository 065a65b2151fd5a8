package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// BenchmarkHistory measures the verbs that read what is kept, the list of serve, and the end of
// an audit of one host, in a state folder with a year of nights: 300 audits of 10,000 hosts. It
// prints the time and the peak of each, and how much more that is than in a new state folder.
func BenchmarkHistory(b *testing.B) {
	const runs, hosts = 300, 10_000
	dir := benchState(b, *benchDisk)
	defer serveBench(b, dir, 1, 0)()
	state, empty := filepath.Join(dir, "state"), filepath.Join(dir, "empty")
	audit := func(state string) cost {
		return measure(b, command(b, dir, "benchaixmend", "audit", "-i", filepath.Join(dir, "inventory.yaml"), "--fail-on", "healthy", "--state", state), 3)
	}
	audit(state)
	audit(empty)
	ids := keepNights(b, state, runs, hosts)
	var rows, without []measured
	add := func(i int, name string, do func(state string) cost) {
		if i == len(rows) {
			rows, without = append(rows, measured{tool: name}), append(without, measured{tool: name})
		}
		rows[i].add(do(state))
		without[i].add(do(empty))
	}
	verbs := [][]string{{"runs"}, {"__complete", "recover", "--undo", ""}, {"runs", "prune", "--dry-run", "--keep", "10"}, {"runs", "--format", "json"}}
	for b.Loop() {
		for i, verb := range verbs {
			add(i, strings.Join(verb, " "), func(state string) cost {
				return measure(b, command(b, dir, "benchaixmend", append(verb, "--state", state)...))
			})
		}
		add(len(verbs), "audit of one host", audit)
		add(len(verbs)+1, "the list of serve", func(state string) cost { return serveList(b, dir, state) })
		add(len(verbs)+2, "diff of two of them", func(of string) cost {
			if of == empty {
				return cost{}
			}
			return measure(b, command(b, dir, "benchaixmend", "diff", ids[1], ids[0], "--state", state))
		})
	}
	fmt.Printf("\n%s; %d runs of %d hosts; medians of %d\n", benchMachine(), runs, hosts, len(rows[0].costs))
	fmt.Printf("%-40s %8s %8s %8s   %s\n", "", "s wall", "s CPU", "MB", "more than in a new state folder; OTHERS %")
	for i, r := range rows {
		w := &without[i]
		fmt.Printf("%-40s %8.2f %8.2f %8.0f   %6.2f s wall %6.0f MB; %s\n", r.tool, r.wall(), r.cpuSeconds(), r.peak(), r.wall()-w.wall(), r.peak()-w.peak(), percent(r.others()))
	}
	for name, value := range map[string]float64{
		"runs: s": rows[0].wall(), "runs: MB more than without runs": rows[0].peak() - without[0].peak(),
		"completion of --undo: s": rows[1].wall(), "runs prune --dry-run: s": rows[2].wall(),
		"the end of a run: s more than without other runs":  rows[4].wall() - without[4].wall(),
		"the end of a run: MB more than without other runs": rows[4].peak() - without[4].peak(),
		"the list of serve: s":                              rows[5].wall(),
		"the list of serve: MB more than without runs":      rows[5].peak() - without[5].peak(),
		"diff: s": rows[6].wall(),
	} {
		noteFigure(b, figure{Name: name, Value: value, Others: worstOthers(rows)})
	}
}

// cpuSeconds is the processor time of a run as a whole.
func (r *measured) cpuSeconds() float64 {
	return r.median(func(c cost) float64 { return c.cpu.Seconds() })
}

// worstOthers is the largest share that others drew in a row.
func worstOthers(rows []measured) (worst float64) {
	for i := range rows {
		worst = max(worst, rows[i].others())
	}
	return worst
}

// serveList starts serve over a state folder and asks it for its first page. The time is that of
// the page, the peak that of the process.
func serveList(b *testing.B, dir, state string) cost {
	b.Helper()
	address := freeAddress(b)
	c := command(b, dir, "benchaixmend", "serve", "--state", state, "--listen", address)
	noError(b, c.Start())
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}()
	for end := time.Now().Add(time.Minute); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Now().After(end) {
			b.Fatalf("serve does not answer: %v", err)
		}
		runtime.Gosched()
	}
	before, began := drawnYet(), time.Now()
	answer, err := http.Get("http://" + address + "/")
	noError(b, err)
	page, err := io.ReadAll(answer.Body)
	noError(b, errors.Join(err, answer.Body.Close()))
	got := cost{wall: time.Since(began), others: before.others(), peak: peakOf(fmt.Sprintf("/proc/%d/status", c.Process.Pid))}
	if answer.StatusCode != http.StatusOK || len(page) == 0 {
		b.Fatalf("serve answers %s", answer.Status)
	}
	return got
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
