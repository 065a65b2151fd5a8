package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/fleet"
	"aixmend/controller/fleet/server"
	"aixmend/controller/journal/durable"
	"aixmend/transport/shell"
)

// defaultFolder is the default of --dir, defaultListen that of --listen.
const (
	defaultFolder = "aixmend-hub"
	defaultListen = ":7422"
)

// Flag adds --hub to the flags of a verb.
func Flag(fs *pflag.FlagSet, value *string, usage string) { fs.StringVar(value, "hub", "", usage) }

// TrustFlag adds --trust-playbook to the flags of a hub or a worker.
func TrustFlag(fs *pflag.FlagSet, files *[]string) {
	fs.StringArrayVar(files, "trust-playbook", nil, "`FILE` of a playbook that runs over the hub may use beside the embedded ones; may repeat; hub and workers need the same")
}

// Command is the verb hub.
func Command(c *console.Console, version string) *cobra.Command {
	hub := group("hub", "Sweep many sites with one command: the hub that their workers dial")
	hub.Long = `The hub carries out the audits that operators ask for (audit --hub) at many sites. It
connects to no host: the worker of each site does, with the site's own inventory and
keys, and sends back verdicts alone. docs/scale-out.md has a trial of five minutes.`
	hub.AddCommand(initCommand(c), runCommand(c, version), add(c, fleet.RoleSite), add(c, fleet.RoleOperator), revoke(c), accountsCommand(c), statusCommand(c), drainCommand(c), adoptCommand(c))
	return hub
}

// group is a verb that only holds others.
func group(use, short string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs}
}

func dirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", defaultFolder, "folder `DIR` of the hub")
}

func initCommand(c *console.Console) *cobra.Command {
	var dir, listen, nats, ca string
	var names []string
	cmd := &cobra.Command{
		Use: "init", Short: "Make the folder of a hub, with its keys", Args: cobra.NoArgs,
		Long: `Makes the folder of a hub. Its workers and operators dial the hub itself, by --name; or, with
--nats, a NATS server that runs already: docs/scale-out.md says what that must have.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			certificates, err := trusted(ca)
			if err != nil {
				return err
			}
			if nats != "" {
				return initThrough(c, cmd, dir, nats, certificates)
			}
			if ca != "" {
				return exit.Usagef("leave it out", "--nats-ca is of --nats alone")
			}
			if _, err := Init(dir, listen, names); err != nil {
				return err
			}
			return c.Print("made the hub in %s; its files are secrets\nnext: aixmend hub run%s\naixmend help hub says how to add sites\n", dir, inDir(dir))
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&listen, "listen", defaultListen, "`HOST:PORT` to listen on; no host: every address")
	cmd.Flags().StringArrayVar(&names, "name", nil, "DNS `NAME` or IP address by which sites reach the hub, the first one in join files; may repeat")
	cmd.Flags().StringVar(&nats, "nats", "", "`URL` of a NATS server that runs already, tls://HOST:PORT, in place of a server of the hub's own")
	cmd.Flags().StringVar(&ca, "nats-ca", "", "`FILE` of the certificates that vouch for that server (default: those of the system)")
	return cmd
}

// initThrough is hub init --nats.
func initThrough(c *console.Console, cmd *cobra.Command, dir, url string, ca []byte) error {
	for _, flag := range []string{"listen", "name"} {
		if cmd.Flags().Changed(flag) {
			return exit.Usagef("leave --"+flag+" out", "--nats and --%s exclude each other: the hub does not listen itself", flag)
		}
	}
	if _, err := InitThrough(dir, url, ca); err != nil {
		return err
	}
	return c.Print("made the hub in %s; its files are secrets\nnext: aixmend hub accounts%s prints what the configuration of the NATS includes; reload it, then aixmend hub run%s\naixmend help hub says how to add sites\n", dir, inDir(dir), inDir(dir))
}

// inDir is --dir where it has to be typed.
func inDir(dir string) string {
	if dir == defaultFolder {
		return ""
	}
	return " " + shell.Line("--dir", dir)
}

func runCommand(c *console.Console, version string) *cobra.Command {
	var dir string
	var trust []string
	cmd := &cobra.Command{
		Use: "run", Short: "Run the hub until it is stopped", Args: cobra.NoArgs,
		Long: "Runs the hub. A hub that is stopped or killed continues its runs when it is started\nagain; meanwhile the workers finish their parts.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !server.Available {
				_, err := server.Start(server.Config{})
				return exit.Usagef("run the hub on Linux", "%w", err)
			}
			shelf, err := request.Shelf(trust)
			if err != nil {
				return err
			}
			f, err := Open(dir)
			if err != nil {
				return err
			}
			ctx, release := c.Interrupts.UntilStop(cmd.Context())
			defer release()
			return Run(ctx, f, Options{Version: version, Shelf: shelf, Say: c.Say}, func(where string) {
				c.Say("the hub %s; its runs are in %s", where, f.State())
			})
		},
	}
	TrustFlag(cmd.Flags(), &trust)
	dirFlag(cmd, &dir)
	return cmd
}

// add is `hub site add` or `hub operator add`.
func add(c *console.Console, role fleet.Role) *cobra.Command {
	about := map[fleet.Role][2]string{
		fleet.RoleSite:     {"The sites whose workers may join", "at the site, aixmend worker --join %s"},
		fleet.RoleOperator: {"The operators who may ask for runs", "aixmend audit --hub %s"},
	}[role]
	var dir, out string
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Write the join file of a new " + string(role), Args: cobra.ExactArgs(1),
		Long: "Writes the join file of a " + string(role) + ". It is a secret: bring it over safely, and keep it\nreadable for its user alone. The hub keeps no copy.",
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				out = args[0] + ".join"
			}
			if err := evidence.CheckFile("out", out); err != nil {
				return err
			}
			f, err := Open(dir)
			if err != nil {
				return err
			}
			if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
				return exit.Usagef("move it away, if it is that of an earlier hub, or name another file with --out", "%s is there already", out)
			}
			pass, err := f.Add(role, args[0])
			if err != nil {
				return err
			}
			text, err := json.MarshalIndent(pass, "", "  ")
			if err == nil {
				err = durable.Write(out, append(text, '\n'))
			}
			if err != nil {
				return err
			}
			if err := c.Print("wrote %s, a secret for %s %s alone\nnext: %s\n", out, role, args[0], fmt.Sprintf(about[1], shell.Word(out))); err != nil {
				return err
			}
			return f.mustLoad(c)
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to write (default NAME.join)")
	parent := group(string(role), about[0])
	parent.AddCommand(cmd)
	return parent
}

func revoke(c *console.Console) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "revoke NAME", Short: "Throw out a site or an operator, and make its join file useless", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := Open(dir)
			if err != nil {
				return err
			}
			if err := f.Revoke(args[0]); err != nil {
				return err
			}
			if err := c.Print("revoked %s; a hub that runs throws it out within a few seconds\n", args[0]); err != nil {
				return err
			}
			return f.mustLoad(c)
		},
	}
	dirFlag(cmd, &dir)
	return cmd
}

func accountsCommand(c *console.Console) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "accounts", Short: "Print the account of hub and members for the configuration of a NATS", Args: cobra.NoArgs,
		Long: `Prints the account that a NATS server needs for a hub of hub init --nats: the public key of
the hub and of each member, with the subjects that each may use. It holds no secret. Write it
to a file that the server's configuration includes within its accounts, and reload the server;
do both again after hub site add, hub operator add and hub revoke.`,
		RunE: func(*cobra.Command, []string) error {
			f, err := Open(dir)
			if err != nil {
				return err
			}
			text, err := f.Accounts()
			if err != nil {
				return err
			}
			return c.Print("%s", text)
		},
	}
	dirFlag(cmd, &dir)
	return cmd
}

// mustLoad says, after a change of the members, that a NATS must learn of it.
func (f Folder) mustLoad(c *console.Console) error {
	set, err := f.settings()
	if err != nil || set.NATS == nil {
		return err
	}
	c.Say("the NATS %s must learn of it: aixmend hub accounts%s prints what its configuration includes; then reload it", set.NATS.Address(), inDir(f.path))
	return nil
}

func adoptCommand(c *console.Console) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "adopt [SITE...]", Short: "Make lost runs of a hub anew, from the state folders of its sites",
		Long: `Asks the workers of the sites, or of all that are connected, for the newest 200 runs of
this or a former hub that their state folders have, and makes those that the hub has not: after
its folder was lost. It reads and changes no host, and continues no run: one that had not
ended is open, and resume --hub continues it. It can be typed again at any time.

Exit codes: 0 all was adopted; 3 a run, or a site's part of one, was not; 4 a site could not be
asked.`,
		RunE: func(cmd *cobra.Command, sites []string) error {
			f, err := Open(dir)
			if err != nil {
				return err
			}
			ctx, release := c.Interrupts.UntilStop(cmd.Context())
			defer release()
			return f.adopt(ctx, c, sites)
		},
	}
	dirFlag(cmd, &dir)
	return cmd
}
