package books

import (
	"fmt"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/playbooks"
)

func sudoersCommand(c *console.Console, usual string) *cobra.Command {
	user, changes := "", false
	cmd := &cobra.Command{
		Use: "sudoers [NAME|FILE]", Short: "Print the sudoers lines that hosts with ssh.become_mode: commands need", Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := playbooks.Load(append(args, usual)[0])
			if err != nil {
				return exit.Usage(err)
			}
			text, err := p.Sudoers(user, changes)
			if err != nil {
				return exit.Usagef("", "--user: %w", err)
			}
			_, err = fmt.Fprint(c.Out, text)
			return err
		},
	}
	cmd.Flags().StringVar(&user, "user", "ops", "login, or a %group: `USER`")
	cmd.Flags().BoolVar(&changes, "recover", false, "also the lines that recover needs")
	return cmd
}
