package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/notices"
	"aixmend/cmd/aixmend/remote"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// resumeOptions are the flags of resume. Everything else is in the request of the run.
type resumeOptions struct {
	stateFolder
	format
	annotated
	notices.Notices
	loudness
	hub      string
	yes      bool
	deadline time.Duration
}

func newResume(c *cli) *cobra.Command {
	var o resumeOptions
	cmd := &cobra.Command{
		Use: "resume [RUN]", Short: "Continue a run that was cut off, from its journal",
		Long: `Continues a run that was killed, interrupted or cut by its deadline: in its own
folder, with its own inventory, flags and allowances. It works in any folder.
On a terminal it reads the hosts that are left, shows their plan and asks. The
deadline of the run begins anew. Finished hosts stay as they are. A host to which a
change was sent is read first, and the result of an open step is reported, before
anything more is sent.

aixmend runs shows which runs are open.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return resume(cmd, c, &o, args) },
	}
	fs := cmd.Flags()
	o.stateFolder.flags(fs)
	o.runFlags(fs)
	o.annotated.flags(fs)
	fs.BoolVar(&o.yes, "yes", false, "do not ask; needed where there is no terminal")
	fs.DurationVar(&o.deadline, "deadline", 0, "time limit for this part of the run; 0: that of the run itself, again from now")
	o.Notices.Flags(fs)
	o.loudness.flags(fs)
	hub.Flag(fs, &o.hub, "join `FILE` of an operator: the hub continues the run")
	return cmd
}

func resume(cmd *cobra.Command, c *cli, o *resumeOptions, args []string) error {
	if err := o.Notices.Check(); err != nil {
		return err
	}
	if err := o.format.check(outcome.ConventionNagios); err != nil {
		return err
	}
	if o.deadline < 0 {
		return exit.Usagef("", "--deadline must not be negative, found %s", o.deadline)
	}
	ctx := cmd.Context()
	if o.hub != "" {
		if err := remote.CheckFlags(cmd); err != nil {
			return err
		}
		view := remote.View{Format: o.format.format, Plugin: c.plugin, Quiet: o.quiet, Full: o.verbose > 0, Annotations: o.annotations, Notices: o.Notices, Version: currentVersion()}
		return hub.Resume(ctx, c.Console, o.hub, view, hub.Rest{Run: args, Deadline: o.deadline, Yes: o.yes})
	}
	store, err := openState(o.state)
	if err != nil {
		return err
	}
	id, err := c.openRun(store, args)
	if err != nil {
		return err
	}
	r, err := request.Load(store, id)
	if err != nil {
		return err
	}
	if r.Sites != nil {
		return exit.Usagef("resume it with --hub and the join file of an operator", "run %s is one over a hub", id)
	}
	if o.deadline > 0 {
		r.Deadline = o.deadline
	}
	j, err := restore(r, c.settings(o.state, o.loudness))
	if err != nil {
		return err
	}
	earlier, err := job.LoadEarlier(store, id, j.Playbook)
	if err != nil {
		return err
	}
	if err := j.Gone(earlier.Left(j)); err != nil {
		return err
	}
	if !o.quiet {
		c.Say("%s", earlier.Describe(j))
	}
	w := walk{stateFolder: o.stateFolder, format: o.format, annotated: o.annotated, Notices: o.Notices, loudness: o.loudness}
	if r.Verb != controller.Recover {
		return w.finish(ctx, c, j, earlier)
	}
	done, err := j.Open(ctx, c.Console)
	if err != nil {
		return err
	}
	defer done()
	if !o.yes && c.CanAsk() {
		if run, err := j.PreviewLeft(ctx, c.Console, earlier); run != nil || err != nil {
			return w.show(ctx, c, j, run, err)
		}
	}
	if err := j.Consent(c.Console, "resume", earlier.Left(j), o.yes); err != nil {
		return err
	}
	return w.carryOut(ctx, c, j, earlier)
}

// restore prepares the job of a request again.
func restore(r request.Request, s job.Settings) (*job.Job, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if err := checkSSHConfig(r.SSHConfig); err != nil {
		return nil, err
	}
	if err := evidence.Check(r.Files, evidence.NamedBy(r.Asked)); err != nil {
		return nil, err
	}
	return job.Restore(r, s)
}

// named returns the id of the run that a changing verb works on, and says it where only a
// part of it was typed.
func (c *cli) named(store *journal.Store, ref string) (string, error) {
	id, err := store.Named(ref)
	if err == nil && id != ref && ref != "latest" {
		c.Say("run %s is %s", ref, id)
	}
	return id, err
}

// openRun returns the run to resume: the one that is named, or the newest open one, which is the
// latest that can be.
func (c *cli) openRun(store *journal.Store, args []string) (string, error) {
	if len(args) == 1 && args[0] != "latest" {
		id, err := c.named(store, args[0])
		if err != nil {
			return "", exit.Usage(err)
		}
		return id, resumable(store, id)
	}
	ids, err := store.RunIDs()
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if err := store.Readable(id); err != nil {
			return "", exit.Usage(err)
		}
		if store.StateByHead(id) == journal.StateOpen {
			return id, resumable(store, id)
		}
	}
	return "", exit.Usagef("aixmend runs lists all runs", "no run in %s is open", store.Root())
}

// resumable returns why a run can't be resumed, nil when it can.
func resumable(store *journal.Store, id string) error {
	switch store.State(id) {
	case journal.StateRunning:
		return fmt.Errorf("run %s: %w", id, journal.ErrRunning)
	case journal.StateCutOff:
		return exit.Usagef("start a new run", "run %s can't be resumed: it was cut off before its request was written", id)
	case journal.StateOtherVersion:
		return exit.Usagef("aixmend report "+id+" lists its changes; aixmend recover starts a new run, which reads the hosts again; aixmend recover --undo "+id+" rolls it back",
			"run %s can't be resumed: another version began it, and its journal has another format", id)
	case journal.StateEnded:
		return exit.Usagef("aixmend runs shows which runs are open", "run %s has finished: there is nothing to resume", id)
	}
	return nil
}
