// Package manysites is the demo of many sites: a hub and the workers of some sites, each a process
// of its own, over one simulated fleet; a worker is killed on the way, and the story is told.
package manysites

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/fleet"
	"aixmend/controller/fleet/server"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// names are the sites; the worker of the second one is killed.
var names = [...]string{"fra", "par", "mad", "lon", "ams"}

const (
	// perSite is how many hosts a site has.
	perSite = 24
	// atOnce is how many hosts a worker reads at the same time: so few that it is killed in
	// the middle.
	atOnce = "4"
	// killAfter is how many hosts have ended then.
	killAfter = 8
	// slow is how long the last host of that site takes to answer.
	slow = 4 * time.Second
)

// Demo is one of them.
type Demo struct {
	Console *console.Console
	// State is the state folder of the demo.
	State string
	// Sites is how many there are.
	Sites int

	processes
	sites map[string][]string // hosts by site
	hosts *aixsim.Fleet
	store *journal.Store // of the site whose worker is killed
	op    *fleet.Operator
}

// Run tells the demo.
func (t *Demo) Run(ctx context.Context) error {
	if t.Sites < 2 || t.Sites > len(names) {
		return exit.Usagef("", "--sites must be 2 to %d, found %d", len(names), t.Sites)
	}
	if !server.Available {
		_, err := server.Start(server.Config{})
		return exit.Usage(err)
	}
	ctx, release := t.Console.Interrupts.UntilStop(ctx)
	defer release()
	if _, err := journal.Open(t.State); err != nil {
		return err
	}
	dir, leave, err := simulated.Enter(t.State)
	if err != nil {
		return err
	}
	defer leave()
	if err := t.serve(dir); err != nil {
		return err
	}
	defer t.hosts.Close()
	defer t.end()
	if err := t.begin(ctx, dir); err != nil {
		return err
	}
	defer t.op.Close()
	return t.story(ctx)
}

// serve starts the hosts. Two hosts of different sites have one node id.
func (t *Demo) serve(dir string) error {
	story := simulated.Story()
	hosts, err := simulated.Hosts(story, perSite*t.Sites)
	if err != nil {
		return err
	}
	twins, err := aixsim.FindIllness("node-id-duplicate")
	if err != nil {
		return err
	}
	twins.Pair(hosts[len(story)].State, hosts[len(story)+1].State)
	if t.hosts, err = simulated.Start(dir, hosts, 0); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	t.sites = map[string][]string{}
	for i, m := range t.hosts.Inventory() {
		site := names[i%t.Sites]
		t.sites[site] = append(t.sites[site], m.Name)
	}
	t.hosts.Host(slices.Max(t.sites[t.victim()])).Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"uname": {Linger: aixsim.Duration(slow)}}
	})
	return nil
}

// victim is the site whose worker is killed.
func (t *Demo) victim() string { return names[1] }

// begin makes and starts the hub and the workers, and waits until all are there.
func (t *Demo) begin(ctx context.Context, dir string) (err error) {
	if t.program, err = os.Executable(); err != nil {
		return err
	}
	if t.dir, err = filepath.Abs(filepath.Join(dir, "sites")); err != nil {
		return err
	}
	if err := os.RemoveAll(t.dir); err != nil { // of an earlier demo
		return err
	}
	if err := os.Mkdir(t.dir, 0o700); err != nil {
		return err
	}
	t.alive = map[string]*exec.Cmd{}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	calls := [][]string{{"hub", "init", "--name", "127.0.0.1", "--listen", address}, {"hub", "operator", "add", "ops"}}
	for site := range t.sites {
		calls = append(calls, []string{"hub", "site", "add", site})
	}
	for _, call := range calls {
		if err := t.call(call...); err != nil {
			return err
		}
	}
	if err := t.start("hub", "hub", "run"); err != nil {
		return err
	}
	for site := range t.sites {
		if err := t.worker(site); err != nil {
			return err
		}
	}
	if t.store, err = journal.Open(t.path(t.victim() + "-state")); err != nil {
		return err
	}
	if err := await(ctx, "the hub can't be reached", func() bool {
		t.op, err = hub.Dial(ctx, t.Console, t.path("ops.join"))
		return err == nil
	}); err != nil {
		return err
	}
	return await(ctx, "not every worker is connected", func() bool {
		st, err := hub.Ask(ctx, t.op)
		return err == nil && !slices.ContainsFunc(st.Sites, func(s hub.Site) bool { return s.Hosts != perSite })
	})
}

func (t *Demo) path(name string) string { return filepath.Join(t.dir, name) }

func (t *Demo) worker(site string) error {
	return t.start(site, "worker", "--join", site+".join", "-i", "../inventory.yaml", "-l", strings.Join(t.sites[site], ","), "--state", site+"-state", "-c", atOnce)
}

// freeAddress is an address of loopback on which nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// audit has the hub audit all hosts, and returns the id of the run. The channel gets its end.
func (t *Demo) audit(ctx context.Context) (id string, over <-chan ended, err error) {
	end := make(chan ended, 1)
	c := t.command("audit", "--hub", "ops.join", "--format", "json", "--set", simulated.ReadWait)
	var out, log bytes.Buffer
	c.Stdout, c.Stderr = &out, &log
	if err := c.Start(); err != nil {
		return "", nil, err
	}
	go func() {
		_ = c.Wait() // its exit code is the verdict
		e := ended{}
		if e.err = json.Unmarshal(out.Bytes(), &e.run); e.err != nil {
			e.err = fmt.Errorf("demo: the audit failed: %s", log.String())
		}
		end <- e
	}()
	context.AfterFunc(ctx, func() { _ = c.Process.Kill() }) // nobody waits for it any more
	err = await(ctx, "the audit has not begun", func() bool {
		st, err := hub.Ask(ctx, t.op)
		if err == nil && len(st.Runs) > 0 {
			id = st.Runs[0].Run
		}
		return id != ""
	})
	return id, end, err
}

// ended is the end of an audit.
type ended struct {
	run outcome.Run
	err error
}

// reported are the hosts of the killed worker that have ended.
func (t *Demo) reported(run string) []string {
	var list []string
	for _, host := range t.sites[t.victim()] {
		if _, err := t.store.LoadHost(run, host); err == nil {
			list = append(list, host)
		}
	}
	return list
}

// sent is how many commands some hosts have got.
func (t *Demo) sent(hosts []string) int {
	n := 0
	for _, host := range hosts {
		n += len(t.hosts.Server(host).Commands())
	}
	return n
}
