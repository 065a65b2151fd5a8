package environment

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/config"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/usage"
)

// Layers give values to the flags of a verb that are not on its command line: those of
// the environment, which win, then those of the config file.
type Layers struct {
	// Root is the command above all verbs.
	Root *cobra.Command
	// Home replaces ~ in the config file, "" where the user has none.
	Home string
	// User is the folder for config files of the user, "" where there is none.
	User string
	// Say prints a line on stderr.
	Say func(format string, args ...any)

	named, profile string       // of --config and --profile
	file           *config.File // that was read, nil for none
	given          []string
	quiet          bool // warnings about variables that are no slips wait for an error
}

// Flags adds --config and --profile to all verbs.
func (l *Layers) Flags() {
	fs := l.Root.PersistentFlags()
	fs.StringVar(&l.named, "config", "", "config `FILE`; none for no file (default "+config.Name+" beside the inventory, then the user's own)")
	fs.StringVar(&l.profile, "profile", "", "profile of the config file, `NAME`")
}

// Apply sets the flags of a verb, warns of variables that nobody reads, and names the
// config file with -v. A mistake is a usage error.
func (l *Layers) Apply(cmd *cobra.Command) error {
	if err := l.Set(cmd); err != nil || !configurable(cmd) {
		return err
	}
	slips, others := l.unread(cmd, os.Environ())
	if l.quiet = isSet(cmd, "quiet"); l.quiet {
		others = nil
	}
	for _, warning := range slices.Concat(slips, others) { // a slip may select every host: -q tells it, too
		l.Say("warning: %s", warning)
	}
	if l.file != nil && isSet(cmd, "verbose") && !l.quiet {
		l.Say("config file %s sets %s", l.file.Path, l.sets())
	}
	return nil
}

// Set is Apply that prints nothing.
func (l *Layers) Set(cmd *cobra.Command) error {
	if err := Apply(cmd.Flags()); err != nil {
		return err
	}
	if err := l.SetFromFile(cmd); err != nil {
		return err
	}
	if f := cmd.Flags().Lookup("state"); f != nil && f.Value.String() == "" { // it would be the working folder
		return exit.Usagef("name a folder, or leave --state out for "+f.DefValue, "--state is empty")
	}
	return nil
}

// SetFromFile is Set without the environment.
func (l *Layers) SetFromFile(cmd *cobra.Command) error {
	if !configurable(cmd) {
		return nil
	}
	if err := l.load(cmd); err != nil || l.file == nil {
		return err
	}
	list, err := l.file.Settings(l.profile)
	if err != nil {
		return exit.Usage(err)
	}
	for _, s := range list {
		f := cmd.Flags().Lookup(s.Flag)
		if f == nil || f.Changed {
			continue
		}
		if err := l.give(cmd.Flags(), f, s); err != nil {
			return exit.Usagef("", "%s: %w", s.Pos, usage.Plain(err))
		}
		l.given = append(l.given, "--"+f.Name)
	}
	return nil
}

// Hints name the variables and the config file that set the flags an error is about. With
// -q, they begin with the warnings about variables that nobody reads: one may explain it.
func (l *Layers) Hints(cmd *cobra.Command, said string) []string {
	var hints []string
	if l.quiet {
		_, others := l.unread(cmd, os.Environ())
		for _, warning := range others {
			hints = append(hints, "warning: "+warning)
		}
	}
	file := false
	cmd.Flags().Visit(func(f *pflag.Flag) {
		variable, given := f.Annotations[annotation]
		switch {
		case !given || !about(said, f):
		case len(variable) > 0:
			hints = append(hints, "hint: "+variable[0]+" sets --"+f.Name)
		default:
			file = true
		}
	})
	if file && l.Hint() != "" {
		hints = append(hints, l.Hint())
	}
	return hints
}

// about reports whether a message names a flag, or quotes a value of it.
func about(said string, f *pflag.Flag) bool {
	values := []string{f.Value.String()}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		values = list.GetSlice()
	}
	for i, word := range append(values, "--"+f.Name) {
		at := strings.Index(said, word)
		if at < 0 || len(word) < 3 || i < len(values) && f.Value.Type() == "bool" {
			continue
		}
		if rest := said[at+len(word):]; rest == "" || !strings.ContainsAny(rest[:1], "-abcdefghijklmnopqrstuvwxyz") {
			return true
		}
	}
	return false
}

// Hint says which flags the config file set, for a mistake that it may hold; "" for none.
func (l *Layers) Hint() string {
	if len(l.given) == 0 {
		return ""
	}
	return "hint: " + l.file.Path + " sets " + l.sets() + "; --config none leaves it out"
}

func (l *Layers) sets() string {
	if len(l.given) == 0 {
		return "no flag of this verb"
	}
	return strings.Join(l.given, ", ")
}

// Profiles returns the names of the profiles of the config file that Set has read.
func (l *Layers) Profiles() []string {
	if l.file == nil {
		return nil
	}
	return l.file.Profiles()
}

// load reads the config file of a verb.
func (l *Layers) load(cmd *cobra.Command) error {
	path := config.Find(config.Places{Named: l.named, Inventory: inventoryOf(cmd), User: l.User})
	if path == "" {
		if l.profile != "" {
			return exit.Usagef("make ./"+config.Name+", or name a config file with --config", "--profile %s: there is no config file", l.profile)
		}
		return nil
	}
	file, err := config.Load(path, l.known())
	if err != nil {
		return exit.Usage(err)
	}
	l.file, l.given = file, nil
	return nil
}

// inventoryOf returns the first inventory that is named for a verb, "" for none.
func inventoryOf(cmd *cobra.Command) string {
	if f := cmd.Flags().Lookup("inventory"); f != nil {
		if list, ok := f.Value.(pflag.SliceValue); ok && f.Changed && len(list.GetSlice()) > 0 {
			return list.GetSlice()[0]
		}
		return ""
	}
	return os.Getenv(Prefix + "INVENTORY")
}

// give sets a flag to a value of the config file.
func (l *Layers) give(set *pflag.FlagSet, f *pflag.Flag, s config.Setting) error {
	list, repeats := f.Value.(pflag.SliceValue)
	switch {
	case s.List && !repeats:
		return exit.Usagef("", "--%s takes one value, found a list", f.Name)
	case s.List && len(s.Texts) == 0:
		f.Changed = true
		if err := list.Replace(nil); err != nil {
			return err
		}
	}
	for _, text := range s.Texts {
		value, err := l.file.Resolve(f, text, l.Home)
		if err != nil {
			return exit.Usagef("", "--%s: %w", f.Name, err)
		}
		if err := set.Set(f.Name, value); err != nil {
			return err
		}
	}
	return set.SetAnnotation(f.Name, annotation, nil)
}

// known returns the flags of all verbs.
func (l *Layers) known() []string {
	var names []string
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		for _, set := range []*pflag.FlagSet{c.Flags(), c.PersistentFlags()} {
			set.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(l.Root)
	slices.Sort(names)
	return slices.Compact(names)
}

// configurable reports whether a config file can set a flag of a verb.
func configurable(cmd *cobra.Command) bool {
	found := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		_, typed := config.Typed[f.Name]
		found = found || !typed
	})
	return found
}

// isSet reports whether a switch of a verb, or a count, is on.
func isSet(cmd *cobra.Command, name string) bool {
	f := cmd.Flags().Lookup(name)
	return f != nil && f.Value.String() != "false" && f.Value.String() != "0"
}
