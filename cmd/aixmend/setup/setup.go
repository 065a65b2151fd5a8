// Package setup writes a first inventory from hosts that are named, from ssh_config or from
// known_hosts.
package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/journal/durable"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/settings"
	"aixmend/transport/shell"
)

// Options are an inventory to write.
type Options struct {
	Console *console.Console
	// Words are the hosts; with From they are patterns, or the file of Ansible's.
	Words []string
	// From is one of Sources, "" for the hosts in Words.
	From string
	// Out is the file to write.
	Out string
	Login
	// Home is the user's home folder, "" for none.
	Home string
	// SSHConfig is the ssh_config to read, "" for the user's own.
	SSHConfig string
	// Load loads an inventory as every verb does.
	Load func(file string) (*inventory.Inventory, error)
}

// Flags adds the flags of the options; out is the default of --out.
func (o *Options) Flags(fs *pflag.FlagSet, out string) {
	fs.StringVar(&o.From, "from", "", "take the hosts from `SOURCE`: ssh-config, known-hosts or ansible")
	fs.StringVarP(&o.Out, "out", "o", out, "inventory `FILE` to write")
	fs.StringVar(&o.User, "user", "", "the `LOGIN` on the hosts (default that of ssh_config, else root)")
	fs.StringVar(&o.Become, "become", "", "how the login becomes root, a `TOOL`: sudo, dzdo, pbrun or su")
	fs.StringVar(&o.Identity, "identity", "", "private key `FILE` of the login")
	fs.StringVar(&o.Jump, "jump", "", "the `BASTION` on the way")
}

// Run writes the inventory and returns the file to use from now on: the written one, or
// that of Ansible's, which needs no other. On a terminal it asks for missing hosts.
func Run(o Options) (file string, err error) {
	if o.From != "" && !slices.Contains(Sources, o.From) {
		return "", exit.Usagef(meant(o.From), "--from %q is not known", o.From)
	}
	if err := o.Login.check(); err != nil {
		return "", err
	}
	if o.From != fromAnsible {
		if err := free(o.Out); err != nil {
			return "", err
		}
	}
	hosts, err := o.hosts()
	if err != nil {
		return "", err
	}
	if o.From == fromAnsible {
		return o.ansible()
	}
	if o.Identity != "" && !filepath.IsAbs(o.Identity) { // paths in the file start at its folder
		if o.Identity, err = filepath.Rel(filepath.Dir(o.Out), o.Identity); err != nil {
			return "", exit.Usagef("name it by its absolute path", "--identity: %w", err)
		}
	}
	document := text(hosts, o.Login)
	if _, err := (load.Options{Home: o.Home}).Parse(o.Out, []byte(document)); err != nil {
		return "", exit.Usagef("", "the hosts make no inventory: %s", messages(err))
	}
	err = durable.WriteNew(o.Out, durable.Bytes([]byte(document)))
	if errors.Is(err, fs.ErrExist) { // it was made since the first look
		return "", taken(o.Out)
	}
	if err != nil {
		return "", err
	}
	return o.Out, o.show(o.Out, "wrote %s")
}

// check checks the settings of the login.
func (l Login) check() error {
	for _, c := range []struct {
		flag, value string
		is          func(string) error
	}{{"user", l.User, settings.CheckUser}, {"become", l.Become, settings.CheckBecome}, {"jump", l.Jump, settings.CheckJump}} {
		if c.value == "" {
			continue
		}
		if err := c.is(c.value); err != nil {
			return exit.Usagef("", "--%s %q %w", c.flag, c.value, err)
		}
	}
	return nil
}

// free checks that a file can be written and is not there yet.
func free(out string) error {
	if err := evidence.CheckFile("out", out); err != nil {
		return err
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return taken(out)
	}
	return nil
}

// taken is the error for a file that is there.
func taken(out string) error {
	return exit.Usagef("-o names another file; aixmend inventory check -i "+shell.Word(out)+" checks that one", "%s exists, and init does not change it", out)
}

// hosts returns the hosts to write.
func (o *Options) hosts() ([]entry, error) {
	switch {
	case o.From == fromAnsible:
		return nil, nil
	case o.From != "":
		return o.sourced(o.From, o.Words)
	case len(o.Words) > 0:
		return given(o.Words)
	case o.Console.CanAsk():
		return o.ask()
	}
	return nil, exit.Usagef(o.sources(), "no host is named, and without a terminal nobody can be asked")
}

// ansible checks an inventory of Ansible's, which works as it is.
func (o *Options) ansible() (string, error) {
	if len(o.Words) != 1 {
		return "", exit.Usagef("", "--from ansible takes one file, found %d", len(o.Words))
	}
	return o.Words[0], o.show(o.Words[0], "%s works as it is")
}

// show loads an inventory and names its hosts. said is about the file.
func (o *Options) show(file, said string) error {
	inv, err := o.Load(file)
	if err != nil {
		return err
	}
	names := make([]string, len(inv.Hosts))
	for i, h := range inv.Hosts {
		names[i] = h.Name
	}
	_, err = fmt.Fprintf(o.Console.Out, said+": %s\n  %s\n", report.Clean(file, false), report.Hosts(len(names)), report.Clean(report.Compact(names), false))
	return err
}

// Next prints the commands to go on with. flags are the words that they need, keys says
// that host keys are still to be stored.
func Next(c *console.Console, flags []string, keys bool) error {
	line := func(verb string) string {
		return "  " + report.Clean(c.Program+" "+shell.Line(append([]string{verb}, flags...)...), false)
	}
	lines := line("audit") + "   # diagnose; changes nothing\n"
	if keys {
		lines = line("hostkeys") + "   # fetch, compare and store the host keys\n" + line("audit") + "      # diagnose; changes nothing\n"
	}
	_, err := fmt.Fprint(c.Out, "\nnext:\n"+lines)
	return err
}
