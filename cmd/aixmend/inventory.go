package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

func (a *app) inventory() *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the selected hosts as they will be connected to", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.listInventory(c.Context()) },
	}
	a.flags.selection(list)
	a.flags.sshConfig(list)
	a.flags.stateDir(list)
	a.flags.formats(list)
	check := &cobra.Command{
		Use: "check", Short: "Check the inventory and say everything that is wrong with it", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			inv, _, err := a.flags.selected()
			if err != nil {
				return err
			}
			a.flags.tell(expired(inv.Hosts, time.Now()))
			fmt.Fprintf(a.out, "%s: %d hosts, %d groups, no problems\n", strings.Join(inv.Files, ", "), len(inv.Hosts), len(inv.Groups))
			return nil
		},
	}
	a.flags.selection(check)
	a.flags.stateDir(check)
	imported := &cobra.Command{
		Use: "import", Short: "Print the selected hosts as one inventory in the native form; paths start at the working folder", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			inv, hosts, err := a.flags.selected()
			if err != nil {
				return err
			}
			_, err = a.out.Write(inv.Export(hosts))
			return err
		},
	}
	a.flags.selection(imported)
	a.flags.stateDir(imported)
	schema := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of an inventory file", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.out.Write(settings.Schema())
			return err
		},
	}
	return group("inventory", "Look at the inventory before you run", list, check, imported, schema)
}

// expired are the waivers and acceptances that are over, each once: many hosts
// may share one.
func expired(hosts []inventory.Host, now time.Time) strictyaml.Problems {
	var over strictyaml.Problems
	seen := map[strictyaml.Pos]bool{}
	add := func(at strictyaml.Pos, what string, until time.Time, follows string) {
		if !seen[at] {
			seen[at] = true
			over = append(over, strictyaml.Problem{Pos: at, Message: fmt.Sprintf("the %s is over, it was until %s: %s", what, until.Format(time.DateOnly), follows)})
		}
	}
	for _, h := range hosts {
		for _, w := range h.Waivers {
			if !w.ActiveAt(now) {
				add(w.Pos, "waiver of "+w.Finding, w.Until, "the finding counts again")
			}
		}
		for _, a := range h.Accepts {
			if !a.ActiveAt(now) {
				add(a.Pos, "acceptance of "+a.Check, a.Until, "an unclear answer of the check counts again")
			}
		}
	}
	slices.SortFunc(over, func(a, b strictyaml.Problem) int { return a.Pos.Compare(b.Pos) })
	return over
}

// programs runs programs that inventories name, until the first signal.
func (a *app) programs(ctx context.Context) load.Runner {
	return func(argv []string, timeout time.Duration) ([]byte, error) {
		ctx, cut := context.WithCancelCause(ctx)
		defer cut(nil)
		ended := make(chan struct{})
		defer close(ended)
		go func() {
			select {
			case <-a.interrupts.stop:
				cut(errInterrupted)
			case <-ended:
			}
		}()
		return load.Programs(ctx)(argv, timeout)
	}
}

// warnOf says a warning about the inventory.
func (a *app) warnOf(w strictyaml.Problem) { a.say("warning: %s", w) }

// listedHost is one host of `inventory list --format json`.
type listedHost struct {
	Name    string   `json:"name"`
	Address string   `json:"address"`
	Port    int      `json:"port"`
	User    string   `json:"user"`
	Become  string   `json:"become"`
	Groups  []string `json:"groups"`
	RMCNIC  string   `json:"rmc_nic"`
	// What follows is empty where nobody has said it.
	Identity     string `json:"identity,omitempty"`
	Jump         string `json:"jump,omitempty"`
	ProxyCommand string `json:"proxy_command,omitempty"`
	// Accepts are the checks of the cluster guard whose unclear answer is accepted.
	Accepts []listedAcceptance `json:"accepts,omitempty"`
}

// listedAcceptance is one acceptance of a listed host; Active, it holds now.
type listedAcceptance struct {
	Check  string `json:"check"`
	Until  string `json:"until"`
	Reason string `json:"reason"`
	Active bool   `json:"active"`
}

// listedAcceptances are the acceptances of a host as a list shows them: as
// values, and as words.
func listedAcceptances(h inventory.Host, now time.Time) (list []listedAcceptance, words string) {
	var texts []string
	for _, a := range h.Accepts {
		one := listedAcceptance{Check: a.Check, Until: a.Until.Format(time.DateOnly), Reason: a.Reason, Active: a.ActiveAt(now)}
		list = append(list, one)
		text := one.Check + " until " + one.Until
		if !one.Active {
			text += " (over)"
		}
		texts = append(texts, text)
	}
	return list, strings.Join(texts, ", ")
}

func (a *app) listInventory(ctx context.Context) error {
	if err := a.flags.checkFormat(); err != nil {
		return err
	}
	inv, hosts, err := a.flags.selected()
	if err != nil {
		return err
	}
	reach := a.reach(a.flags.asked, inv.Bastions)
	defer reach.ssh.Close()
	targets, err := reach.targets(ctx, hosts)
	if err != nil {
		return usage(err)
	}
	listed := []listedHost{}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	header := table.Row{"HOST", "ADDRESS", "PORT", "USER", "VIA", "BECOME", "RMC NIC", "GROUPS"}
	accepting := slices.ContainsFunc(hosts, func(h inventory.Host) bool { return len(h.Accepts) > 0 })
	if accepting {
		header = append(header, "ACCEPTS")
	}
	t.AppendHeader(header)
	for i, h := range hosts {
		groups, to := append([]string{}, h.Groups...), targets[i]
		if to.Jump == "none" { // a direct way is nothing to show
			to.Jump = ""
		}
		accepts, accepted := listedAcceptances(h, time.Now())
		listed = append(listed, listedHost{
			Name: h.Name, Address: to.Address, Port: to.Port, User: to.User, Become: to.Become, Groups: groups, RMCNIC: h.RMCNIC,
			Identity: to.Identity, Jump: to.Jump, ProxyCommand: to.ProxyCommand, Accepts: accepts,
		})
		via := cmp.Or(to.Jump, to.ProxyCommand)
		row := table.Row{h.Name, to.Address, to.Port, to.User, via, to.Become, h.RMCNIC, strings.Join(groups, " ")}
		if accepting {
			row = append(row, accepted)
		}
		t.AppendRow(row)
	}
	if a.flags.format == "json" {
		return a.printJSON(listed)
	}
	_, err = fmt.Fprintln(a.out, t.Render())
	return err
}
