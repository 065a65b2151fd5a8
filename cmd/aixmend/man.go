package main

import (
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/manual"
)

func newMan() *cobra.Command {
	date := ""
	cmd := &cobra.Command{
		Use: "man DIR", Short: "Write the man pages into a folder", Args: cobra.ExactArgs(1),
		Long: `Writes a man page for aixmend and for each of its verbs into an existing folder. To read
them with man, name the folder man1 of a folder of MANPATH:

  mkdir -p ~/.local/share/man/man1
  aixmend man ~/.local/share/man/man1
  man aixmend-recover`,
		RunE: func(c *cobra.Command, args []string) error {
			return manual.Write(c.Root(), args[0], manual.Imprint{Version: currentVersion(), Date: date})
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "`DAY` on the pages, 2026-01-31")
	return cmd
}
