package main

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/suite"
)

// A recover over two sites ends as one on one machine does.
func TestRecoverOverSites(t *testing.T) {
	t.Parallel()
	plain := recoveredAlone(t)
	y := newYardOf(t)
	y.begin()
	recoversAsAlone(t, y, plain)
}

// recoveredAlone is the recover of the same hosts on one machine.
func recoveredAlone(t *testing.T) outcome.Run {
	t.Helper()
	alone := newYardOf(t)
	alone.start("audit", "recover of 7 hosts", "recover", "--yes", "-i", "inventory.yaml", "--format", "json", "--set", "wait=600ms", "--set", "settle=60ms")
	return alone.ended()
}

// recoversAsAlone recovers the hosts of a yard, and takes that back.
func recoversAsAlone(t *testing.T, y *yard, plain outcome.Run) {
	t.Helper()
	y.verb("recover", "--yes")
	over := y.ended()
	if a, b := verdicts(t, plain), verdicts(t, over); a != b {
		t.Errorf("on one machine:\n%s\nover a hub:\n%s", a, b)
	}
	healed := y.fleet.Host("address-removed-smitty")
	if !healed.Connected() {
		t.Fatal(healed.Why())
	}
	y.start("audit", "rollback of 2 hosts at 2 sites", "recover", "--undo", over.ID, "-l", "address-removed-smitty,daemon-down", "--yes", "--hub", "ops.join", "--format", "json")
	back := y.ended()
	for _, h := range back.Hosts {
		if h.Outcome != outcome.OutcomeUndone {
			t.Errorf("%s is %s: %s", h.Name, h.Outcome, h.Reason)
		}
	}
	if len(back.Hosts) != 2 || back.Undoes != over.ID || healed.Connected() {
		t.Errorf("%+v; connected %v", back, healed.Connected())
	}
}

// siteRounds is the number of rounds of TestKilledOverSites.
var siteRounds = flag.Int("sites.rounds", 0, "TestKilledOverSites: take so many rounds")

// The hub and the workers are killed again and again while a recover goes on over sites. What
// is left is resumed. In the end each host has one outcome, those that can be healed are,
// and no change was made twice.
func TestKilledOverSites(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	figures := killedSites{}
	t.Run("rounds", func(t *testing.T) {
		for seed := range uint64(cmp.Or(*siteRounds, suite.Rounds(3, 40))) {
			t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
				t.Parallel()
				round := killOverSites(newYardOf(t), rand.New(rand.NewPCG(seed, 18)))
				mu.Lock()
				defer mu.Unlock()
				figures.rounds++
				figures.kills += round.kills
				figures.resumes += round.resumes
				figures.changes += round.changes
			})
		}
	})
	suite.Tell(t, fmt.Sprintf("over sites: %d rounds, %d kills, %d resumes, %d changes of hosts, none made twice", figures.rounds, figures.kills, figures.resumes, figures.changes))
}

// killedSites are the figures of rounds.
type killedSites struct{ rounds, kills, resumes, changes int }

// killOverSites is one round.
func killOverSites(y *yard, dice *rand.Rand) (k killedSites) {
	y.begin()
	y.verb("recover", "--yes")
	for range 1 + dice.IntN(4) {
		_, _ = elapse(nil, time.Duration(dice.IntN(2500))*time.Millisecond)
		victims := [][]string{{"hub"}, {"fra"}, {"par"}, {"hub", "fra"}, {"par", "hub", "fra"}}[dice.IntN(5)]
		for _, name := range victims {
			y.kill(name)
		}
		for _, name := range victims {
			if name == "hub" {
				y.hub()
			}
		}
		for _, name := range victims {
			if name != "hub" {
				y.worker(name)
			}
		}
		k.kills += len(victims)
	}
	k.judge(y, y.rest(&k))
	return k
}

// rest resumes a run until none of its hosts is left.
func (y *yard) rest(k *killedSites) outcome.Run {
	y.t.Helper()
	run := y.ended()
	for ; run.Unfinished > 0 && k.resumes < 5; k.resumes++ {
		y.start("audit", "rest of 7 hosts", "resume", run.ID, "--hub", "ops.join", "--yes", "--format", "json")
		run = y.ended()
	}
	return run
}

// judge holds a run against what the hosts know.
func (k *killedSites) judge(y *yard, run outcome.Run) {
	t := y.t
	t.Helper()
	seen := map[string]int{}
	for _, h := range run.Hosts {
		seen[h.Name]++
		effects := y.fleet.Host(h.Name).Effects()
		made := map[string]int{}
		for _, e := range effects {
			if strings.HasPrefix(e, "chdev ") || strings.HasSuffix(e, " started") {
				made[e]++
				k.changes++
			}
		}
		for effect, n := range made {
			if n > 1 {
				t.Errorf("%s: %d times %s; all: %v", h.Name, n, effect, effects)
			}
		}
		if ill := h.Name == "address-removed-smitty" || h.Name == "daemon-down"; ill && h.Outcome != outcome.Recovered && h.Outcome != outcome.Healthy || !ill && len(effects) > 0 {
			t.Errorf("%s is %s: %s; %v", h.Name, h.Outcome, h.Reason, effects)
		}
	}
	if run.Unfinished > 0 || len(seen) != 7 || len(run.Hosts) != 7 {
		t.Errorf("%d unfinished, hosts %v", run.Unfinished, seen)
	}
}
