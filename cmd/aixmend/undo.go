package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// undoFixes are the flags whose values come from the run to roll back.
var undoFixes = []string{"inventory", "playbook", "set", "allow", "mend-warnings", "plan"}

// undo is recover --undo: it rolls back an earlier run.
func undo(cmd *cobra.Command, c *cli, o *recoverOptions) error {
	if err := o.exclusive(cmd); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	store, err := openState(o.state)
	if err != nil {
		return err
	}
	then, p, done, err := c.loadUndone(store, o.undo)
	if err != nil {
		return err
	}
	asked := o.asked()
	if err := asThen(cmd, &asked, then); err != nil {
		return err
	}
	asked.Set = job.StillValid(c.Console, then, p)
	inv := inventory.Inventory{Hosts: then.Hosts, Groups: then.Groups}
	hosts, err := c.choose(&inv, asked.Limit, o.state, o.quiet, "--undo selects from the hosts of the run")
	if err != nil {
		return err
	}
	changed := done.Changed(asked.Reached(hosts))
	left, rest, err := done.Remaining(changed)
	if err != nil {
		return err
	}
	w := newWalk(&o.walking, controller.Recover, asked, o.detailed)
	j, err := job.Prepare(request.Request{
		Verb: controller.Recover, Folder: then.Folder, Undoes: done.ID, Asked: asked,
		Scope: request.Scope{Hosts: changed, Groups: then.Groups, Names: then.Names, Bastions: then.Bastions},
	}, w.settings(c))
	if err != nil {
		return err
	}
	free, held, open := j.Unheld(done, left)
	rest = strings.Trim(open+"\n"+rest, "\n")
	if o.dryRun {
		return c.printRollback(o.format.format, j, job.Rolling{Earlier: done, Hosts: free, Held: held, Rest: rest})
	}
	if err := j.Free(); err != nil {
		return err
	}
	if rest != "" {
		c.Say("%s", rest)
	}
	if !o.yes {
		j.Request.Hosts = free // else the hosts say it themselves
	}
	switch {
	case len(j.Request.Hosts) == 0 && len(left) > 0:
		c.Say("no other host is left: nothing was run")
		return exit.Verdict{Code: outcome.ExitLocked}
	case len(j.Request.Hosts) == 0:
		return nil
	}
	if (!o.quiet || !o.yes) && len(free) > 0 { // show the operator what "yes" approves
		j.ShowRollback(c.Console, done, free)
	}
	if err := j.Consent(c.Console, "recover --undo", request.Names(j.Request.Hosts), o.yes); err != nil {
		return err
	}
	return w.finish(cmd.Context(), c, j, nil)
}

// loadUndone loads the run to roll back, with its playbook.
func (c *cli) loadUndone(store *journal.Store, ref string) (then request.Request, p *playbooks.Playbook, done *job.Earlier, err error) {
	id, err := store.NewestChange()
	if ref != "latest" {
		id, err = c.named(store, ref)
	}
	if err != nil {
		return then, nil, nil, exit.Usage(err)
	}
	switch store.State(id) {
	case journal.StateRunning:
		err = exit.Usagef("wait for it to end, or interrupt it", "run %s is still running", id)
	case journal.StateCutOff:
		err = exit.Usagef("aixmend report "+id+" lists its changes", "run %s can't be rolled back: it was cut off before its request was written", id)
	default:
		then, err = request.Load(store, id)
	}
	switch applied := store.AppliedBy(id); {
	case err != nil:
	case then.Verb == controller.Plan && len(applied) > 0: // hosts name it: the commands are the plan's
		err = exit.Usagef("aixmend recover --undo "+applied[0]+" rolls it back", "run %s made a plan and changed nothing; run %s applied the plan", id, applied[0])
	case then.Undoes != "":
		err = exit.Usagef("run aixmend recover again: it plans from the current state of the hosts", "run %s is itself the rollback of run %s", id, then.Undoes)
	default:
		err = then.Check()
	}
	if err != nil {
		return then, nil, nil, err
	}
	if p, err = playbooks.Load(then.Playbook); err != nil {
		return then, nil, nil, exit.Usage(err)
	}
	done, err = job.LoadEarlier(store, id, p)
	return then, p, done, err
}

// absolute is a path of the command line: the rollback's request has the working folder
// of the run that it rolls back.
func absolute(path string) (string, error) {
	if path == "" || path == request.None {
		return path, nil
	}
	return filepath.Abs(path)
}

// asThen takes the flags in undoFixes from the run to roll back, and those for reaching
// hosts unless they are given.
func asThen(cmd *cobra.Command, asked *request.Asked, then request.Request) error {
	for _, way := range []struct {
		flag    string
		now     *string
		earlier string
	}{{"identity", &asked.Identity, then.Identity}, {"known-hosts", &asked.KnownHosts, then.KnownHosts}, {"ssh-config", &asked.SSHConfig, then.SSHConfig}} {
		if !cmd.Flags().Changed(way.flag) || *way.now == "" {
			*way.now = way.earlier
			continue
		}
		path, err := absolute(*way.now)
		if err != nil {
			return fmt.Errorf("--%s: %w", way.flag, err)
		}
		*way.now = path
	}
	for format, path := range asked.Files {
		path, err := absolute(path)
		if err != nil {
			return fmt.Errorf("--%s: %w", format, err)
		}
		asked.Files[format] = path
	}
	if err := checkSSHConfig(asked.SSHConfig); err != nil {
		return err
	}
	asked.Playbook, asked.Inventories = then.Playbook, then.Inventories
	asked.Allow, asked.MendWarnings = nil, false // the environment may have set them
	return nil
}

// printRollback prints the commands of a rollback; it connects to no host.
func (c *cli) printRollback(format string, j *job.Job, r job.Rolling) error {
	if c.plugin {
		return exit.Usagef("it gives no verdict", "--undo --dry-run and --format nagios exclude each other")
	}
	if format == "json" {
		return c.JSON(j.RollbackDocument(r))
	}
	text := c.fit(report.Clean(r.Rest, true))
	if len(r.Hosts) > 0 {
		text = strings.TrimPrefix(text+"\n"+j.Rollback(r.Earlier, r.Hosts, c.TextOptions(), !c.OutTerminal), "\n")
	}
	_, err := fmt.Fprintln(c.Out, strings.TrimSuffix(text, "\n"))
	return err
}
