package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// undoneFlags are those that the run which is taken back has decided.
var undoneFlags = []string{"inventory", "playbook", "set", "allow", "mend-warnings", "plan"}

// takeBack takes an earlier run back, from its name to the exit code.
func (a *app) takeBack(c *cobra.Command) error {
	if name := changedFlag(c, undoneFlags); name != "" {
		return usagef("leave it away: the hosts, the playbook and its parameters are those of the run", "--undo and --%s don't go together", name)
	}
	if err := a.flags.check(); err != nil {
		return err
	}
	store, err := a.store(outcome.ConventionNagios)
	if err != nil {
		return err
	}
	id, err := store.Resolve(a.flags.undo)
	if err != nil {
		return usage(err)
	}
	switch store.State(id) {
	case journal.StateRunning:
		return usagef("wait for it to end, or interrupt it", "run %s is still running", id)
	case journal.StateCutOff:
		return usagef("aixmend report "+id+" says what was sent", "run %s can't be taken back: it has not written down what it was to do", id)
	}
	done, err := loadPast(store, id)
	if err != nil {
		return err
	}
	var then request
	if err := store.LoadRequest(id, &then); err != nil {
		return err
	}
	if then.Undoes != "" {
		return usagef("recover again: it plans from what the hosts are now", "run %s has itself taken back run %s", id, then.Undoes)
	}
	if err := a.flags.reachAs(c, then.asked); err != nil {
		return err
	}
	if err := a.flags.filesFromHere(); err != nil {
		return err
	}
	if err := then.enter(&a.flags); err != nil {
		return err
	}
	if err := a.flags.checkSSHConfig(); err != nil {
		return err
	}
	done.store, err = a.store(outcome.ConventionNagios) // it is named from another folder now
	if err != nil {
		return err
	}
	a.flags.Playbook, a.flags.Inventories = then.Playbook, then.Inventories
	if a.flags.Set, err = a.stillValid(then); err != nil {
		return err
	}
	a.flags.Allow, a.flags.MendWarnings = nil, false // the environment may have said so
	inv := inventory.Inventory{Hosts: then.Hosts, Groups: then.Groups}
	hosts, err := a.flags.choose(&inv, "--undo takes the hosts of the run")
	if err != nil {
		return err
	}
	hosts = slices.DeleteFunc(a.flags.reached(hosts), func(h inventory.Host) bool { return len(done.undoables(h.Name)) == 0 })
	if a.flags.dryRun {
		return a.printRollback(done, hosts)
	}
	if len(hosts) == 0 {
		a.say("nothing of run %s is in effect on the selected hosts: nothing is sent", id)
		return nil
	}
	j, err := a.flags.prepare(controller.Recover, scope{Hosts: hosts, Groups: then.Groups, Names: then.Names, Bastions: then.Bastions})
	if err != nil {
		return err
	}
	j.undoes = id
	if !a.flags.quiet || !a.flags.yes { // who is asked sees what he says yes to
		a.say("%s", done.toTakeBack(hosts))
	}
	if err := a.consent(j, "recover --undo", names(hosts)); err != nil {
		return err
	}
	return a.finish(c.Context(), j, nil)
}

// rollbackSchema is that of rollback.
const rollbackSchema = "aixmend.rollback/v1"

// rollback is what recover --undo would send, by the trail of the run.
type rollback struct {
	Schema string `json:"schema"`
	// ID is the run that would be rolled back.
	ID    string         `json:"run_id"`
	Hosts []rollbackHost `json:"hosts"`
}

// rollbackHost is what would be sent to one host, the newest step of the run first.
type rollbackHost struct {
	Name    string             `json:"name"`
	Address string             `json:"address"`
	Plan    []outcome.PlanStep `json:"plan"`
}

// printRollback prints what a rollback would send; nothing is connected to.
func (a *app) printRollback(done *past, hosts []inventory.Host) error {
	if a.plugin {
		return usagef("there is no verdict", "--undo --dry-run and --format nagios don't go together")
	}
	if a.flags.format != "json" {
		text := fmt.Sprintf("nothing of run %s is in effect on the selected hosts: nothing would be sent", done.id)
		if len(hosts) > 0 {
			text = done.toTakeBack(hosts)
		}
		_, err := fmt.Fprintln(a.out, report.Clean(text, true))
		return err
	}
	doc := rollback{Schema: rollbackSchema, ID: done.id, Hosts: []rollbackHost{}}
	for _, h := range hosts {
		row := rollbackHost{Name: h.Name, Address: h.Address, Plan: []outcome.PlanStep{}}
		for _, u := range slices.Backward(done.undoables(h.Name)) {
			row.Plan = append(row.Plan, outcome.PlanStep{Rung: u.Rung, Step: u.Step, Command: u.Undo, Undo: u.Command, BlockedBy: u.NoUndo(), Fixes: []string{}})
		}
		doc.Hosts = append(doc.Hosts, row)
	}
	return a.printJSON(doc)
}

// stillValid are the parameters of a run that its playbook takes today. A rollback
// needs the run's trail, and no more: an older version, whose playbook was another
// one, does not stand in its way, but is said.
func (a *app) stillValid(then request) ([]string, error) {
	p, err := playbooks.Load(then.Playbook)
	if err != nil {
		return nil, usage(err)
	}
	if p.SHA256 != then.SHA256 {
		a.say("warning: playbook %s is not what it was when the run began: today's conditions say what of the run is in effect", p.Name)
	}
	set := []string{}
	for _, s := range then.Set {
		key, _, _ := strings.Cut(s, "=")
		params, err := p.Set([]string{s})
		if err == nil && key == playbooks.UndoAfterParam {
			err = p.CheckUndoAfter(params)
		}
		switch {
		case key == "upload": // nothing is uploaded
		case err != nil:
			a.say("warning: the run's --set %s is left out: %s", s, err)
		default:
			set = append(set, s)
		}
	}
	return set, nil
}

// reachAs makes the hosts reached as the run has reached them, where no flag says
// otherwise. What a flag names is named from this folder, not from that of the run.
func (f *flags) reachAs(c *cobra.Command, then asked) error {
	for _, way := range []struct {
		flag    string
		now     *string
		earlier string
	}{{"identity", &f.Identity, then.Identity}, {"known-hosts", &f.KnownHosts, then.KnownHosts}, {"ssh-config", &f.SSHConfig, then.SSHConfig}} {
		switch {
		case !c.Flags().Changed(way.flag), *way.now == "":
			*way.now = way.earlier
		case *way.now != noSSHConfig:
			path, err := filepath.Abs(*way.now)
			if err != nil {
				return fmt.Errorf("--%s: %w", way.flag, err)
			}
			*way.now = path
		}
	}
	return nil
}

// filesFromHere names the files that are asked for so that they are the same ones
// in another folder.
func (f *flags) filesFromHere() error {
	for format, path := range f.Files {
		if path == "" {
			continue
		}
		whole, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("--%s: %w", format, err)
		}
		f.Files[format] = whole
	}
	return nil
}

// undoables are the changes of a host that may be in effect.
func (p *past) undoables(host string) []playbooks.Undoable {
	trail := p.trails[host]
	if trail == nil {
		return nil
	}
	return controller.Undoables(*trail)
}

// earlier is what the run has done to a host.
func (p *past) earlier(host string) (controller.Earlier, error) {
	e := controller.Earlier{Run: p.id, Changes: p.undoables(host)}
	h, err := p.store.LoadHost(p.id, host)
	if err != nil || h.Capture == "" { // it was killed: the report was put aside
		if h, err = p.store.LoadCheckpoint(p.id, host); err != nil || h == nil {
			return e, err
		}
	}
	if c, err := p.store.Load(h.Capture); err == nil {
		e.Facts = c.Facts
	}
	return e, nil
}

// toTakeBack says what would be taken back, and what can't be.
func (p *past) toTakeBack(hosts []inventory.Host) string {
	var b strings.Builder
	fmt.Fprintf(&b, "run %s is taken back on %s, the newest step first; what a look does not find in effect, or was so before that run, is left as it is:", p.id, report.Hosts(len(hosts)))
	for _, h := range hosts {
		list := p.undoables(h.Name)
		for _, u := range slices.Backward(list) {
			if why := u.NoUndo(); why != "" {
				fmt.Fprintf(&b, "\n%s: %s can't be taken back: %s", h.Name, u.Step, why)
			} else {
				fmt.Fprintf(&b, "\n%s: %s: %s", h.Name, u.Step, u.Undo)
			}
		}
	}
	return b.String()
}
