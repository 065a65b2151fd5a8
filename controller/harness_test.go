package controller_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/retry"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/wrap"
)

// TestMain holds, too, that no test changed the embedded playbook, which all of them share.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := untouched("rmc-restore"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
		os.Exit(code)
	}))
}

func untouched(name string) error {
	text, err := playbooks.Source(name)
	if err != nil {
		return err
	}
	want, err := playbooks.Parse(name+".yaml", text)
	if err != nil {
		return err
	}
	shared, err := playbooks.Load(name)
	if err != nil {
		return err
	}
	a, errA := json.Marshal(shared.Program.Playbook)
	b, errB := json.Marshal(want.Program.Playbook)
	if err := errors.Join(errA, errB); err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return fmt.Errorf("a test changed the embedded playbook %s, which is shared", name)
	}
	return nil
}

// connectDelay is how long the simulated RMC takes to connect in these tests.
const connectDelay = 20 * time.Millisecond

// hang is how long a run may take here: one that takes longer hangs, on the slowest
// machine too.
const hang = 10 * time.Minute

// bench is a fleet with what an engine needs to reach it.
type bench struct {
	t           *testing.T
	fleet       *aixsim.Fleet
	hosts       []inventory.Host
	store       *journal.Store
	dir         *journal.Run
	id          string // of the run in dir
	playbook    *playbooks.Playbook
	set         []string
	concurrency int
	slots       *wrap.Slots
	stop        chan struct{}

	mu          sync.Mutex
	ended       map[string]outcome.Host
	moves       []string // "host state", in order
	baseline    func(host string) facts.Past
	upload      facts.Upload
	transferred func(host, file string, done int64)
	settled     []controller.Settled
	waves       []string // as they began
	told        []outcome.HostSummary
}

// newBench starts one host for each illness; its name is the illness, with a
// number when it is there twice.
func newBench(t *testing.T, illnesses ...string) *bench {
	t.Helper()
	var hosts []aixsim.FleetHost
	for i, name := range illnesses {
		illness, err := aixsim.FindIllness(name)
		if err != nil {
			t.Fatal(err)
		}
		state := aixsim.Healthy(hostName(illnesses, i), i+1)
		state.RMC.ConnectDelay = aixsim.Duration(connectDelay)
		illness.Apply(state)
		hosts = append(hosts, aixsim.FleetHost{State: state, Illness: name})
	}
	return startBench(t, hosts)
}

func hostName(illnesses []string, i int) string {
	before := 0
	for _, name := range illnesses[:i] {
		if name == illnesses[i] {
			before++
		}
	}
	if before == 0 {
		return illnesses[i]
	}
	return fmt.Sprintf("%s-%d", illnesses[i], before+1)
}

func startBench(t *testing.T, hosts []aixsim.FleetHost) *bench {
	t.Helper()
	dir := t.TempDir()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	login, err := gossh.NewPublicKey(public)
	must(t, err)
	fleet, err := aixsim.NewFleet(hosts, aixsim.FleetOptions{
		SSH: sshtest.Options{AuthorizedKeys: []gossh.PublicKey{login}},
		// Comparing the whole state around every step is dear: large fleets are
		// compared as a whole by their test.
		Host: aixsim.HostOptions{VerifyEffects: len(hosts) < 20},
	})
	must(t, err)
	t.Cleanup(fleet.Close)
	block, err := gossh.MarshalPrivateKey(private, "")
	must(t, err)
	identity, known := filepath.Join(dir, "id"), filepath.Join(dir, "known_hosts")
	must(t, os.WriteFile(identity, pem.EncodeToMemory(block), 0o600))
	must(t, os.WriteFile(known, []byte(fleet.KnownHosts()), 0o600))
	store, err := journal.Open(filepath.Join(dir, "state"))
	must(t, err)
	run, err := store.NewRun("r1")
	must(t, err)
	t.Cleanup(func() { _ = run.Close() })
	p, err := playbooks.Load("rmc-restore")
	must(t, err)
	b := &bench{
		t: t, fleet: fleet, store: store, dir: run, id: "r1", playbook: p, concurrency: 8,
		set:   []string{"settle=60ms", "wait=2s", "probe_timeout=5s", "undo_after=4m"},
		stop:  make(chan struct{}),
		ended: map[string]outcome.Host{},
	}
	for _, m := range fleet.Inventory() {
		b.hosts = append(b.hosts, inventory.Host{
			Name: m.Name, Address: m.Address,
			SSH: inventory.SSH{User: "root", Port: m.Port, Identity: identity, KnownHosts: known, Become: inventory.BecomeNone},
		})
	}
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// HostDone implements controller.Sink.
func (b *bench) HostDone(h outcome.Host) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended[h.Host] = h
	return nil
}

// Keep implements controller.Sink.
func (b *bench) Checkpoint(h outcome.Host) error { return b.dir.WriteCheckpoint(h) }

// Settled implements controller.Observer.
func (b *bench) Settled(s controller.Settled) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settled = append(b.settled, s)
}

// Following implements controller.Observer.
func (b *bench) Following(int, time.Time) {}

// WaveBegun implements controller.Observer.
func (b *bench) WaveBegun(n, of, hosts int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waves = append(b.waves, fmt.Sprintf("wave %d of %d: %d", n, of, hosts))
}

// Ended implements controller.Observer.
func (b *bench) Ended(h outcome.HostSummary) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, h)
}

// Load implements controller.Sink.
func (b *bench) Load(host string) (outcome.Host, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended[host], nil
}

// Amend implements controller.Sink.
func (b *bench) Amend(host string, change func(*outcome.Host)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.ended[host]
	change(&h)
	b.ended[host] = h
	return nil
}

// Moved implements controller.Observer.
func (b *bench) Moved(host string, to controller.State, _ string, _ time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moves = append(b.moves, host+" "+string(to))
}

// Transferred implements controller.Observer.
func (b *bench) Transferred(host, file string, done, _ int64) {
	if b.transferred != nil {
		b.transferred(host, file, done)
	}
}

// Uploads implements controller.Folders.
func (b *bench) Uploads(folder string) ([]string, error) {
	return filepath.Glob(filepath.Join(folder, "*"))
}

// Support implements controller.Folders.
func (b *bench) Support(host string) (path, name string, err error) { return b.dir.Support(host) }

// use changes the playbook.
func (b *bench) use(name string) {
	b.t.Helper()
	p, err := playbooks.Load(name)
	must(b.t, err)
	b.playbook = p
}

// engine wires the bench as the command does.
func (b *bench) engine(verb controller.Verb) *controller.Engine {
	b.t.Helper()
	params, err := b.playbook.Set(b.set)
	must(b.t, err)
	gate := wrap.Gate(wrap.Shut)
	if verb == controller.Recover {
		gate = func(transport.Target, transport.Command) error { return nil }
	}
	id := "r1"
	if verb == controller.Capture {
		id = "r0" // what it takes is the past of the run after it
	}
	b.slots = nil // each run has its own
	return &controller.Engine{
		Options: controller.Options{RunID: id, Verb: verb, Playbook: b.playbook, Params: params, Baseline: b.baseline, Upload: b.upload, Process: "b0ad.1"},
		Dialer:  b.dialer(gate), Slots: b.slotsOf(),
		Journal: b.dir, Captures: b.store, Folders: b, Sink: b, Observer: b, Stop: b.stop,
	}
}

// dialer is the real one, limited and gated as the command does it.
func (b *bench) dialer(gate wrap.Gate) transport.Dialer {
	dialer := ssh.NewDialer(ssh.Options{
		ConnectTimeout: 30 * time.Second, Keys: &auth.Keys{}, Hosts: &hostkeys.KnownHosts{},
	})
	return wrap.Gated(wrap.Limited(wrap.Retried(dialer, quickly(retry.Dial)), b.slotsOf()), gate)
}

// slotsOf are the slots of the newest run, for all its diallers.
func (b *bench) slotsOf() *wrap.Slots {
	if b.slots == nil {
		windows := []*wrap.Window{wrap.NewWindow(b.concurrency)}
		b.slots = wrap.NewSlots(func(string) []*wrap.Window { return windows })
	}
	return b.slots
}

// run runs a verb over all hosts, or those named.
func (b *bench) run(verb controller.Verb, only ...string) map[string]outcome.Host {
	b.t.Helper()
	return b.runEngine(b.engine(verb), only...)
}

func (b *bench) runEngine(e *controller.Engine, only ...string) map[string]outcome.Host {
	b.t.Helper()
	hosts := b.hosts
	if len(only) > 0 {
		hosts = slices.DeleteFunc(slices.Clone(hosts), func(h inventory.Host) bool { return !slices.Contains(only, h.Name) })
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), hang)
	defer cancel()
	if _, err := e.Run(ctx, hosts); err != nil || ctx.Err() != nil {
		b.t.Fatalf("run: %v, %v", err, ctx.Err())
	}
	return b.ended
}

// changed returns the simple commands of a host that changed something.
func (b *bench) changed(host string) []string {
	var list []string
	for _, entry := range b.fleet.Host(host).Log() {
		if entry.Mutated {
			list = append(list, strings.Join(entry.Argv, " "))
		}
	}
	return list
}

// changing are the commands that only a changing step uses.
var changing = []string{"chdev", "rmcctrl", "rmcrefreshMD", "cp", "recfgct", "odmdelete"}

// sent returns the changing commands that reached a host, in order, with their
// exit status.
func (b *bench) sent(host string) []string {
	var list []string
	for _, entry := range b.fleet.Host(host).Log() {
		if slices.Contains(changing, path.Base(entry.Argv[0])) {
			list = append(list, fmt.Sprintf("%s = %d", strings.Join(entry.Argv, " "), entry.Exit))
		}
	}
	return list
}

// journal reads the run's journal.
func (b *bench) journal() []outcome.Entry {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.store.RunDir(b.id), "journal.jsonl"))
	must(b.t, err)
	var entries []outcome.Entry
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e outcome.Entry
		must(b.t, json.Unmarshal(lines.Bytes(), &e))
		entries = append(entries, e)
	}
	return entries
}

// statuses are the changes without those that arm and disarm an undo.
func statuses(h outcome.Host) []string {
	var list []string
	for _, c := range h.Changes {
		if strings.HasSuffix(c.Step, "arm-undo") {
			continue
		}
		list = append(list, c.Step+" "+c.Status)
	}
	return list
}

// run runs one command on a host, past every gate.
func run(t *testing.T, b *bench, host, line string) {
	t.Helper()
	i := slices.IndexFunc(b.hosts, func(h inventory.Host) bool { return h.Name == host })
	h := b.hosts[i]
	conn, err := b.dialer(func(transport.Target, transport.Command) error { return nil }).Dial(t.Context(), transport.Target{
		Name: h.Name, Address: h.Address, Port: h.SSH.Port, User: h.SSH.User, Identity: h.SSH.Identity, KnownHosts: h.SSH.KnownHosts,
	})
	must(t, err)
	defer conn.Close()
	got, err := conn.Run(t.Context(), []transport.Command{{ID: "by hand", Line: line, Timeout: time.Minute}})
	must(t, err)
	if r := got.Results[0]; r.Err != nil || r.Exit != 0 {
		t.Fatalf("%s: status %d, %v: %s", line, r.Exit, r.Err, r.Stderr)
	}
}

// cutDuring cuts the next connection of a host on which a command with this
// text begins; the command runs on.
func (b *bench) cutDuring(host, text string) {
	b.fleet.Server(host).SetFaults(sshtest.Faults{CutDuring: text, Times: 1})
}

// quickly is a rule whose first wait is a millisecond.
func quickly(rule retry.Rule) retry.Rule {
	rule.First = time.Millisecond
	return rule
}
