package main

import (
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/news"
	"aixmend/cmd/aixmend/remote"
	"aixmend/controller"
	"aixmend/controller/journal"
)

// auditOptions are the flags of audit.
type auditOptions struct {
	walking
	detail
	since string
}

func newAudit(c *cli) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use: "audit", Short: "Diagnose; never changes a host", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return audit(cmd, c, &o) },
	}
	fs := cmd.Flags()
	o.walking.flags(fs)
	fs.StringVar(&o.since, "since", "", "print only changes since `RUN`, and nothing when there are none; last: the newest earlier audit of each host")
	o.detail.flags(fs)
	return cmd
}

func audit(cmd *cobra.Command, c *cli, o *auditOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.hub != "" {
		return o.overHub(cmd, c, remote.View{Since: o.since != ""}, controller.Audit, func(call *hub.Call) { call.Since, call.Detailed = o.since, o.detailed })
	}
	w := newWalk(&o.walking, controller.Audit, o.asked(), o.detailed)
	if o.since != "" {
		since, err := c.baseline(o.state, o.since)
		if err != nil {
			return err
		}
		w.since, w.loudness.quiet = since, true // prints nothing where nothing changed
	}
	return w.run(cmd.Context(), c)
}

// baseline returns the id of the run of --since, or last. A run that is named must exist
// before anything is run.
func (c *cli) baseline(state, since string) (string, error) {
	if since == news.Last {
		return since, nil
	}
	store, err := journal.OpenExisting(state)
	if err != nil {
		return "", exit.Usagef("--since last compares with the newest earlier run, if there is one", "--since %s: %w", since, err)
	}
	run, err := news.Finished(store, since)
	if err != nil {
		return "", exit.Usagef("aixmend runs lists all runs; --since last names the newest earlier one", "--since %s: %w", since, err)
	}
	c.noteOpen(store, since)
	return run.ID, nil // latest may name another run by the end
}
