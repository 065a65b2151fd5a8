package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/recorder"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
)

// recordOptions are the flags of record.
type recordOptions struct {
	selection
	stateFolder
	reaching
	loudness
	out       string
	anonymize bool
	playbook  string
	timeout   time.Duration
}

func newRecord(c *cli) *cobra.Command {
	var o recordOptions
	cmd := &cobra.Command{
		Use: "record", Short: "Record the answers of hosts to all read-only probes, one file per host; never changes a host",
		Long: `Runs every read-only probe of all playbooks on each host, and the commands that
settle open questions about AIX, and writes the answers to one file per host, for
aixmend replay.

Anything that looks like a secret is always removed. --anonymize also replaces
names, addresses and ids, consistently, so that the recording gives the same
verdict. Read the file before you send it to anybody.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return record(cmd.Context(), c, &o) },
	}
	fs := cmd.Flags()
	o.selection.flags(fs)
	o.stateFolder.flags(fs)
	o.reaching.flags(fs)
	o.loudness.flags(fs)
	fs.StringVar(&o.out, "out", "aixmend-recordings", "write the recordings to folder `DIR`, one HOST.recording.json for each host")
	fs.BoolVar(&o.anonymize, "anonymize", false, "replace host names, addresses, MACs, node ids, serial numbers and the like, consistently over all files of this run")
	fs.StringVar(&o.playbook, "playbook", "", "also run the probes of the playbook in `FILE`")
	fs.DurationVar(&o.timeout, "probe-timeout", 30*time.Second, "time limit for commands that set none")
	return cmd
}

// record records the selected hosts, from the flags to the exit code.
func record(ctx context.Context, c *cli, o *recordOptions) error {
	if err := o.reaching.check(); err != nil {
		return err
	}
	if o.timeout <= 0 {
		return exit.Usagef("", "--probe-timeout must be more than 0, found %s", o.timeout)
	}
	asked := o.reaching.asked()
	asked.Inventories, asked.Limit = o.inventories, o.limit
	inv, hosts, err := c.selected(ctx, asked, o.state, o.quiet)
	if err != nil {
		return err
	}
	r, err := recorder.New(c.Console, recorder.Options{
		Out: o.out, Anonymize: o.anonymize, Playbook: o.playbook, Timeout: o.timeout,
		Version: currentVersion(), Quiet: o.quiet, Verbose: o.verbose > 0,
	}, inv.Hosts, hosts)
	if err != nil {
		return err
	}
	j := &job.Job{
		Request:  request.Request{Verb: controller.Audit, Asked: asked, Scope: request.ScopeOf(inv, hosts)},
		Settings: c.settings(o.state, o.loudness),
	}
	done, err := j.Open(ctx, c.Console)
	if err != nil {
		return err
	}
	defer done()
	return r.Record(job.Within(ctx, o.deadline), j.ReadOnly())
}
