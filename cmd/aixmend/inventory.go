package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/cloud"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/settings"
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
	runSources := false
	cmd := &cobra.Command{
		Use: "check", Short: "Check the inventory and report every problem", Args: cobra.NoArgs,
		Long: `Checks inventory files and reports every problem. It runs no program and asks no
cloud: the hosts of a source are checked only with --run-sources, which runs the
source as you, or asks Power Virtual Server with your key.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, hint := load.NotAsked(), "a host of a source is known only with --run-sources"
			if runSources {
				from, hint = c.sources(cmd.Context()), "aixmend inventory list -l all shows hosts and groups"
			}
			inv, err := c.load(o.inventories, from, false)
			if err != nil {
				return err
			}
			if _, err := c.choose(inv, o.limit, o.state, false, hint); err != nil {
				return err
			}
			c.warn(inventory.Expired(inv.Hosts, time.Now()), false)
			return c.Print("%s: %s, %s, no problems\n", strings.Join(inv.Files, ", "), report.Hosts(len(inv.Hosts)), report.Number(len(inv.Groups), "group"))
		},
	}
	o.selection.flags(cmd.Flags())
	o.stateFolder.flags(cmd.Flags())
	cmd.Flags().BoolVar(&runSources, "run-sources", false, "run the programs and ask the clouds that the inventory names as sources of hosts, and check their hosts too")
	return cmd
}

func newInventoryImport(c *cli) *cobra.Command {
	var o inventoryOptions
	var from cloud.From
	cmd := &cobra.Command{
		Use: "import", Short: "Print the selected hosts as one native inventory; paths are relative to the working folder", Args: cobra.NoArgs,
		Long: `Prints the selected hosts of the inventory as one native inventory; paths are
relative to the working folder. With --from powervs they are the AIX VMs of Power
Virtual Server that the key in IBMCLOUD_API_KEY may see.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inv, hosts, err := c.imported(cmd.Context(), &o, from)
			if err != nil {
				return err
			}
			_, err = c.Out.Write(inv.Export(hosts))
			return err
		},
	}
	o.selection.flags(cmd.Flags())
	o.stateFolder.flags(cmd.Flags())
	from.Flags(cmd.Flags())
	return cmd
}

// imported returns the hosts that import prints.
func (c *cli) imported(ctx context.Context, o *inventoryOptions, from cloud.From) (*inventory.Inventory, []inventory.Host, error) {
	if err := from.Check(); err != nil {
		return nil, nil, exit.Usage(err)
	}
	if from.Source == "" {
		return c.selected(ctx, o.asked(), o.state, false)
	}
	inv, err := c.loadOptions(c.sources(ctx)).Parse("--from powervs", from.Document())
	c.warn(inv.Warnings, false)
	if err != nil {
		return nil, nil, exit.Usage(err)
	}
	hosts, err := c.choose(inv, o.limit, o.state, false, "without --limit all hosts are printed")
	return inv, hosts, err
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
	Error        string `json:"error,omitempty"` // why ssh_config does not tell how it is reached
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
	targets, failed := way.Targets(ctx, hosts)
	listed := []listedHost{}
	header := []string{"HOST", "ADDRESS", "PORT", "USER", "VIA", "BECOME", "RMC NIC", "GROUPS"}
	accepting := slices.ContainsFunc(hosts, func(h inventory.Host) bool { return len(h.Accepts) > 0 })
	if accepting {
		header = append(header, "ACCEPTS")
	}
	var rows [][]string
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
		if failed[i] != nil {
			via, listed[i].Error = "?", failed[i].Error()
		}
		row := []string{h.Name, to.Address, strconv.Itoa(to.Port), to.User, via, to.Become, h.RMCNIC, strings.Join(groups, " ")}
		if accepting {
			row = append(row, accepted)
		}
		rows = append(rows, row)
	}
	if o.format.format == "json" {
		err = c.JSON(listed)
	} else {
		_, err = fmt.Fprint(c.Out, c.Table(header, rows))
	}
	return cmp.Or(err, exit.Usage(errors.Join(failed...)))
}
