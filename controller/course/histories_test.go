package course_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aixmend/controller/course"
	"aixmend/transport/lab/suite"
)

var (
	historySeeds = flag.Int("histories.seeds", 20_000, "TestHistories: how many random histories, beside the exhaustive ones")
	historySeed  = flag.Uint64("histories.seed", 0, "TestHistories: the one random history that is played")
	historySoak  = flag.Duration("histories.soak", 0, "TestHistories: play new random histories for so long")
	historyDepth = flag.Int("histories.depth", 0, "TestHistories: every history with so many troubles (1 or 2); 0: 1, or 2 under -suite.whole")
)

// beginnings are the hosts that histories begin with.
var beginnings = []state{
	{address: false, daemon: true, clients: true, id: true, room: true},
	{address: true, daemon: false, clients: true, id: true, room: true},
	{address: true, daemon: true, clients: false, id: true, room: true},
	{address: true, daemon: true, clients: true, id: false, room: true},
	{address: false, daemon: false, clients: false, id: true, room: true},
	{address: false, customer: true, daemon: true, clients: false, id: true, room: true},
	{address: false, daemon: true, clients: false, id: false, room: true},
	{address: true, daemon: true, clients: true, id: true, room: true},
	{address: true, daemon: true, clients: true, id: true, room: true, old: true},
	{address: false, daemon: true, clients: true, id: true, room: true, old: true},
}

// point is a trouble at a choice point.
type point struct {
	at int
	t  trouble
}

func scripted(points ...point) chooser {
	return func(n int, _ course.Action) trouble {
		for _, p := range points {
			if p.at == n {
				return p.t
			}
		}
		return goOn
	}
}

// played plays a history, and plays it again with its story where something is wrong.
func played(began state, choose func() chooser) (*world, int) {
	w := newWorld(began)
	w.play(choose())
	if len(w.wrong) > 0 {
		w = newWorld(began)
		w.told = true
		w.play(choose())
	}
	return w, w.actions
}

// TestHistories plays every history with a bounded number of troubles, and random ones
// with many, and holds each against the rows E1 to E7 of the procedure.
func TestHistories(t *testing.T) {
	var count, wrong atomic.Int64
	var mu sync.Mutex
	reported := map[string]bool{}
	report := func(w *world, how string) {
		wrong.Add(1)
		mu.Lock()
		defer mu.Unlock()
		kind, _, _ := strings.Cut(w.wrong[0], " was sent")
		if reported[kind] || len(reported) > 20 {
			return
		}
		reported[kind] = true
		t.Errorf("%s\n%s\n%s", strings.Join(w.wrong, "\n"), how, w)
	}
	depth := cmp.Or(*historyDepth, suite.Rounds(1, 2))
	began := time.Now()
	jobs := make(chan func(), 64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for job := range jobs {
				job()
			}
		})
	}
	random := func(seed uint64) {
		dice := func() chooser {
			r := rand.New(rand.NewPCG(seed, 1))
			often := 2 + r.IntN(30)
			return func(int, course.Action) trouble {
				if r.IntN(often) > 0 {
					return goOn
				}
				return trouble(r.IntN(int(troubles)))
			}
		}
		count.Add(1)
		if w, _ := played(beginnings[seed%uint64(len(beginnings))], dice); len(w.wrong) > 0 {
			report(w, fmt.Sprintf("once more: go test ./controller/course -run TestHistories -histories.seed %d", seed))
		}
	}
	switch {
	case *historySeed != 0:
		random(*historySeed)
	case *historySoak > 0:
		for seed := uint64(began.UnixNano()); time.Since(began) < *historySoak && wrong.Load() == 0; seed += 1000 {
			jobs <- func() {
				for i := range uint64(1000) {
					random(seed + i)
				}
			}
		}
	default:
		for _, first := range beginnings {
			plain := newWorld(first)
			plain.play(scripted())
			for at := range plain.actions + 2 {
				jobs <- func() { exhaustive(first, at, depth, &count, report) }
			}
		}
		for seed := range uint64(*historySeeds) / 500 {
			jobs <- func() {
				for i := range uint64(500) {
					random(seed*500 + i + 1)
				}
			}
		}
	}
	close(jobs)
	workers.Wait()
	suite.Tell(t, fmt.Sprintf("histories: %d (every one with up to %d troubles, and random ones), %.0f a second, violations: %d",
		count.Load(), depth, float64(count.Load())/time.Since(began).Seconds(), wrong.Load()))
}

// exhaustive plays every history with a trouble at a choice point, and up to depth
// troubles in all.
func exhaustive(began state, at, depth int, count *atomic.Int64, report func(*world, string)) {
	for t := goOn + 1; t < troubles; t++ {
		first := point{at, t}
		count.Add(1)
		w, actions := played(began, func() chooser { return scripted(first) })
		if len(w.wrong) > 0 {
			report(w, fmt.Sprint("troubles: ", first))
		}
		if depth < 2 {
			continue
		}
		for next := at + 1; next < actions; next++ {
			for t2 := goOn + 1; t2 < troubles; t2++ {
				second := point{next, t2}
				count.Add(1)
				if w, _ := played(began, func() chooser { return scripted(first, second) }); len(w.wrong) > 0 {
					report(w, fmt.Sprint("troubles: ", first, second))
				}
			}
		}
	}
}

// A history without trouble heals each host.
func TestPlainHistories(t *testing.T) {
	for _, began := range beginnings {
		w := newWorld(began)
		w.told = true
		w.play(scripted())
		if len(w.wrong) > 0 || !w.host.connected() {
			t.Errorf("%v\n%s", w.wrong, w)
		}
	}
}
