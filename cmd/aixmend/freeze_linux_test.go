package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/suite"
)

var (
	freezeSeeds = flag.Int("freeze.seeds", 0, "how many seeds TestFreeze takes; 0: 1, or 8 under -suite.whole")
	freezeSeed  = flag.Uint64("freeze.seed", 0, "the one seed that TestFreeze takes; 0: those from 1 on")
)

// freezeFleet is the fleet that a controller sleeps over.
var freezeFleet = append(slices.Clone(killFleet), "daemon-hung", "address-of-clone")

// What happens while a controller is frozen.
const (
	otherRun   = "the lease is removed, and another run comes"
	copiedRun  = "the run is resumed from a copy of its state folder"
	editedHost = "the operator edits hosts"
	otherClock = "the clocks of hosts jump"
)

var freezeKinds = []string{otherRun, editedHost, copiedRun, otherClock}

// Edits of an operator that no controller may overwrite.
const (
	customerAddress  = "2001:db8:77::9"
	customerBootLine = "/usr/sbin/no -o tcp_sendspace=262144 # the customer's\n"
)

// TestFreeze stops the real command at random instants with SIGSTOP, lets something
// happen to its hosts that it can't know of, lets it go on, and holds what was done
// against what the simulated hosts know. A seed that fails is taken alone with
// -freeze.seed; more are taken with -freeze.seeds.
func TestFreeze(t *testing.T) {
	t.Parallel()
	first, last := uint64(1), uint64(cmp.Or(*freezeSeeds, suite.Rounds(1, 8)))
	if *freezeSeed != 0 {
		first, last = *freezeSeed, *freezeSeed
	}
	var all freezeFigures
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) { all.add(freezeRun(t, seed)) })
	}
	suite.Tell(t, fmt.Sprint(&all))
}

// freezeFigures are what was done, over all seeds.
type freezeFigures struct {
	seeds, hosts, frozen, processes, others, fenced, blind, violations int
	kinds                                                              map[string]int
	ended                                                              map[outcome.Outcome]int
}

func (f *freezeFigures) add(z *freezing) {
	if f.ended == nil {
		f.ended, f.kinds = map[outcome.Outcome]int{}, map[string]int{}
	}
	f.seeds++
	f.hosts += len(freezeFleet)
	f.processes += z.processes
	f.others += z.others
	f.fenced += z.fenced
	f.blind += z.blind
	f.violations += z.violations
	if z.frozen {
		f.frozen++
		f.kinds[z.kind]++
	}
	for o, n := range z.counts {
		f.ended[o] += n
	}
}

func (f *freezeFigures) String() string {
	text := fmt.Sprintf("seeds: %d, hosts: %d, frozen: %d, processes: %d, changed by others meanwhile: %d, kept back by the fence: %d, edits not seen: %d, violations: %d",
		f.seeds, f.hosts, f.frozen, f.processes, f.others, f.fenced, f.blind, f.violations)
	for _, kind := range freezeKinds {
		text += fmt.Sprintf("; %s: %d", kind, f.kinds[kind])
	}
	text += "; ended"
	for _, o := range outcome.Outcomes() {
		if f.ended[o] > 0 {
			text += fmt.Sprintf(" %s: %d", o, f.ended[o])
		}
	}
	return text
}

// freezing is a controller that is frozen, and what happens meanwhile.
type freezing struct {
	t     *testing.T
	seed  uint64
	dice  *rand.Rand
	dir   string
	kind  string
	fleet *aixsim.Fleet

	frozen     bool
	sent       map[string]int  // commands that a host had got when the controller was frozen
	active     map[string]bool // hosts on which RMC ran before
	hasty      bool            // an undo that is armed fires while nobody is there
	edited     map[string]bool // hosts that the operator has edited
	first      *controlling
	other      *controlling // nil: there is none
	processes  int
	others     int // hosts that the other controller has changed
	fenced     int // changes that a fence kept back
	blind      int // edits that came between a look and the change that it led to
	violations int
	counts     map[outcome.Outcome]int
	said       string // what the processes said
}

// controlling is a controller with a state folder of its own.
type controlling struct {
	state string // the folder
	store *journal.Store
	id    string // of its run, "" as long as there is none
}

func newControlling(t *testing.T, dir, state string) *controlling {
	t.Helper()
	store, err := journal.Open(filepath.Join(dir, state))
	if err != nil {
		t.Fatal(err)
	}
	return &controlling{state: state, store: store}
}

// lines are the lines of the journal of its run, as far as they are written.
func (c *controlling) lines(t *testing.T) []outcome.Entry {
	t.Helper()
	if c.id == "" {
		ids, err := c.store.RunIDs()
		if err != nil || len(ids) == 0 {
			return nil
		}
		c.id = ids[0]
	}
	entries, err := c.store.ReadJournal(c.id)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return entries
}

// freezeRun freezes one run, and judges what came of it.
func freezeRun(t *testing.T, seed uint64) *freezing {
	z := &freezing{
		t: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 2)), dir: t.TempDir(), kind: freezeKinds[int(seed-1)%len(freezeKinds)],
		sent: map[string]int{}, active: map[string]bool{}, edited: map[string]bool{},
	}
	hosts, err := namedHosts(freezeFleet)
	if err != nil {
		t.Fatal(err)
	}
	z.hasty = z.dice.IntN(2) == 0
	for _, h := range hosts {
		if z.hasty {
			h.State.Behaviours = map[string]aixsim.Behaviour{"sleep": hastySleep(time.Second)}
		}
		z.active[h.State.Hostname] = runs(h.State, "ctrmc")
	}
	// The slower the network, the more often a command is on its way.
	z.fleet, err = simulated.Start(z.dir, hosts, time.Duration(5*z.dice.IntN(4))*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(z.fleet.Close)
	z.first = newControlling(t, z.dir, "state")
	z.freeze()
	z.judge()
	if t.Failed() {
		t.Logf("once more: go test ./cmd/aixmend -run TestFreeze -freeze.seed %d\n%s: hasty %v\n%s", seed, z.kind, z.hasty, z.said)
		z.tell(z.first)
		if z.other != nil {
			z.tell(z.other)
		}
	}
	return z
}

func (z *freezing) tell(c *controlling) {
	lines, _ := os.ReadFile(filepath.Join(c.store.RunDir(c.id), "journal.jsonl"))
	z.t.Logf("%s\n%s", c.state, lines)
}

// runs reports whether a subsystem of a host is active.
func runs(s *aixsim.State, name string) bool {
	i := slices.IndexFunc(s.Subsystems, func(s aixsim.Subsystem) bool { return s.Name == name })
	return i >= 0 && s.Subsystems[i].Active()
}

// freeze freezes a recover at a random line of its journal, and brings it to its end
// after something has happened.
func (z *freezing) freeze() {
	until := 50 + z.dice.IntN(150) // before, hosts are only read; behind, most have ended
	child := z.start(append(z.recover(), "--state", z.first.state)...)
	z.frozen = z.stopAt(child, until)
	if z.frozen {
		for _, host := range freezeFleet {
			z.sent[host] = z.fleet.Server(host).Execs()
		}
		z.happens()
		if err := child.Process.Signal(syscall.SIGCONT); err != nil {
			z.t.Fatal(err)
		}
	}
	z.end(child, fmt.Sprint("frozen at line ", until, ": ", z.frozen))
	for range 5 {
		if z.first.lines(z.t); z.first.id != "" && z.first.store.State(z.first.id) == journal.StateEnded {
			return
		}
		z.end(z.start("resume", "--yes", "--state", z.first.state), "")
	}
	z.wrong("the run has not ended: %s", z.first.store.State(z.first.id))
}

// recover is the call that is frozen, and that of the other run.
func (z *freezing) recover() []string {
	return []string{
		"recover", "--yes", "-i", "inventory.yaml", "--allow", "node-id", "--set", "settle=60ms", "--set", "wait=2s",
		"--max-fail", "100%", "--wave", "100%",
	}
}

// happens is what the frozen controller can't know of.
func (z *freezing) happens() {
	switch z.kind {
	case otherRun:
		z.removeLeases()
		z.other = newControlling(z.t, z.dir, "other")
		z.end(z.start(append(z.recover(), "--state", z.other.state)...), "while the first is frozen")
	case copiedRun:
		if err := os.CopyFS(filepath.Join(z.dir, "copy"), os.DirFS(filepath.Join(z.dir, z.first.state))); err != nil {
			z.t.Fatal(err)
		}
		z.other = newControlling(z.t, z.dir, "copy")
		if z.dice.IntN(2) == 0 { // as the message says
			z.removeLeases()
		}
		z.end(z.start("resume", "--yes", "--state", z.other.state), "while the first is frozen")
	case editedHost:
		for _, host := range freezeFleet {
			if z.dice.IntN(2) == 0 {
				z.edit(host)
			}
		}
		if z.hasty {
			z.fire()
		}
	case otherClock:
		for _, host := range freezeFleet {
			jump := []time.Duration{2 * time.Hour, -time.Hour, 0}[z.dice.IntN(3)]
			z.fleet.Host(host).Mutate(func(s *aixsim.State) { s.ClockOffset += aixsim.Duration(jump) })
		}
	}
}

// removeLeases is what the message about a host that is held tells to do.
func (z *freezing) removeLeases() {
	for _, host := range freezeFleet {
		z.fleet.Host(host).Mutate(func(s *aixsim.State) { delete(s.Files, onhost.LeasePath) })
	}
}

// edit is what the operator does to a host.
func (z *freezing) edit(host string) {
	z.edited[host] = true
	z.fleet.Host(host).Mutate(func(s *aixsim.State) {
		for i := range s.NICs {
			if s.NICs[i].Management {
				s.NICs[i].Attrs.NetAddr6, s.NICs[i].Attrs.PrefixLen = customerAddress, "64"
			}
		}
		boot := s.Files["/etc/rc.tcpip"]
		boot.Content += customerBootLine
		s.Files["/etc/rc.tcpip"] = boot
	})
}

// fire waits until every timed undo that is armed has fired.
func (z *freezing) fire() {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for slices.ContainsFunc(freezeFleet, func(host string) bool { return len(armedOn(z.fleet.Host(host).Snapshot())) > 0 }) {
		<-tick.C
	}
}

// armedOn are the markers of timed undos that are armed on a host.
func armedOn(s *aixsim.State) []string {
	var list []string
	for file := range s.Files {
		if strings.HasPrefix(file, "/etc/aixmend.undo.") && !strings.HasSuffix(file, ".fired") && !strings.HasSuffix(file, ".disarmed") {
			list = append(list, file)
		}
	}
	return list
}

// process is a call of the command.
type process struct {
	*exec.Cmd
	args  []string
	said  bytes.Buffer
	ended chan error
	ctx   context.Context
}

// start begins a call. One that takes as long as killLong hangs.
func (z *freezing) start(args ...string) *process {
	z.t.Helper()
	z.processes++
	ctx, cancel := context.WithTimeout(z.t.Context(), killLong)
	z.t.Cleanup(cancel)
	p := &process{Cmd: exec.CommandContext(ctx, program(z.t), args...), args: args, ended: make(chan error, 1), ctx: ctx}
	p.Cancel = func() error { // it says where it hangs
		return errors.Join(p.Process.Signal(syscall.SIGCONT), p.Process.Signal(syscall.SIGQUIT))
	}
	p.WaitDelay = 10 * time.Second
	p.Dir, p.Env = z.dir, []string{"HOME=" + z.dir, "PATH=" + os.Getenv("PATH"), "AIXMEND_SSH_CONFIG=" + request.None}
	p.Stdout, p.Stderr = &p.said, &p.said
	if err := p.Start(); err != nil {
		z.t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	return p
}

// stopAt freezes a process when its journal has so many lines; false: it ended before.
func (z *freezing) stopAt(p *process, lines int) bool {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for size := int64(-1); ; {
		if info, err := os.Stat(filepath.Join(z.first.store.RunDir(z.first.id), "journal.jsonl")); z.first.id == "" || err == nil && info.Size() != size {
			if err == nil {
				size = info.Size()
			}
			if len(z.first.lines(z.t)) >= lines {
				break
			}
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return false
		case <-tick.C:
		}
	}
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		return false
	}
	for { // every thread of it stands still
		switch stateOfProcess(p.Process.Pid) {
		case "T":
			return true
		case "", "Z", "X":
			return false
		}
		<-tick.C
	}
}

// stateOfProcess is the letter of a process's state, "" where there is none.
func stateOfProcess(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return after[:min(1, len(after))]
}

// end waits for the end of a process.
func (z *freezing) end(p *process, about string) {
	z.t.Helper()
	err := <-p.ended
	z.said += fmt.Sprintf("-- %q %s: %v\n%s", p.args, about, err, p.said.String())
	if p.ctx.Err() != nil {
		z.t.Fatalf("seed %d: a process hangs\n%s", z.seed, z.said)
	}
	if p.ProcessState.ExitCode() < 0 || p.ProcessState.ExitCode() == int(outcome.ExitInternal) {
		z.wrong("aixmend %q ended with %v", p.args, err)
	}
}

// wrong notes a property that does not hold.
func (z *freezing) wrong(format string, args ...any) {
	z.t.Helper()
	z.violations++
	z.t.Errorf("seed %d, %s: %s", z.seed, z.kind, fmt.Sprintf(format, args...))
}
