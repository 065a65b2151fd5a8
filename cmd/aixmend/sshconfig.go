package main

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/sshconfig"
)

// noSSHConfig is the value of --ssh-config that leaves ssh_config out.
const noSSHConfig = "none"

func (f *flags) sshConfig(c *cobra.Command) {
	c.Flags().StringVar(&f.SSHConfig, "ssh-config", "", "ssh_config `FILE` for what the inventory does not say; none leaves it out (default the user's own, then the system's)")
}

// checkSSHConfig makes a file that is named and can't be read a usage error.
func (f *flags) checkSSHConfig() error {
	if f.SSHConfig == "" || f.SSHConfig == noSSHConfig {
		return nil
	}
	file, err := os.Open(f.SSHConfig)
	if err != nil {
		return usagef("none leaves ssh_config out", "--ssh-config: %w", err)
	}
	return file.Close()
}

// sshConfig fills in what the inventory and the flags do not say of a host.
func (a *app) sshConfig(f asked) *sshconfig.Config {
	clear := ""
	if a.errTerminal && a.canMoveCursor() {
		clear = "\r\x1b[K" // the line that counts the hosts
	}
	return sshconfig.New(sshconfig.Options{
		File: f.SSHConfig, Home: home(),
		Warn: func(warning string) { a.sayAt(clear, "warning: %s", warning) },
	})
}

// targets are where and as whom hosts will be connected to.
func (a *app) targets(ctx context.Context, hosts []inventory.Host) ([]transport.Target, error) {
	config := a.sshConfig(a.flags.asked)
	targets, failed := make([]transport.Target, len(hosts)), make([]error, len(hosts))
	var work sync.WaitGroup
	for i, h := range hosts {
		work.Go(func() {
			t, err := config.Fill(ctx, controller.TargetOf(h))
			targets[i], failed[i] = t.Defaulted(), err
		})
	}
	work.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, usage(err)
	}
	return targets, nil
}
