package main

import (
	"os"

	"github.com/spf13/cobra"

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
	return sshconfig.New(sshconfig.Options{
		File: f.SSHConfig, Home: home(),
		Warn: func(warning string) { a.say("warning: %s", warning) },
	})
}
