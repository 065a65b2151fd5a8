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

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/shell"
)

// demoDelay is how long a simulated RMC takes to connect once nothing prevents it. On a
// real system it takes minutes.
const demoDelay = 700 * time.Millisecond

// demoParams are the waits of the demo, in proportion to demoDelay.
var demoParams = []string{"settle=1500ms", "wait=6s", "probe_timeout=3s"}

// demoStory are the faults of the demo's hosts, by name of the simulator's catalogue.
var demoStory = []string{
	"healthy", "healthy-no-refreshmd", "healthy-customer-ipv6",
	"address-removed-smitty", "address-removed-live", "address-of-clone", "customer-netaddr6-on-rmc-nic",
	"address-not-persistent", "mksysb-restore", "boot-volume-changed", "session-on-rmc-nic",
	"rmc-nic-ambiguous", "rmc-nic-missing", "remote-clients-disabled", "daemon-down", "daemon-hung",
	"rsct-below-minimum", "rsct-below-recommended", "node-id-mismatch", "peer-domain",
	"var-full", "lscluster-hangs", "not-aix", "hostile-log",
}

// demoOptions are the flags of demo.
type demoOptions struct {
	stateFolder
	serve bool
	hosts int
}

func newDemo(c *cli) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the main job on a simulated fleet that speaks real SSH on loopback",
		Long: `Starts simulated AIX hosts with different faults on loopback ports, audits them,
shows the plan, recovers them, and leaves the reports to read. It touches nothing
outside this process but the state folder.

With --serve the fleet stays up, so that you can try every verb yourself.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), c, &o) },
	}
	o.stateFolder.flags(cmd.Flags())
	cmd.Flags().BoolVar(&o.serve, "serve", false, "keep the fleet up until interrupted")
	cmd.Flags().IntVar(&o.hosts, "hosts", len(demoStory), "number of hosts; all but the first 24 are healthy")
	return cmd
}

func runDemo(ctx context.Context, c *cli, o *demoOptions) error {
	if o.hosts < 1 || o.hosts > 5000 {
		return exit.Usagef("", "--hosts must be 1 to 5000, found %d", o.hosts)
	}
	dir := filepath.Join(o.state, "demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	hosts, err := demoHosts(demoStory, o.hosts)
	if err != nil {
		return err
	}
	fleet, err := startFleet(dir, hosts, 0)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer fleet.Close()
	inventory := filepath.Join(dir, "inventory.yaml")
	if o.serve {
		return serveDemo(ctx, c, o.hosts, inventory)
	}
	fmt.Fprintf(c.Out, "%d simulated AIX hosts listen on loopback; their inventory is %s\n", o.hosts, inventory)
	for _, step := range []struct {
		verb  controller.Verb
		about string
	}{
		{controller.Audit, "what is wrong? (reads only)"},
		{controller.Plan, "what would be done about it? (reads only)"},
		{controller.Recover, "capture, repair, verify"},
		{controller.Audit, "and now?"},
	} {
		fmt.Fprintf(c.Out, "\n$ aixmend %s -i %s\n# %s\n\n", step.verb, inventory, step.about)
		if err := demoRun(ctx, c, o, step.verb, inventory); err != nil {
			return err
		}
		if c.Interrupts.Code() != 0 {
			return nil
		}
	}
	fmt.Fprintf(c.Out, "\nThe remaining hosts need a person, by design: aixmend says which and why.\nTry every verb yourself: aixmend demo --serve\n")
	return nil
}

// demoRun runs one verb on the fleet and prints the run.
func demoRun(ctx context.Context, c *cli, o *demoOptions, verb controller.Verb, inventory string) error {
	asked := request.Asked{
		Inventories: []string{inventory}, Concurrency: 200, Playbook: "rmc-restore",
		Set: demoParams, FailOn: defaultFailOn(), ConnectTimeout: 15 * time.Second, SSHConfig: request.None,
	}
	w := walk{stateFolder: o.stateFolder, asked: asked, verb: verb}
	j, err := w.prepare(ctx, c)
	if err != nil {
		return err
	}
	done, err := j.Open(ctx, c.Console)
	if err != nil {
		return err
	}
	defer done()
	run, err := j.Run(ctx, c.Console, nil)
	if err != nil {
		return err
	}
	return printer{cli: c, state: o.state, format: "text", request: request.Request{Asked: asked}}.run(&run.Run, verb)
}

// serveDemo keeps the fleet up until the first signal.
func serveDemo(ctx context.Context, c *cli, hosts int, inventory string) error {
	set := " --set " + strings.Join(demoParams, " --set ")
	fmt.Fprintf(c.Out, `%d simulated AIX hosts listen on loopback until you press Ctrl-C. In another terminal:

  aixmend audit   -i %[2]s%[4]s
  aixmend plan    -i %[2]s%[4]s
  aixmend capture -i %[2]s%[4]s
  aixmend recover -i %[2]s%s
`, hosts, shell.Word(inventory), set, " --set "+demoParams[2])
	select {
	case <-c.Interrupts.Stop():
	case <-ctx.Done():
	}
	return nil
}

// demoHosts makes n hosts: one for each fault of the story, then healthy ones.
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

// startFleet starts a simulated fleet and writes a key, known_hosts and an inventory to
// reach it.
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

// writeKey makes the key that the fleet accepts and writes its private half.
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
