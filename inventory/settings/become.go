package settings

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

// Tools are the ways to become root that have a name of their own.
var Tools = []string{inventory.BecomeNone, inventory.BecomeSudo, inventory.BecomeDzdo, inventory.BecomePbrun, inventory.BecomeSu}

// maxCommand is how long the command of become may be, in bytes.
const maxCommand = 1024

// BecomeDoc is how to become root: a tool's name, or a command.
type BecomeDoc struct {
	Given   bool // right or wrong
	Tool    Text
	command Text
}

// set reports whether the value was given and could be decoded.
func (d BecomeDoc) set() bool { return d.Tool.Set() || d.command.Set() }

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (d *BecomeDoc) UnmarshalStrict(n *strictyaml.Node) {
	d.Given = true
	switch n.Kind() {
	case strictyaml.Dict:
		var custom struct {
			Command Text `yaml:"command,required"`
		}
		n.Decode(&custom)
		d.command = custom.Command
	case strictyaml.List:
		n.Wrong("the name of a tool, or {command: COMMAND}")
	default:
		n.Decode(&d.Tool)
	}
}

// become checks how to become root.
func (c *Checker) become(tool *BecomeDoc, mode *Text) {
	Check(c, "ssh.become", &tool.Tool, CheckBecome)
	Check(c, "ssh.become.command", &tool.command, CheckCommand)
	Check(c, "ssh.become_mode", mode, func(mode string) error {
		if mode != inventory.ModeScript && mode != inventory.ModeCommands {
			return fmt.Errorf("must be %s or %s", inventory.ModeScript, inventory.ModeCommands)
		}
		return nil
	})
}

// CheckBecome checks the name of a tool.
func CheckBecome(become string) error {
	if slices.Contains(Tools, become) {
		return nil
	}
	return fmt.Errorf("must be %s or {command: COMMAND}", strings.Join(Tools, ", "))
}

var commandWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// CheckCommand checks the prefix of a command: words that a shell leaves as they are.
func CheckCommand(command string) error {
	words := strings.Fields(command)
	switch {
	case len(words) == 0:
		return errors.New("is empty")
	case len(command) > maxCommand:
		return fmt.Errorf("is longer than %d characters", maxCommand)
	case strings.Contains(words[0], "=") || strings.HasPrefix(words[0], "-"):
		return errors.New("must begin with a program")
	}
	for _, word := range words {
		if !commandWord.MatchString(word) {
			return errors.New("must be plain words such as /opt/pb/bin/pbrun -u root, with nothing that a shell expands or quotes")
		}
	}
	return nil
}

// rise is how a host becomes root, while its layers are laid one over another.
type rise struct {
	given    bool // something says how, right or wrong
	become   BecomeDoc
	mode     Text
	password passwordDoc
}

func (r *rise) lay(tool BecomeDoc, mode Text, password passwordDoc) {
	r.given = r.given || tool.Given
	if tool.set() {
		r.become = tool
	}
	if mode.Set() {
		r.mode = mode
	}
	if password.set() {
		r.password = password
	}
}

// settle writes the settings into the host's, after it has checked that they
// go together.
func (r *rise) settle(c *Checker, to *inventory.SSH) {
	const hint = "set ssh.become"
	switch {
	case !r.given && r.password.set():
		c.Problems.Add(r.password.pos, hint, "ssh.become_password is given without ssh.become")
	case !r.given && r.mode.Set():
		c.Problems.Add(r.mode.Pos, hint, "ssh.become_mode is given without ssh.become")
	}
	switch {
	case !r.become.set(), r.become.Tool.V == inventory.BecomeNone:
		return
	case r.become.command.Set():
		to.Become, to.BecomeCommand = inventory.BecomeCommand, strings.Join(strings.Fields(r.become.command.V), " ")
	default:
		to.Become = r.become.Tool.V
	}
	if r.password.set() {
		to.BecomePassword = r.password.key()
	}
	if r.mode.V != inventory.ModeCommands {
		return
	}
	to.BecomeMode = inventory.ModeCommands
	if r.password.set() {
		c.Problems.Add(r.password.pos, "leave the password out, and let the login run the commands without one (aixmend playbook sudoers)",
			"ssh.become_password does not go with ssh.become_mode %s at %s: a password is asked for once a script, not once a command", inventory.ModeCommands, r.mode.Pos)
	}
	if to.Become == inventory.BecomeSu {
		c.Problems.Add(r.mode.Pos, "", "ssh.become_mode %s does not go with ssh.become su at %s: su gives all or nothing", inventory.ModeCommands, r.become.Tool.Pos)
	}
}
