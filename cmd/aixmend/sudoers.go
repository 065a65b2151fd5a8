package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"aixmend/playbooks"
)

// sudoers prints what a site that gives no root shell has to allow.
func (a *app) sudoers() *cobra.Command {
	user, changes := "", false
	c := &cobra.Command{
		Use: "sudoers NAME|FILE", Short: "Print the lines of sudoers that hosts with ssh.become_mode: commands need", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := playbooks.Load(args[0])
			if err != nil {
				return usage(err)
			}
			text, err := p.Sudoers(user, changes)
			if err != nil {
				return usagef("", "--user: %w", err)
			}
			_, err = fmt.Fprint(a.out, text)
			return err
		},
	}
	c.Flags().StringVar(&user, "user", "ops", "the login, or a %group: `USER`")
	c.Flags().BoolVar(&changes, "recover", false, "what recover needs, too")
	return c
}
