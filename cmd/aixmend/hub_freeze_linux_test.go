package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"aixmend/transport/lab/suite"
)

// A worker is frozen while it changes hosts, until a standby with a state folder of its own has
// taken over; then it goes on. No change is made twice, and in the end each host has one
// outcome.
func TestFrozenWorker(t *testing.T) {
	t.Parallel()
	for seed := range uint64(suite.Rounds(1, 6)) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(seed, 30))
			y := newYardOf(t)
			y.begin()
			y.start("fra2", "stands by", "worker", "--join", "fra.join", "-i", "inventory.yaml", "-l", y.parts["fra"], "--state", "fra2-state", "--allow", "recover")
			y.verb("recover", "--yes")
			_, _ = elapse(nil, time.Duration(dice.IntN(2500))*time.Millisecond)
			noError(t, y.alive["fra"].Process.Signal(syscall.SIGSTOP))
			y.await(filepath.Join(y.dir, "fra2.log"), 0, "this worker is active now")
			_, _ = elapse(nil, time.Duration(dice.IntN(3000))*time.Millisecond)
			noError(t, y.alive["fra"].Process.Signal(syscall.SIGCONT))
			var k killedSites
			run := y.ended()
			if run.Unfinished > 0 { // the first one knows how far they are
				y.kill("fra2")
				y.start("audit", "rest of 7 hosts", "resume", run.ID, "--hub", "ops.join", "--yes", "--format", "json")
				run = y.rest(&k)
			}
			k.judge(y, run)
		})
	}
}
