package controller_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/suite"
	"aixmend/transport/lab/weather"
)

var (
	weatherSeed  = flag.Uint64("weather.seed", 0, "TestWeather: run this seed alone")
	weatherSeeds = flag.Int("weather.seeds", 0, "TestWeather: how many seeds, from 1 on; 0: 8, or 48 under -suite.whole")
	weatherSoak  = flag.Duration("weather.soak", 0, "TestWeather: run new seeds for so long")
)

const (
	// weatherShare and weatherAll are the seeds of a test and of the whole suite.
	weatherShare, weatherAll = 8, 48
	// stormsAtOnce is how many run at one time: they wait more than they work.
	stormsAtOnce = 10
	// batch is after how many seeds a soak looks for what was left behind.
	batch = 64
)

// TestWeather takes fleets through hostile weather, one fleet a seed, and holds
// every report against the simulated hosts: nothing runs twice that was not said
// to have failed, nothing is changed in silence, what is reported is so, every
// host has one outcome, every run ends, and nothing is left behind.
//
// The weather of a connection follows from the seed, the moment of everything
// else from the clock: a seed that failed is repeated several times.
func TestWeather(t *testing.T) {
	f := &figures{cuts: map[string]int{}, outcomes: map[outcome.Outcome]int{}, statuses: map[string]int{}}
	defer func() { suite.Tell(t, fmt.Sprint(f)) }()
	switch {
	case *weatherSeed != 0:
		weatherBatch(t, f, []uint64{*weatherSeed})
		return
	case *weatherSoak > 0:
		for end := time.Now().Add(*weatherSoak); time.Now().Before(end) && !t.Failed(); {
			weatherBatch(t, f, seedsFrom(rand.Uint64()>>16, batch))
			t.Log(f)
		}
		return
	}
	weatherBatch(t, f, seedsFrom(1, cmp.Or(*weatherSeeds, suite.Rounds(weatherShare, weatherAll))))
	if t.Failed() || *weatherSeeds != 0 || !suite.Whole() {
		return
	}
	// Weather in which nobody gets through, or everybody, proves nothing.
	for _, o := range []outcome.Outcome{outcome.Recovered, outcome.Healthy, outcome.Failed, outcome.Unreachable} {
		if f.outcomes[o] == 0 {
			t.Errorf("no host ended %s: %v", o, f)
		}
	}
	for _, status := range []string{outcome.Applied, outcome.NotApplied, outcome.UnknownIf} {
		if f.statuses[status] == 0 {
			t.Errorf("no change is %s: %v", status, f)
		}
	}
	for _, phase := range weather.Phases() {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(f.cuts)), func(name string) bool { return strings.HasSuffix(name, "/"+phase.String()) }) {
			t.Errorf("no cut in phase %s: %v", phase, f)
		}
	}
}

func seedsFrom(first uint64, n int) []uint64 {
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = first + uint64(i)
	}
	return seeds
}

// weatherBatch runs seeds, several at a time, and looks for goroutines and file
// descriptors that are left behind.
func weatherBatch(t *testing.T, f *figures, seeds []uint64) {
	t.Helper()
	warmUp(t)
	ignore := goleak.IgnoreCurrent()
	files := openFiles()
	queue := make(chan uint64)
	var workers sync.WaitGroup
	for range min(stormsAtOnce, len(seeds)) {
		workers.Go(func() {
			for seed := range queue {
				t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { weatherSeedRun(t, f, seed) })
			}
		})
	}
	for _, seed := range seeds {
		queue <- seed
	}
	close(queue)
	workers.Wait()
	if err := goleak.Find(ignore); err != nil {
		t.Errorf("seeds %d to %d: %v", seeds[0], seeds[len(seeds)-1], err)
	}
	if left := openFiles(); left > files {
		t.Errorf("seeds %d to %d: %d file descriptors, %d before", seeds[0], seeds[len(seeds)-1], left, files)
	}
}

// warmUp opens what the runtime opens once and keeps: the network poller.
func warmUp(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
}

// openFiles is how many file descriptors are open, 0 where that can't be told.
func openFiles() int {
	if runtime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// weatherSeedRun is one fleet in its weather.
func weatherSeedRun(t *testing.T, f *figures, seed uint64) {
	s := newStorm(t, seed)
	s.sail() // a run that does not end hangs the test
	wrong := s.wrong
	ended := map[string]outcome.Outcome{}
	for _, summary := range s.result.Hosts {
		if _, twice := ended[summary.Name]; twice {
			wrong = append(wrong, summary.Name+": it ended twice")
		}
		ended[summary.Name] = summary.Outcome
	}
	for _, h := range s.hosts {
		report, ok := s.ended[h.Name]
		if !ok || ended[h.Name] != report.Outcome {
			wrong = append(wrong, fmt.Sprintf("%s: it ended %q, its report says %q", h.Name, ended[h.Name], report.Outcome))
		}
		if list := s.judge(report); len(list) > 0 {
			for _, w := range list {
				wrong = append(wrong, h.Name+": "+w)
			}
			t.Log(s.story(report))
		}
	}
	f.add(s, len(wrong))
	for _, w := range wrong {
		t.Error(w)
	}
	if len(wrong) > 0 {
		t.Logf("repeat it: go test ./controller -run '^TestWeather$' -count 5 -weather.seed=%d", seed)
	}
}

// story is what a host went through.
func (s *storm) story(h outcome.Host) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s\n", h.Host, h.Outcome, h.Reason)
	for i, p := range s.proxies[h.Host].Passages() {
		fmt.Fprintf(&b, "  connection %d: %s; struck %v\n", i, p.Weather, p.Struck)
	}
	for _, c := range h.Changes {
		fmt.Fprintf(&b, "  change %s: %s (%s)\n", c.Step, c.Status, c.Detail)
	}
	for _, line := range s.sent(h.Host) {
		fmt.Fprintf(&b, "  on the host: %s\n", line)
	}
	return b.String()
}

// figures is what all seeds made.
type figures struct {
	mu                                    sync.Mutex
	seeds, hosts, connections, violations int
	cuts                                  map[string]int // weather that struck, by name
	outcomes                              map[outcome.Outcome]int
	statuses                              map[string]int // of changes
}

func (f *figures) add(s *storm, violations int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seeds++
	f.hosts += len(s.hosts)
	f.violations += violations
	for _, proxy := range s.proxies {
		for _, p := range proxy.Passages() {
			f.connections++
			if p.Struck {
				f.cuts[p.Weather.Name()]++
			}
		}
	}
	for _, h := range s.ended {
		f.outcomes[h.Outcome]++
		for _, c := range h.Changes {
			f.statuses[c.Status]++
		}
	}
}

// String is the line of figures.
func (f *figures) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("seeds: %d, hosts: %d, connections: %d, struck: %s, outcomes: %v, changes: %v, violations: %d",
		f.seeds, f.hosts, f.connections, strings.TrimPrefix(fmt.Sprint(f.cuts), "map"), f.outcomes, f.statuses, f.violations)
}
