package planfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/playbooks"
	"aixmend/transport/shell"
)

// A plan file, approved or not, may not choose what runs. Of its flags it only keeps
// the pauses; a playbook that is not embedded, every other parameter and every allowance
// are named again by the person who applies it.

// Flag is a flag of a plan; Value is "" for one without.
type Flag struct{ Name, Value string }

// Words are the words of a command line.
func (f Flag) Words() []string {
	if f.Value == "" {
		return []string{"--" + f.Name}
	}
	return []string{"--" + f.Name, f.Value}
}

// About describes the flag in the words of the playbook, "" where it has none.
func (f Flag) About(p *playbooks.Playbook) string {
	switch f.Name {
	case "set":
		name, _, _ := strings.Cut(f.Value, "=")
		for _, param := range p.Params {
			if param.Key == name {
				return param.Value.About
			}
		}
	case "allow":
		for _, w := range p.AllowWords() {
			if w.Word == f.Value {
				return w.About
			}
		}
	case "mend-warnings":
		return "also fix warnings"
	}
	return ""
}

// Words are the words of flags on a command line.
func Words(flags []Flag) []string {
	var words []string
	for _, f := range flags {
		words = append(words, f.Words()...)
	}
	return words
}

// Flags are all flags of the settings.
func (s Settings) Flags() []Flag {
	flags := []Flag{{"playbook", s.Playbook}}
	for _, set := range s.Set {
		flags = append(flags, Flag{"set", set})
	}
	for _, word := range s.Allow {
		flags = append(flags, Flag{"allow", word})
	}
	if s.MendWarnings {
		flags = append(flags, Flag{"mend-warnings", ""})
	}
	return flags
}

// Restate returns the flags that must be named again to apply a plan made with s. p is
// its playbook; nil, where that is not known, leaves no parameter to the plan.
func Restate(p *playbooks.Playbook, s Settings) []Flag {
	return slices.DeleteFunc(s.Flags(), func(f Flag) bool {
		switch f.Name {
		case "playbook":
			return embedded(f.Value)
		case "set":
			param, _, _ := strings.Cut(f.Value, "=")
			return onlyPauses(p, param)
		}
		return false
	})
}

// onlyPauses reports whether a parameter only says how long the engine waits. A playbook
// that reads it can do more with it.
func onlyPauses(p *playbooks.Playbook, param string) bool {
	if p == nil || !slices.Contains([]string{"wait", "settle", "probe_timeout", "look_timeout"}, param) {
		return false
	}
	text, err := json.Marshal(p.Playbook)
	return err == nil && !bytes.Contains(text, []byte("params."+param))
}

func embedded(playbook string) bool { return slices.Contains(playbooks.Names(), playbook) }

// Caller is the person or job that applies a plan.
type Caller struct {
	// Settings are the flags that were named again; Playbook is "" where none was.
	Settings
	// Typed reports whether a flag stands on the command line. It must be the plan's
	// then; one that the environment sets for every call need not.
	Typed func(flag string) bool
	// OverHub says that the plan is applied over a hub, which holds the playbooks.
	OverHub bool
	// Asks says that the caller is asked about the flags that were not named.
	Asks bool
	// Command returns the command line of this call with more flags, ready to paste.
	Command func(more []Flag) string
}

// NewCaller returns the caller of a command whose flags are s, whether named or not.
func NewCaller(cmd *cobra.Command, s Settings, asks bool) Caller {
	if !cmd.Flags().Changed("playbook") {
		s.Playbook = ""
	}
	return Caller{
		Settings: s, Asks: asks,
		Typed:   func(flag string) bool { return environment.OnCommandLine(cmd, []string{flag}) != "" },
		Command: func(more []Flag) string { return shell.Line(append(environment.Command(cmd), Words(more)...)...) },
	}
}

// Accept returns the settings to apply a plan with, and the flags that the caller has yet
// to confirm. A flag on the command line that is not the plan's is an error, and so is one
// that had to be named again where nobody is asked; a playbook that is not embedded must
// always be named.
func (p *Plan) Accept(file string, c Caller) (s Settings, confirm []Flag, err error) {
	s = Settings{p.Named, p.Set, p.Allow, p.MendWarnings}
	switch {
	case p.OverHub() && !c.OverHub:
		return s, nil, exit.Usagef("name the hub with --hub and the join file of an operator", "--plan %s was made over a hub: its commands are at the sites", file)
	case c.OverHub && !p.OverHub():
		return s, nil, exit.Usagef("leave --hub out, or make another plan: aixmend plan --hub ops.join --out plan.json", "--plan %s was made on one machine, not over a hub", file)
	}
	if c.OverHub && c.Typed("playbook") && c.Playbook != p.Named {
		return s, nil, exit.Usagef("leave --playbook out, or make another plan", "--plan %s was made with --playbook %s", file, p.Named)
	}
	for _, f := range p.added(c) {
		added := strings.Join(f.Words(), " ")
		return s, nil, exit.Usagef("leave "+added+" out, or make another plan", "--plan %s was made without %s", file, added)
	}
	playbook, name, err := p.playbook(c)
	if err != nil {
		return s, nil, err
	}
	named := playbook != nil || c.OverHub && c.Playbook == p.Named
	confirm = slices.DeleteFunc(Restate(playbook, s), func(f Flag) bool {
		if f.Name == "playbook" {
			return named
		}
		return slices.Contains(c.Flags(), f)
	})
	if !named || len(confirm) > 0 && !c.Asks {
		var list []string
		for _, f := range confirm {
			list = append(list, strings.Join(f.Words(), " "))
		}
		return s, nil, exit.Usagef("if that is what you approved: "+c.Command(confirm),
			"--plan %s: a plan file can't decide on %s: name it again", file, strings.Join(list, ", "))
	}
	s.Playbook = cmp.Or(name, p.Named)
	return s, confirm, nil
}

// added are the flags on the command line that the plan has not.
func (p *Plan) added(c Caller) []Flag {
	own := Settings{p.Named, p.Set, p.Allow, p.MendWarnings}.Flags()
	added := slices.DeleteFunc(c.Flags(), func(f Flag) bool {
		return f.Name == "playbook" || !c.Typed(f.Name) || slices.Contains(own, f)
	})
	if c.Typed("mend-warnings") && p.MendWarnings && !c.MendWarnings {
		added = append(added, Flag{"mend-warnings=false", ""})
	}
	return added
}

// playbook returns the playbook of the plan and its name: the one that the caller named,
// else an embedded one; nil where it has to be named. Its hash is the plan's.
func (p *Plan) playbook(c Caller) (*playbooks.Playbook, string, error) {
	for _, name := range []string{c.Playbook, p.Named} {
		typed := name == c.Playbook && c.Typed("playbook")
		if name == "" || !typed && name != c.Playbook && !embedded(name) || c.OverHub && !embedded(name) {
			continue
		}
		playbook, err := playbooks.Load(name)
		switch {
		case err == nil && playbook.SHA256 == p.Playbook.SHA256:
			return playbook, name, nil
		case !typed && name == c.Playbook && name != p.Named: // the environment's: another job's
		case err != nil:
			return nil, "", exit.Usage(err)
		default:
			return nil, "", p.changed(playbook)
		}
	}
	return nil, "", nil
}

// changed is the error of a playbook that is not the plan's.
func (p *Plan) changed(now *playbooks.Playbook) error {
	return exit.Usagef(again, "--plan: playbook %s is not the one that the plan was made with, or it has changed since: it was %q, sha256 %q; it is %q, sha256 %q",
		now.Name, p.Playbook.Name, p.Playbook.SHA256, now.Name, now.SHA256)
}

// Check checks that a playbook is the one that the plan was made with.
func (p *Plan) Check(playbook *playbooks.Playbook) error {
	if playbook.SHA256 != p.Playbook.SHA256 || playbook.Name != p.Playbook.Name {
		return p.changed(playbook)
	}
	return nil
}
