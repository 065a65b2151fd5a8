package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/suite"
)

var (
	killSeeds = flag.Int("kill.seeds", 0, "how many seeds TestKill takes; 0: 2, or 6 under -suite.whole")
	killSeed  = flag.Uint64("kill.seed", 0, "the one seed that TestKill takes; 0: those from 1 on")
	killSoak  = flag.Duration("kill.soak", 0, "TestKill: take new seeds for so long")
)

// killFleet is the fleet that is killed over: one host of each name, and a
// second healthy one.
var killFleet = []string{
	"healthy", "healthy-no-refreshmd", "address-removed-smitty", "node-id-mismatch",
	"session-on-rmc-nic", "mksysb-restore", "daemon-down", "remote-clients-disabled",
}

// killLong bounds one process: one that runs longer hangs.
const killLong = 5 * time.Minute

// TestKill kills the real command at random instants, again and again, resumes
// its run each time, and holds what is left against what the simulated hosts
// know. A seed that fails is taken alone with -kill.seed; more are taken with
// -kill.seeds.
func TestKill(t *testing.T) {
	t.Parallel()
	first, last := uint64(1), uint64(cmp.Or(*killSeeds, suite.Rounds(2, 6)))
	if *killSeed != 0 {
		first, last = *killSeed, *killSeed
	}
	began := time.Now()
	if *killSoak > 0 {
		first = uint64(began.UnixNano())
	}
	var all killFigures
	for seed := first; seed <= last || time.Since(began) < *killSoak && !t.Failed(); seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { all.add(killRun(t, seed)) })
	}
	suite.Tell(t, fmt.Sprint(all))
}

// killFigures are what was done, over all seeds.
type killFigures struct {
	seeds, hosts, kills, resumes, violations int
	ended                                    map[outcome.Outcome]int
}

func (f *killFigures) add(k *killed) {
	if f.ended == nil {
		f.ended = map[outcome.Outcome]int{}
	}
	f.seeds++
	f.hosts += len(killFleet)
	f.kills += k.kills
	f.resumes += k.resumes
	f.violations += k.violations
	for o, n := range k.counts {
		f.ended[o] += n
	}
}

func (f killFigures) String() string {
	text := fmt.Sprintf("seeds: %d, hosts: %d, kills: %d, resumes: %d, violations: %d; ended", f.seeds, f.hosts, f.kills, f.resumes, f.violations)
	for _, o := range outcome.Outcomes() {
		if f.ended[o] > 0 {
			text += fmt.Sprintf(" %s: %d", o, f.ended[o])
		}
	}
	return text
}

// killed is a run whose processes are killed.
type killed struct {
	t     *testing.T
	seed  uint64
	dice  *rand.Rand
	dir   string
	fleet *aixsim.Fleet
	store *journal.Store
	set   []string // of recover

	id         string          // of the run, "" as long as there is none
	read       []outcome.Entry // its journal, as it was read last
	size       int64           // the size of the journal then
	over       map[string]calm // hosts that had ended before a kill
	kills      int             // processes that were killed
	resumes    int             // processes that got to begin a resumption
	violations int
	counts     map[outcome.Outcome]int
	late       bool   // the last process was killed behind its last word
	said       string // what the processes said
}

// calm is what must not move any more of a host that has ended.
type calm struct{ accepted, execs, entries int }

// killRun kills the processes of one run until it has come to its end.
func killRun(t *testing.T, seed uint64) *killed {
	k := &killed{t: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), over: map[string]calm{}}
	hosts, err := namedHosts(killFleet)
	if err != nil {
		t.Fatal(err)
	}
	// Of half the fleets an armed undo fires while nobody is there: there a host does
	// not wait as long as it is told to.
	if k.dice.IntN(2) == 0 {
		for _, h := range hosts {
			h.State.Behaviours = map[string]aixsim.Behaviour{"sleep": hastySleep(time.Second)}
		}
	}
	k.fleet, err = simulated.Start(k.dir, hosts, time.Duration(k.dice.IntN(3))*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.fleet.Close)
	k.store, err = journal.Open(filepath.Join(k.dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	k.set = []string{
		"--allow", "node-id", "--set", "settle=60ms", "--set", "wait=2s", "--max-fail", "100%",
		"--wave", k.pick("100%", "1,100%", "1,10%,50%,100%"),
	}
	code := -1
	for left := 1 + k.dice.IntN(8); code < 0; left-- {
		code = k.process(left)
		k.judgeKill()
	}
	k.judgeEnd(code)
	if t.Failed() {
		lines, _ := os.ReadFile(filepath.Join(k.store.RunDir(k.id), "journal.jsonl"))
		t.Logf("once more: go test ./cmd/aixmend -run TestKill -kill.seed %d\n%q\n%s\n%s", seed, k.set, k.said, lines)
	}
	return k
}

// hastySleep makes a host's sleep end after d, however long it is to be: an armed
// undo fires soon though no undo_after is too short for its step.
func hastySleep(d time.Duration) aixsim.Behaviour {
	return aixsim.Behaviour{Delay: aixsim.Duration(d), Exit: 1}
}

func (k *killed) pick(words ...string) string { return words[k.dice.IntN(len(words))] }

// wrong notes a property that does not hold.
func (k *killed) wrong(format string, args ...any) {
	k.t.Helper()
	k.violations++
	k.t.Errorf("seed %d, after %d kills: %s", k.seed, k.kills, fmt.Sprintf(format, args...))
}

// process begins the run, or goes on with it, and kills the process at a random
// instant where kills are left. It returns the exit code of a process that came
// to its end, else -1.
func (k *killed) process(kills int) int {
	args := []string{"resume", "--yes"}
	if k.id == "" {
		args = append([]string{"recover", "--yes", "-i", "inventory.yaml"}, k.set...)
	}
	ctx, cancel := context.WithTimeout(k.t.Context(), killLong)
	defer cancel()
	child := exec.CommandContext(ctx, program(k.t), append(args, "--state", "state")...)
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGQUIT) } // it says where it hangs
	child.WaitDelay = 10 * time.Second
	child.Dir, child.Env = k.dir, []string{"HOME=" + k.dir, "PATH=" + os.Getenv("PATH"), "AIXMEND_SSH_CONFIG=" + request.None}
	var said bytes.Buffer
	child.Stdout, child.Stderr = &said, &said
	before := len(k.read)
	if err := child.Start(); err != nil {
		k.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	until, extra := before+k.dice.IntN(50), time.Duration(k.dice.IntN(40))*time.Millisecond
	pause := time.Duration(k.dice.IntN(1300)) * time.Millisecond
	if k.dice.IntN(3) > 0 {
		pause = 0 // mostly the next process follows at once
	}
	done, err := k.watch(ended, until, kills)
	if !done {
		if done, err = elapse(ended, extra); !done {
			_ = child.Process.Kill()
			err = <-ended
		}
	}
	code := child.ProcessState.ExitCode() // -1 of one that was killed
	k.said += fmt.Sprintf("-- %q, to be killed at line %d and %s: %v\n%s", args, until, extra, err, said.String())
	if ctx.Err() != nil {
		lines, _ := os.ReadFile(filepath.Join(k.store.RunDir(k.id), "journal.jsonl"))
		k.t.Fatalf("seed %d: a process hangs\n%s\n%s", k.seed, k.said, lines)
	}
	k.look()
	if len(k.read) > before && k.resumedAt(before) {
		k.resumes++
	}
	if code < 0 {
		k.kills++
		_, _ = elapse(nil, pause)
	}
	if code < 0 && k.id != "" && k.store.State(k.id) == journal.StateEnded {
		run, err := k.store.LoadRun(k.id)
		if err != nil {
			k.t.Fatal(err)
		}
		k.late = true
		return run.ExitCode // it had said its last word
	}
	return code
}

// resumedAt reports whether the lines from one on are those of a process that went
// on with the run, and complains when they are not of one process.
func (k *killed) resumedAt(from int) bool {
	for i, e := range k.read[from:] {
		if begins := e.Event == outcome.EventRun; begins != (i == 0) {
			k.wrong("line %d of the journal, the %d. of its process: %+v", from+i+1, i+1, e)
		}
	}
	return k.read[from].State == outcome.RunResumed
}

// watch reads the journal as it grows until it has so many lines, or its process
// has ended: then done is true. Without kills only the end counts.
func (k *killed) watch(ended <-chan error, lines, kills int) (done bool, err error) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if kills > 0 && len(k.read) >= lines {
			return false, nil
		}
		select {
		case err := <-ended:
			return true, err
		case <-tick.C:
			k.look()
		}
	}
}

// elapse waits for a while, or until the process has ended.
func elapse(ended <-chan error, d time.Duration) (done bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case err := <-ended:
		return true, err
	case <-timer.C:
		return false, nil
	}
}

// look reads the journal when it has grown. It must be readable at any time.
func (k *killed) look() {
	if k.id == "" {
		ids, err := k.store.RunIDs()
		if err != nil || len(ids) == 0 {
			return
		}
		k.id = ids[0]
	}
	info, err := os.Stat(filepath.Join(k.store.RunDir(k.id), "journal.jsonl"))
	if errors.Is(err, os.ErrNotExist) && len(k.read) == 0 || err == nil && info.Size() == k.size {
		return
	}
	entries, err := k.store.ReadJournal(k.id)
	switch {
	case err != nil:
		k.wrong("%v", err)
	case len(entries) < len(k.read):
		k.wrong("the journal had %d lines, and now it has %d", len(k.read), len(entries))
	default:
		k.read, k.size = entries, info.Size()
	}
}
