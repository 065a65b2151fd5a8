package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/cloud"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/manysites"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/cmd/aixmend/story"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// demoOptions are the flags of demo.
type demoOptions struct {
	stateFolder
	loudness
	serve bool
	hosts int
	sites int
}

func newDemo(c *cli) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the main job on a simulated fleet that speaks real SSH on loopback",
		Long: `Starts simulated AIX hosts with different faults on loopback ports, audits them,
plans, recovers them and audits them again. It tells the story on one page; the
state folder has the full report of each run, and -v prints each run as its verb
does. It touches nothing outside this process but the state folder.

With --serve the fleet stays up, so that you can try every verb yourself. With --sites
it is audited over a hub: a worker is killed on the way.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), c, &o) },
	}
	fs := cmd.Flags()
	o.stateFolder.flags(fs)
	o.loudness.flags(fs)
	fs.BoolVar(&o.serve, "serve", false, "keep the fleet up until interrupted")
	fs.IntVar(&o.sites, "sites", 0, "audit 24 hosts at each of `N` sites over a hub, 2 to 5")
	fs.IntVar(&o.hosts, "hosts", len(simulated.Story()), "number of hosts; all but the first 24 are healthy")
	return cmd
}

func runDemo(ctx context.Context, c *cli, o *demoOptions) error {
	if o.sites != 0 {
		return (&manysites.Demo{Console: c.Console, State: o.state, Sites: o.sites}).Run(ctx)
	}
	if o.hosts < 1 || o.hosts > 5000 {
		return exit.Usagef("", "--hosts must be 1 to 5000, found %d", o.hosts)
	}
	store, err := journal.Open(o.state)
	if err != nil {
		return err
	}
	dir, leave, err := simulated.Enter(o.state)
	if err != nil {
		return err
	}
	defer leave()
	hosts, err := simulated.Hosts(simulated.Story(), o.hosts)
	if err != nil {
		return err
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer fleet.Close()
	vms, err := simulated.Cloud(fleet)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer vms.Close()
	folder, _ := os.Getwd() // cd '' stays where it is
	inventory := filepath.Join(dir, "inventory.yaml")
	teller := story.Teller{Program: c.Program, State: o.state, Reports: store, Folder: folder, Options: c.TextOptions(), OS: runtime.GOOS}
	if !o.serve {
		c.cloud = cloud.New(cloud.Options{Simulated: &cloud.Simulated{Endpoint: vms.URL(), Key: simulated.CloudKey, RootCAs: vms.RootCAs()}})
		return tell(ctx, c, o, &teller, inventory)
	}
	variables, err := simulated.CloudFile(dir, vms)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	fmt.Fprint(c.Out, teller.Serves(o.hosts, inventory, variables))
	select {
	case <-c.Interrupts.Stop():
	case <-ctx.Done():
	}
	return nil
}

// tell runs the verbs of the demo and tells each run.
func tell(ctx context.Context, c *cli, o *demoOptions, teller *story.Teller, inventory string) error {
	for _, verb := range []controller.Verb{controller.Audit, controller.Plan, controller.Recover, controller.Audit} {
		run, err := demoRun(ctx, c, o, verb, inventory)
		if code := c.Interrupts.Code(); err == nil && code != 0 {
			return exit.Verdict{Code: code}
		}
		if err != nil {
			return err
		}
		if text := teller.Run(*run); !o.quiet {
			fmt.Fprint(c.Out, text)
		}
	}
	end := teller.End
	if o.quiet {
		end = teller.Left
	}
	_, err := fmt.Fprint(c.Out, end())
	return err
}

// demoRun runs one verb on the fleet, and prints the run where details are wanted.
func demoRun(ctx context.Context, c *cli, o *demoOptions, verb controller.Verb, inventory string) (*outcome.Run, error) {
	asked := request.Asked{
		Inventories: []string{inventory}, Concurrency: 200, Playbook: "rmc-restore",
		Set: simulated.Waits(), FailOn: outcome.Words(outcome.DefaultFailOn()), ConnectTimeout: 15 * time.Second, SSHConfig: request.None,
	}
	w := walk{stateFolder: o.stateFolder, loudness: o.loudness, asked: asked, verb: verb}
	j, err := w.prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	done, err := j.Open(ctx, c.Console)
	if err != nil {
		return nil, err
	}
	defer done()
	run, err := j.Run(ctx, c.Console, nil)
	if err != nil {
		return nil, err
	}
	if o.verbose > 0 {
		fmt.Fprintf(c.Out, "$ aixmend %s -i %s\n\n", verb, inventory)
		err = printer{cli: c, state: o.state, format: "text", full: true, gone: true, request: request.Request{Asked: asked}}.run(&run.Run, verb)
		fmt.Fprintln(c.Out)
	}
	return &run.Run, err
}
