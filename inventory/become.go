package inventory

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
)

// tools are the ways to become root that have a name of their own.
var tools = []string{BecomeNone, BecomeSudo, BecomeDzdo, BecomePbrun, BecomeSu}

// maxCommand is how long the command of become may be, in bytes.
const maxCommand = 1024

// becomeDoc is how to become root: a tool's name, or a command.
type becomeDoc struct {
	given   bool // right or wrong
	tool    text
	command text
}

// set tells whether the value was given and could be decoded.
func (d becomeDoc) set() bool { return d.tool.Set() || d.command.Set() }

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (d *becomeDoc) UnmarshalStrict(n *strictyaml.Node) {
	d.given = true
	switch n.Kind() {
	case strictyaml.Dict:
		var custom struct {
			Command text `yaml:"command,required"`
		}
		n.Decode(&custom)
		d.command = custom.Command
	case strictyaml.List:
		n.Wrong("the name of a tool, or {command: COMMAND}")
	default:
		n.Decode(&d.tool)
	}
}

// become checks how to become root.
func (c *checker) become(s *sshDoc) {
	check(c, "ssh.become", &s.Become.tool, checkBecome)
	check(c, "ssh.become.command", &s.Become.command, checkCommand)
	check(c, "ssh.become_mode", &s.Mode, func(mode string) error {
		if mode != ModeScript && mode != ModeCommands {
			return fmt.Errorf("must be %s or %s", ModeScript, ModeCommands)
		}
		return nil
	})
}

// checkBecome checks the name of a tool.
func checkBecome(become string) error {
	if slices.Contains(tools, become) {
		return nil
	}
	return fmt.Errorf("must be %s or {command: COMMAND}", strings.Join(tools, ", "))
}

var commandWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// checkCommand checks what is put before a command: words that a shell takes
// as they are.
func checkCommand(command string) error {
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
	become   becomeDoc
	mode     text
	password passwordDoc
}

func (r *rise) lay(s sshDoc) {
	r.given = r.given || s.Become.given
	if s.Become.set() {
		r.become = s.Become
	}
	if s.Mode.Set() {
		r.mode = s.Mode
	}
	if s.Password.set() {
		r.password = s.Password
	}
}

// settle writes the settings into the host's, after it has checked that they
// go together.
func (r *rise) settle(c *checker, to *SSH) {
	const hint = "set ssh.become"
	switch {
	case !r.given && r.password.set():
		c.problems.Add(r.password.pos, hint, "ssh.become_password is given, and nothing says how to become root")
	case !r.given && r.mode.Set():
		c.problems.Add(r.mode.Pos, hint, "ssh.become_mode is given, and nothing says how to become root")
	}
	switch {
	case !r.become.set(), r.become.tool.V == BecomeNone:
		return
	case r.become.command.Set():
		to.Become, to.BecomeCommand = BecomeCommand, strings.Join(strings.Fields(r.become.command.V), " ")
	default:
		to.Become = r.become.tool.V
	}
	if r.password.set() {
		to.BecomePassword = r.password.key()
	}
	if r.mode.V != ModeCommands {
		return
	}
	to.BecomeMode = ModeCommands
	if r.password.set() {
		c.problems.Add(r.password.pos, "leave the password out, and let the login run the commands without one (aixmend playbook sudoers)",
			"ssh.become_password does not go with ssh.become_mode %s at %s: a password is asked for once a script, not once a command", ModeCommands, r.mode.Pos)
	}
	if to.Become == BecomeSu {
		c.problems.Add(r.mode.Pos, "", "ssh.become_mode %s does not go with ssh.become su at %s: su gives all or nothing", ModeCommands, r.become.tool.Pos)
	}
}
