package manual

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/transport/shell"
)

// Command is the verb man.
func Command(version string) *cobra.Command {
	date := ""
	cmd := &cobra.Command{
		Use: "man DIR", Short: "Write the man pages into a folder", Args: cobra.ExactArgs(1),
		Long: `Writes a man page for aixmend and for each of its verbs into an existing folder. To read
them with man, name the folder man1 of a folder of MANPATH:

  mkdir -p ~/.local/share/man/man1
  aixmend man ~/.local/share/man/man1
  man aixmend-recover`,
		RunE: func(c *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); errors.Is(err, fs.ErrNotExist) {
				return exit.Usagef(shell.Line("mkdir", "-p", args[0])+" makes it", "there is no folder %s", args[0])
			} else if err == nil && !info.IsDir() {
				return exit.Usagef("", "%s is no folder", args[0])
			}
			return Write(c.Root(), args[0], Imprint{Version: version, Date: date})
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "`DAY` on the pages, 2026-01-31")
	return cmd
}
