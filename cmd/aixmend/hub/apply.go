package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

// Approved is a plan in a file that is applied over a hub.
type Approved struct {
	*planfile.Plan
	File string
	// Confirm are the flags of the plan that a yes allows, too.
	Confirm []planfile.Flag
	// Again returns the approvals that count after the question, which may have waited.
	Again func() ([]outcome.Approval, error)
}

// Apply has the hub carry out exactly a plan in a file. The hub compares it with its own copy
// before anything is asked; with yes nothing is.
func (d *Desk) Apply(ctx context.Context, a Call, p Approved, yes bool) error {
	a.Plan, a.PlanID, a.Nonce = p.RunID, p.ID, p.Nonce
	var hosts []string
	if err := d.reader(ctx).Ask(askHosts, a, &hosts); err != nil {
		return err
	}
	if len(a.Limit) > 0 { // exactly those that the question names
		a.Limit = hosts
	}
	if yes {
		if !d.view.Quiet {
			fmt.Fprint(d.Err, p.Describe(p.File, time.Now(), planfile.View{TextOptions: d.ErrTextOptions(), Notes: outcome.Approved(a.Approvals)}))
		}
		return d.Run(ctx, a)
	}
	if !d.CanAsk() {
		return exit.Usagef("aixmend plan show "+shell.Word(p.File)+" prints the steps; --yes asks nothing", "recover --plan changes hosts, and there is no terminal to ask on")
	}
	fmt.Fprint(d.Err, p.Text(p.File, time.Now(), planfile.View{TextOptions: d.ErrTextOptions(), Hosts: hosts, Each: len(hosts) == 1, Whole: d.view.Full, Notes: outcome.Approved(a.Approvals)})+"\n")
	changed := slices.DeleteFunc(p.Changed(), func(host string) bool { return !slices.Contains(hosts, host) })
	also := ""
	for _, f := range p.Confirm {
		also += report.Cleanf("A yes also allows, because the plan says so: %s", strings.Join(f.Words(), " ")) + "\n"
	}
	if err := d.confirmed("recover --plan may change %s: %s; playbook %s.\n%sOnly the steps above, their undos and aixmend's own link may change a host.\nA host that differs by then is skipped.\n",
		report.Hosts(len(changed)), report.Compact(changed), p.Playbook.Name, also); err != nil {
		return err
	}
	var err error
	if a.Approvals, err = p.Again(); err != nil {
		return err
	}
	return d.Run(ctx, a)
}

// ShowBack prints the steps that a rollback would undo. Nothing is run.
func (d *Desk) ShowBack(ctx context.Context, a Call) error {
	if d.view.Plugin {
		return exit.Usagef("it gives no verdict", "--undo --dry-run and --format nagios exclude each other")
	}
	b, err := d.back(ctx, a)
	if err != nil {
		return err
	}
	if d.view.Format == "json" {
		return d.JSON(b.Document)
	}
	_, err = fmt.Fprint(d.Out, d.reader(ctx).BackText(b, d.TextOptions(), !d.OutTerminal))
	return err
}
