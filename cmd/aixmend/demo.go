package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/controller"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/shell"
)

// demoDelay is how long a simulated RMC takes to connect once its causes are
// right. On a real system it is minutes.
const demoDelay = 700 * time.Millisecond

// demoParams are the waits of the demo, in proportion to demoDelay.
var demoParams = []string{"settle=1500ms", "wait=6s", "probe_timeout=3s"}

// demoStory is what the demo's hosts suffer from, by name of the simulator's
// catalogue.
var demoStory = []string{
	"healthy", "healthy-no-refreshmd", "healthy-customer-ipv6",
	"address-removed-smitty", "address-removed-live", "address-of-clone", "customer-netaddr6-on-rmc-nic",
	"address-not-persistent", "mksysb-restore", "boot-volume-changed", "session-on-rmc-nic",
	"rmc-nic-ambiguous", "rmc-nic-missing", "remote-clients-disabled", "daemon-down", "daemon-hung",
	"rsct-below-minimum", "rsct-below-recommended", "node-id-mismatch", "peer-domain",
	"var-full", "lscluster-hangs", "not-aix", "hostile-log",
}

func (a *app) demo() *cobra.Command {
	c := &cobra.Command{
		Use: "demo", Short: "The main job on a simulated fleet that speaks real SSH on loopback",
		Long: `Starts a fleet of simulated AIX hosts with different illnesses on loopback
ports, audits it, shows the plan, recovers it, and leaves the reports to read.
Nothing outside this process is touched but the state folder.

With --serve the fleet stays up, and an inventory is written, so that every
verb can be tried by hand.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runDemo(c.Context()) },
	}
	a.flags.stateDir(c)
	c.Flags().BoolVar(&a.flags.serve, "serve", false, "keep the fleet up until interrupted")
	c.Flags().IntVar(&a.flags.hosts, "hosts", len(demoStory), "how many hosts; past the story of the first 24 they are healthy")
	return c
}

func (a *app) runDemo(ctx context.Context) error {
	if a.flags.hosts < 1 || a.flags.hosts > 5000 {
		return usagef("", "--hosts must be 1 to 5000, found %d", a.flags.hosts)
	}
	dir := filepath.Join(a.flags.state, "demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	hosts, err := demoHosts(demoStory, a.flags.hosts)
	if err != nil {
		return err
	}
	fleet, err := startFleet(dir, hosts, 0)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer fleet.Close()
	inventory := filepath.Join(dir, "inventory.yaml")
	if a.flags.serve {
		return a.serve(ctx, inventory)
	}
	fmt.Fprintf(a.out, "%d simulated AIX hosts listen on loopback; their inventory is %s\n", a.flags.hosts, inventory)
	for _, step := range []struct {
		verb  controller.Verb
		about string
	}{
		{controller.Audit, "what is wrong? (reads only)"},
		{controller.Plan, "what would be done about it? (reads only)"},
		{controller.Recover, "capture, repair, verify"},
		{controller.Audit, "and now?"},
	} {
		fmt.Fprintf(a.out, "\n$ aixmend %s -i %s\n# %s\n\n", step.verb, inventory, step.about)
		if err := a.demoRun(ctx, step.verb, inventory); err != nil {
			return err
		}
		if _, interrupted := a.interrupts.code(); interrupted {
			return nil
		}
	}
	fmt.Fprintf(a.out, "\nThe hosts that are left need a person, on purpose: aixmend says whom and why.\nTry every verb by hand: aixmend demo --serve\n")
	return nil
}

func (a *app) demoRun(ctx context.Context, verb controller.Verb, inventory string) error {
	f := flags{
		asked: asked{
			Inventories: []string{inventory}, Concurrency: 200, Playbook: "rmc-restore",
			Set: demoParams, FailOn: defaultFailOn(), ConnectTimeout: 15 * time.Second, SSHConfig: noSSHConfig,
		},
		state: a.flags.state, format: "text",
	}
	a.flags = f
	j, err := f.job(verb)
	if err != nil {
		return err
	}
	defer a.equip(ctx, j)()
	run, err := a.execute(ctx, j, nil)
	if err != nil {
		return err
	}
	return a.print(run, verb)
}

// serve keeps the fleet up until the first signal.
func (a *app) serve(ctx context.Context, inventory string) error {
	set := " --set " + strings.Join(demoParams, " --set ")
	fmt.Fprintf(a.out, `%d simulated AIX hosts listen on loopback until you press Ctrl-C. In another terminal:

  aixmend audit   -i %[2]s%[4]s
  aixmend plan    -i %[2]s%[4]s
  aixmend capture -i %[2]s%[4]s
  aixmend recover -i %[2]s%s
`, a.flags.hosts, shell.Word(inventory), set, " --set "+demoParams[2])
	select {
	case <-a.interrupts.stop:
	case <-ctx.Done():
	}
	return nil
}

// demoHosts makes n hosts: one for each illness of the story, then healthy ones.
func demoHosts(story []string, n int) ([]aixsim.FleetHost, error) {
	hosts := make([]aixsim.FleetHost, 0, n)
	for i := range n {
		name := "healthy"
		if i < len(story) {
			name = story[i]
		}
		illness, err := aixsim.FindIllness(name)
		if err != nil {
			return nil, err
		}
		state := aixsim.Healthy(fmt.Sprintf("aixvm%03d", i+1), i+1)
		state.RMC.ConnectDelay = aixsim.Duration(demoDelay)
		illness.Apply(state)
		hosts = append(hosts, aixsim.FleetHost{State: state, Illness: name})
	}
	return hosts, nil
}

// startFleet starts a simulated fleet and writes what a client needs to reach
// it: a key, known_hosts and an inventory.
func startFleet(dir string, hosts []aixsim.FleetHost, latency time.Duration) (*aixsim.Fleet, error) {
	login, err := writeKey(dir)
	if err != nil {
		return nil, err
	}
	fleet, err := aixsim.NewFleet(hosts, aixsim.FleetOptions{
		SSH: sshtest.Options{AuthorizedKeys: []gossh.PublicKey{login}, Latency: latency},
	})
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"known_hosts": fleet.KnownHosts(), "inventory.yaml": demoInventory(fleet)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			fleet.Close()
			return nil, err
		}
	}
	return fleet, nil
}

// writeKey makes the key that the fleet lets in and writes its private half.
func writeKey(dir string) (gossh.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := gossh.MarshalPrivateKey(private, "aixmend demo")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "id_ed25519"), pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, err
	}
	return gossh.NewPublicKey(public)
}

const demoInventoryHead = "apiVersion: aixmend/v1\ndefaults:\n  ssh: {user: root, identity: id_ed25519, known_hosts: known_hosts, jump: none}\nhosts:\n"

// demoInventory writes the fleet's inventory.
func demoInventory(fleet *aixsim.Fleet) string {
	var b strings.Builder
	b.WriteString(demoInventoryHead)
	for _, m := range fleet.Inventory() {
		fmt.Fprintf(&b, "  %s: {address: %q, ssh: {port: %d}} # %s\n", m.Name, m.Address, m.Port, m.Illness)
	}
	return b.String()
}
