package main

import (
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/manual"
)

// newMan is the hidden verb that writes the man pages, for packages.
func newMan() *cobra.Command {
	date := ""
	cmd := &cobra.Command{
		Use: "man DIR", Short: "Write the man pages into a folder", Args: cobra.ExactArgs(1), Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			return manual.Write(c.Root(), args[0], manual.Imprint{Version: currentVersion(), Date: date})
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "`DAY` on the pages, 2026-01-31")
	return cmd
}
