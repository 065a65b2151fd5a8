package main

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/setup"
	"aixmend/controller/outcome"
	"aixmend/inventory"
)

func newInit(c *cli) *cobra.Command {
	var o setup.Options
	keys := false
	cmd := &cobra.Command{
		Use: "init [HOST...]", Short: "Write a first inventory",
		Long: `Writes an inventory of the hosts that are named, checks it, and prints the commands
to go on with. A host is [NAME=][USER@]ADDRESS[:PORT], and may hold a range:

  aixmend init aix01 root@10.1.2.3:2222 'aixprd[01-20]' 'db[1-2]=10.1.3.[11-12]'
  aixmend init --from ssh-config 'aix*'     hosts of ssh_config, by patterns
  aixmend init --from known-hosts           hosts of ~/.ssh/known_hosts
  aixmend init --from ansible hosts.yaml    check that one; it works as it is

On a terminal it asks for the hosts where none is named. It never changes a file
that exists.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Console, o.Words, o.Home = c.Console, args, home()
			o.Load = func(file string) (*inventory.Inventory, error) {
				return c.load([]string{file}, c.sources(cmd.Context()), false)
			}
			return initialize(cmd, c, o, keys)
		},
	}
	o.Flags(cmd.Flags(), defaultInventory)
	sshConfigFlag(cmd.Flags(), &o.SSHConfig)
	cmd.Flags().BoolVar(&keys, "hostkeys", false, "run hostkeys on the new inventory")
	return cmd
}

// initialize writes an inventory, and fetches the host keys if that is wanted.
func initialize(cmd *cobra.Command, c *cli, o setup.Options, keys bool) error {
	file, err := setup.Run(o)
	if err != nil {
		return err
	}
	if !keys && c.CanAsk() {
		if keys, err = c.Confirm("Fetch the host keys now, to compare and store them?"); err != nil {
			return fmt.Errorf("%w: %s is written, and no host key was fetched", exit.ErrCancelled, file)
		}
	}
	var flags []string
	if environment.OnCommandLine(cmd, []string{"ssh-config"}) != "" {
		flags = []string{"--ssh-config", o.SSHConfig}
	}
	var failed error
	if keys {
		verb := newHostkeys(c)
		verb.SetContext(cmd.Context())
		failed = cmp.Or(verb.ParseFlags(append([]string{"-i", file}, flags...)), c.layers.Set(verb))
		if failed == nil {
			failed = verb.RunE(verb, nil)
		}
	}
	usual := newHostkeys(c)
	err = c.layers.Set(usual)
	if files, _ := usual.Flags().GetStringArray("inventory"); err != nil || len(files) != 1 || filepath.Clean(files[0]) != filepath.Clean(file) {
		flags = append([]string{"-i", file}, flags...)
	}
	stored, _ := exit.Decide(failed, outcome.ExitOK)
	return cmp.Or(setup.Next(c.Console, flags, !keys || stored != outcome.ExitOK), failed)
}
