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

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

func newInventory(c *cli) *cobra.Command {
	schema := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of an inventory file", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := c.Out.Write(settings.Schema())
			return err
		},
	}
	return group("inventory", "Inspect the inventory before a run", newInventoryList(c), newInventoryCheck(c), newInventoryImport(c), schema)
}

// inventoryOptions are the flags of the verbs of inventory.
type inventoryOptions struct {
	selection
	stateFolder
	format
	sshConfig string
}

// asked is the selection as a request has it.
func (o *inventoryOptions) asked() request.Asked {
	return request.Asked{Inventories: o.inventories, Limit: o.limit, SSHConfig: o.sshConfig}
}

func newInventoryList(c *cli) *cobra.Command {
	var o inventoryOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List the selected hosts as they will be connected to", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listInventory(cmd.Context(), c, &o) },
	}
	o.selection.flags(cmd.Flags())
	sshConfigFlag(cmd.Flags(), &o.sshConfig)
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	return cmd
}

func newInventoryCheck(c *cli) *cobra.Command {
	var o inventoryOptions
	cmd := &cobra.Command{
		Use: "check", Short: "Check the inventory and report every problem", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inv, _, err := c.selected(cmd.Context(), o.asked(), o.state, false)
			if err != nil {
				return err
			}
			c.warn(expired(inv.Hosts, time.Now()), false)
			fmt.Fprintf(c.Out, "%s: %s, %s, no problems\n", strings.Join(inv.Files, ", "), report.Hosts(len(inv.Hosts)), report.Number(len(inv.Groups), "group"))
			return nil
		},
	}
	o.selection.flags(cmd.Flags())
	o.stateFolder.flags(cmd.Flags())
	return cmd
}

func newInventoryImport(c *cli) *cobra.Command {
	var o inventoryOptions
	cmd := &cobra.Command{
		Use: "import", Short: "Print the selected hosts as one native inventory; paths are relative to the working folder", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inv, hosts, err := c.selected(cmd.Context(), o.asked(), o.state, false)
			if err != nil {
				return err
			}
			_, err = c.Out.Write(inv.Export(hosts))
			return err
		},
	}
	o.selection.flags(cmd.Flags())
	o.stateFolder.flags(cmd.Flags())
	return cmd
}

// expired lists the waivers and acceptances that have expired, once each: hosts may share
// one.
func expired(hosts []inventory.Host, now time.Time) strictyaml.Problems {
	var over strictyaml.Problems
	seen := map[strictyaml.Pos]bool{}
	add := func(at strictyaml.Pos, what string, until time.Time, follows string) {
		if !seen[at] {
			seen[at] = true
			over = append(over, strictyaml.Problem{Pos: at, Message: fmt.Sprintf("the %s expired on %s: %s", what, until.Format(time.DateOnly), follows)})
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

// listedHost is one host of `inventory list --format json`.
type listedHost struct {
	Name    string   `json:"name"`
	Address string   `json:"address"`
	Port    int      `json:"port"`
	User    string   `json:"user"`
	Become  string   `json:"become"`
	Groups  []string `json:"groups"`
	RMCNIC  string   `json:"rmc_nic"`
	// The rest is empty where neither inventory nor ssh_config set it.
	Identity     string `json:"identity,omitempty"`
	Jump         string `json:"jump,omitempty"`
	ProxyCommand string `json:"proxy_command,omitempty"`
	// Accepts are the guard checks whose unclear answer is accepted.
	Accepts []listedAcceptance `json:"accepts,omitempty"`
}

// listedAcceptance is one acceptance of a host; Active: it has not expired.
type listedAcceptance struct {
	Check  string `json:"check"`
	Until  string `json:"until"`
	Reason string `json:"reason"`
	Active bool   `json:"active"`
}

// listedAcceptances returns the acceptances of a host, as values and as text.
func listedAcceptances(h inventory.Host, now time.Time) (list []listedAcceptance, words string) {
	var texts []string
	for _, a := range h.Accepts {
		one := listedAcceptance{Check: a.Check, Until: a.Until.Format(time.DateOnly), Reason: a.Reason, Active: a.ActiveAt(now)}
		list = append(list, one)
		text := one.Check + " until " + one.Until
		if !one.Active {
			text += " (expired)"
		}
		texts = append(texts, text)
	}
	return list, strings.Join(texts, ", ")
}

func listInventory(ctx context.Context, c *cli, o *inventoryOptions) error {
	if err := o.format.check(); err != nil {
		return err
	}
	inv, hosts, err := c.selected(ctx, o.asked(), o.state, false)
	if err != nil {
		return err
	}
	way := c.reach(o.asked(), inv.Bastions)
	defer way.Close()
	targets, err := way.Targets(ctx, hosts)
	if err != nil {
		return exit.Usage(err)
	}
	listed := []listedHost{}
	header := []any{"HOST", "ADDRESS", "PORT", "USER", "VIA", "BECOME", "RMC NIC", "GROUPS"}
	accepting := slices.ContainsFunc(hosts, func(h inventory.Host) bool { return len(h.Accepts) > 0 })
	if accepting {
		header = append(header, "ACCEPTS")
	}
	t := c.Table(header...)
	for i, h := range hosts {
		groups, to := append([]string{}, h.Groups...), targets[i]
		if to.Jump == "none" { // a direct connection shows nothing
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
	if o.format.format == "json" {
		return c.JSON(listed)
	}
	_, err = fmt.Fprintln(c.Out, t.Render())
	return err
}
