package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/docs"
	"aixmend/transport/lab/aixsim"
)

// yard is a hub and its sites, each process the command as users have it.
type yard struct {
	t     testing.TB
	dir   string
	fleet *aixsim.Fleet
	parts map[string]string // --limit of each site
	alive killable
	// listen is the address of the hub; "" for one over a NATS that runs already.
	listen string
	// init are the flags of its hub init.
	init []string
	// load has a NATS that runs already include the account of the hub, as it is printed; else
	// nothing.
	load func()
	// begins is the line of a hub that has begun.
	begins string
	// variables are more of the environment, as NAME=VALUE.
	variables []string
}

// killable are the processes of a yard that run.
type killable map[string]*exec.Cmd

// yardParts are the sites of a yard with their hosts: the two of a pair with one node id are
// at different sites.
var yardParts = map[string][]string{
	"fra": {"healthy", "address-removed-smitty", "original", "not-aix"},
	"par": {"daemon-down", "clone", "rsct-below-minimum"},
}

func newYardOf(t *testing.T) *yard {
	t.Helper()
	y := newYard(t)
	y.listen = freeAddress(t)
	y.init = []string{"--name", "127.0.0.1", "--listen", y.listen}
	y.members()
	return y
}

// members makes the hub and its members.
func (y *yard) members() {
	y.t.Helper()
	y.must(append([]string{"hub", "init"}, y.init...)...)
	for site := range y.parts {
		y.must("hub", "site", "add", site)
	}
	y.must("hub", "operator", "add", "ops")
}

// newYard has the hosts of its sites, and no hub yet.
func newYard(t *testing.T) *yard {
	t.Helper()
	program(t)
	y := &yard{t: t, dir: t.TempDir(), parts: map[string]string{}, alive: killable{}, begins: "the hub listens on", load: func() {}}
	var names []string
	for site, hosts := range yardParts {
		y.parts[site] = strings.Join(hosts, ",")
		names = append(names, hosts...)
	}
	slices.Sort(names)
	hosts, err := pairedHosts(names)
	noError(t, err)
	y.fleet, err = simulated.Start(y.dir, hosts, 0)
	noError(t, err)
	t.Cleanup(y.fleet.Close)
	t.Cleanup(y.killAll)
	return y
}

// pairedHosts are hosts of simulated illnesses, and two healthy ones with one node id.
func pairedHosts(names []string) ([]aixsim.FleetHost, error) {
	hosts, err := namedHosts(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "original" || name == "clone" }))
	if err != nil {
		return nil, err
	}
	twins, err := aixsim.FindIllness("node-id-duplicate")
	if err != nil {
		return nil, err
	}
	original, clone := aixsim.Healthy("original", 41), aixsim.Healthy("clone", 42)
	twins.Pair(original, clone)
	return append(hosts, aixsim.FleetHost{State: original}, aixsim.FleetHost{State: clone}), nil
}

// command is the command in the folder of the yard.
func (y *yard) command(args ...string) *exec.Cmd {
	c := exec.Command(program(y.t), args...)
	c.Dir = y.dir
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + y.dir, "NO_COLOR=1", "AIXMEND_SSH_CONFIG=" + request.None}, y.variables...)
	return c
}

func (y *yard) must(args ...string) string {
	y.t.Helper()
	out, err := y.command(args...).CombinedOutput()
	if err != nil {
		y.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// start starts a process in the background and waits until it has said something.
func (y *yard) start(name, says string, args ...string) {
	y.t.Helper()
	log := filepath.Join(y.dir, name+".log")
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	noError(y.t, err)
	defer file.Close()
	before, err := os.ReadFile(log)
	noError(y.t, err)
	c := y.command(args...)
	c.Stdout, c.Stderr = file, file
	noError(y.t, c.Start())
	y.alive[name] = c
	y.await(log, len(before), says)
}

// await waits for a text in a file, behind so many bytes.
func (y *yard) await(file string, from int, text string) string {
	y.t.Helper()
	wanted := regexp.MustCompile(text)
	late := time.NewTimer(killLong)
	defer late.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		read, _ := os.ReadFile(file)
		if found := wanted.Find(read[min(from, len(read)):]); found != nil {
			return string(found)
		}
		select {
		case <-tick.C:
		case <-late.C:
			y.t.Fatalf("%s: no %q in\n%s", file, text, read)
		}
	}
}

func (y *yard) hub() { y.start("hub", y.begins, "hub", "run") }

func (y *yard) worker(site string) {
	y.start(site, "connected", "worker", "--join", site+".join", "-i", "inventory.yaml", "-l", y.parts[site], "--state", site+"-state", "--allow", "recover")
}

// status is the status of the hub, whatever it is.
func (y *yard) status() string {
	out, _ := y.command("hub", "status", "--hub", "ops.join").CombinedOutput()
	return string(out)
}

func (y *yard) killAll() {
	for name := range y.alive {
		y.kill(name)
	}
}

func (y *yard) kill(name string) {
	_ = y.alive[name].Process.Signal(syscall.SIGKILL)
	_ = y.alive[name].Wait()
	delete(y.alive, name)
}

// audit starts an audit over the hub. Its output is in audit.log.
func (y *yard) audit() { y.verb("audit") }

// verb starts a verb over the hub. Its output is in audit.log.
func (y *yard) verb(verb string, flags ...string) {
	y.start("audit", verb+" of 7 hosts at 2 sites", append([]string{verb, "--hub", "ops.join", "--format", "json", "--set", "wait=600ms", "--set", "settle=60ms"}, flags...)...)
}

// ended waits for the verb and returns its run.
func (y *yard) ended() outcome.Run {
	y.t.Helper()
	_ = y.alive["audit"].Wait()
	delete(y.alive, "audit")
	text, err := os.ReadFile(filepath.Join(y.dir, "audit.log"))
	noError(y.t, err)
	var run outcome.Run
	at := strings.LastIndex(string(text), "\n{\n")
	if at < 0 {
		y.t.Fatalf("no run in %s", text)
	}
	noError(y.t, json.NewDecoder(strings.NewReader(string(text)[at:])).Decode(&run))
	return run
}

func (y *yard) begin() {
	y.t.Helper()
	y.hub()
	for site := range y.parts {
		y.worker(site)
	}
	y.connected()
}

// connected waits until the hub has the hosts of all sites.
func (y *yard) connected() {
	for site, hosts := range yardParts {
		want := fmt.Sprintf("site %s: connected, %d hosts", site, len(hosts))
		for !strings.Contains(y.status(), want) {
			continue
		}
	}
}

// verdicts are the parts of a run that must not depend on where its hosts were walked.
func verdicts(t *testing.T, run outcome.Run) string {
	t.Helper()
	address := regexp.MustCompile(`[0-9a-f]*::[0-9a-f:]+|\(address\)`)
	run.Hosts = slices.Clone(run.Hosts)
	for i := range run.Hosts {
		h := &run.Hosts[i]
		h.Address, h.Site, h.DurationMS, h.Defined, h.Reason = "", "", 0, outcome.Place{}, address.ReplaceAllString(h.Reason, "ADDRESS")
		if h.Needs = nil; h.Capture != "" { // the next steps of a person, and the capture, are at the site
			h.Capture = "taken"
		}
	}
	run.ID, run.By, run.Started, run.Finished, run.Limit, run.Resumed, run.ResumedBy = "", outcome.By{}, time.Time{}, time.Time{}, "", nil, nil
	text, err := json.MarshalIndent(run, "", " ")
	noError(t, err)
	return string(text)
}

// An audit over two sites judges as one on one machine does, also over hosts of both, and
// neither the hub's disk nor the operator's output has anything of a host but verdicts.
func TestAuditOverSites(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	auditsAsAlone(t, y)
}

func auditsAsAlone(t *testing.T, y *yard) {
	t.Helper()
	c := y.command("audit", "-i", "inventory.yaml", "--state", "plain", "--format", "json", "--set", "wait=600ms", "--set", "settle=60ms")
	text, _ := c.Output()
	var plain outcome.Run
	noError(t, json.Unmarshal(text, &plain))
	y.audit()
	over := y.ended()
	if a, b := verdicts(t, plain), verdicts(t, over); a != b {
		t.Errorf("on one machine:\n%s\nover a hub:\n%s", a, b)
	}
	for _, h := range over.Hosts {
		if !slices.Contains(yardParts[h.Site], h.Name) {
			t.Errorf("%s is of site %q", h.Name, h.Site)
		}
	}
}

// The folder of the hub, streams and all, has no address, login, command or output of a host; that
// of a hub that has adopted its runs has none either.
func TestTheHubHoldsNothingOfAHost(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	for _, verb := range []string{"plan", "capture", "audit"} {
		y.verb(verb)
		y.ended()
	}
	y.verb("recover", "--yes")
	y.ended()
	y.holdsNothing()
	y.anew()
	y.must("hub", "adopt")
	if runs := y.runs(); len(runs) != 4 {
		t.Error(runs)
	}
	y.holdsNothing()
}

// holdsNothing looks for parts of a host's evidence in the folder of the hub.
func (y *yard) holdsNothing() {
	t := y.t
	t.Helper()
	secret := regexp.MustCompile(`fe80::|127\.0\.0\.1|netaddr6|chdev|lsrsrc|/usr/bin/|aixmend\.lease|BEGIN OPENSSH`)
	found := 0
	for path, text := range everyFile(t, filepath.Join(y.dir, "fra-state")) {
		found += len(secret.FindAllString(text, -1))
		_ = path
	}
	if found < 10 {
		t.Fatalf("the evidence at a site has only %d of what the hub must not have", found)
	}
	for path, text := range everyFile(t, filepath.Join(y.dir, "aixmend-hub")) {
		if filepath.Base(path) == "report.html" {
			text = withoutRunbook(text, secret)
		}
		if word := secret.FindString(text); word != "" && filepath.Base(path) != "hub.json" { // which has its own address
			t.Errorf("%s has %q", path, word)
		}
	}
}

// withoutRunbook is a page without the words that a pattern matches and that the runbook has,
// whose sections are on it.
func withoutRunbook(page string, pattern *regexp.Regexp) string {
	word := regexp.MustCompile(`[^\s<>"'&;(]*(?:` + pattern.String() + `)[^\s<>"'&;),]*`)
	return word.ReplaceAllStringFunc(page, func(w string) string {
		if strings.Contains(docs.Runbook, strings.TrimRight(w, ".")) {
			return ""
		}
		return w
	})
}

// The hub is killed as soon as it has promised a run, and while its sites work, then a worker,
// too: the audit ends as if nothing had been, and no host has more than one outcome.
func TestKilledHubAndWorker(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	auditsThoughKilled(t, y)
}

func auditsThoughKilled(t *testing.T, y *yard) {
	t.Helper()
	y.audit()
	plain := verdicts(t, y.ended())
	for range 3 {
		y.audit()
		y.kill("hub")
		y.hub()
		if again := verdicts(t, y.ended()); again != plain {
			t.Errorf("undisturbed:\n%s\nkilled at once:\n%s", plain, again)
		}
	}
	y.fleet.Host("daemon-down").Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"uname": {Linger: aixsim.Duration(2 * time.Second)}}
	})
	log, err := os.ReadFile(filepath.Join(y.dir, "par.log"))
	noError(t, err)
	y.audit()
	y.await(filepath.Join(y.dir, "par.log"), len(log), `audit of 3 hosts`)
	y.kill("hub")
	y.kill("par")
	y.hub()
	y.worker("par")
	if again := verdicts(t, y.ended()); again != plain {
		t.Errorf("undisturbed:\n%s\nkilled:\n%s", plain, again)
	}
	if log, err := os.ReadFile(filepath.Join(y.dir, "audit.log")); err != nil || strings.Count(string(log), `"run_id"`) != 5 {
		t.Errorf("%s %v", log, err)
	}
}
