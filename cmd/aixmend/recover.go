package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/outcome"
)

func newRecover(c *cli) *cobra.Command {
	var o recoverOptions
	cmd := &cobra.Command{
		Use: "recover", Short: "Diagnose, and where there is something to change: capture, repair, verify",
		Args: cobra.NoArgs,
		Long: `Diagnoses the hosts. Where there is something to change, it shows the plan and
asks, captures them, runs the rungs of the playbook (groups of steps, the least
invasive first), and verifies. Without a terminal it changes nothing unless --yes
is given. With --require-approval it only applies a saved plan that another person
has approved.

With --dry-run it only plans: it prints the commands it would run, changes
nothing, takes no lock and asks nothing. With --undo and --dry-run it prints the
commands of the rollback and connects to no host.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.undo != "" && environment.OnCommandLine(cmd, []string{"plan"}) == "" {
				o.plan = "" // of the environment or the config file, for the calls that take one
			}
			if err := o.approval.Check(o.plan, o.undo != "" || o.dryRun); err != nil {
				return err
			}
			switch {
			case o.hub != "":
				return o.overHub(cmd, c)
			case o.undo != "":
				return undo(cmd, c, &o)
			case o.dryRun:
				if err := o.exclusive(cmd); err != nil {
					return err
				}
				return dryRun(cmd.Context(), c, &o)
			case o.plan != "":
				return applyPlan(cmd, c, &o)
			}
			return recoverHosts(cmd.Context(), c, &o)
		},
	}
	fs := cmd.Flags()
	o.walking.flags(fs)
	o.changing.flags(fs)
	fs.StringVar(&o.plan, "plan", "", "apply the plan in `FILE` exactly; hosts that drifted are skipped")
	o.approval.Flags(fs)
	fs.StringVar(&o.undo, "undo", "", "roll back the changes of `RUN`, newest first on each host; -l restricts it")
	fs.BoolVar(&o.yes, "yes", false, "do not ask; needed where there is no terminal")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the commands and change nothing: the same as plan")
	o.detail.flags(fs)
	o.braking.flags(fs)
	return cmd
}

// dryRun is recover --dry-run: a plan.
func dryRun(ctx context.Context, c *cli, o *recoverOptions) error {
	if o.waves != "" {
		if _, _, err := job.Brakes(o.asked()); err != nil {
			return err
		}
	}
	if err := o.check(); err != nil {
		return err
	}
	return newWalk(&o.walking, controller.Plan, o.asked(), o.detailed).run(ctx, c)
}

// recoverHosts is recover of the selected hosts.
func recoverHosts(ctx context.Context, c *cli, o *recoverOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	w := newWalk(&o.walking, controller.Recover, o.asked(), o.detailed)
	j, err := w.prepare(ctx, c)
	if err != nil {
		return err
	}
	done, err := j.Open(ctx, c.Console)
	if err != nil {
		return err
	}
	defer done()
	if !o.yes && c.CanAsk() {
		if run, err := j.Preview(ctx, c.Console); run != nil || err != nil {
			return w.show(ctx, c, j, run, err)
		}
	}
	if err := j.Consent(c.Console, "recover", request.Names(j.Request.Hosts), o.yes); err != nil {
		return err
	}
	return w.carryOut(ctx, c, j, nil)
}

// exclusive checks flags that exclude each other.
func (o *recoverOptions) exclusive(cmd *cobra.Command) error {
	if name := environment.OnCommandLine(cmd, undoFixes); o.undo != "" && name != "" {
		return exit.Usagef("leave --"+name+" out: hosts, playbook and parameters come from the run", "--undo and --%s exclude each other", name)
	}
	if o.plan != "" && o.dryRun {
		return exit.Usagef("the plan file lists the commands", "--plan and --dry-run exclude each other")
	}
	return nil
}

// accepted is the plan of --plan, with the flags that are still to be confirmed.
type accepted struct {
	*planfile.Plan
	confirm   []planfile.Flag
	approvals []outcome.Approval
}

// accept reads the plan of --plan, and takes its flags over.
func (o *recoverOptions) accept(cmd *cobra.Command, c *cli) (p accepted, err error) {
	if p.Plan, err = planfile.Load(o.plan); err != nil {
		return p, err
	}
	if p.approvals, err = o.approval.Approvals(p.Plan, o.plan, c.Say); err != nil {
		return p, err
	}
	caller := planfile.NewCaller(cmd, planfile.Settings{Playbook: o.playbook, Set: o.set, Allow: o.allow, MendWarnings: o.mendWarnings}, !o.yes && c.CanAsk())
	caller.OverHub = o.hub != ""
	s, confirm, err := p.Accept(o.plan, caller)
	if err != nil {
		return p, err
	}
	o.playbook, o.set, o.allow, o.mendWarnings, p.confirm = s.Playbook, s.Set, s.Allow, s.MendWarnings, confirm
	return p, nil
}

// applyPlan is recover --plan.
func applyPlan(cmd *cobra.Command, c *cli, o *recoverOptions) error {
	p, err := o.accept(cmd, c)
	if err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	w := newWalk(&o.walking, controller.Recover, o.asked(), o.detailed)
	j, err := w.prepare(cmd.Context(), c)
	if err == nil {
		j.Request.Approvals = p.approvals
		err = j.Apply(p.Plan, o.plan, p.confirm)
	}
	if errors.Is(err, exit.ErrInventory) {
		return exit.Usagef(guide.Reapply(o.state, p.RunID, o.plan), "%w", err)
	}
	if err != nil {
		return err
	}
	if err := j.Consent(c.Console, "recover --plan", request.Names(j.Request.Hosts), o.yes); err != nil {
		return err
	}
	if j.Request.Approvals, err = o.approval.Approvals(p.Plan, o.plan, nil); err != nil { // a question may have waited
		return err
	}
	return w.finish(cmd.Context(), c, j, nil)
}
