package inventory

import (
	"encoding/json"
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

// PasswordSource says where the password comes from with which a login becomes
// root. One of its fields is set.
type PasswordSource struct {
	// Prompt asks a person.
	Prompt bool `json:"prompt,omitempty"`
	// File is the path of a file that holds it, absolute or relative to the
	// working folder, as SSH.Identity is.
	File string `json:"file,omitempty"`
	// Exec is a program and its arguments; it prints the password.
	Exec []string `json:"exec,omitempty"`
}

// Key is the source as text: equal for equal sources.
func (p PasswordSource) Key() string {
	key, _ := json.Marshal(p) // of such fields it never fails
	return string(key)
}

// PasswordSourceOf is the way back from a key.
func PasswordSourceOf(key string) (PasswordSource, error) {
	var p PasswordSource
	if err := json.Unmarshal([]byte(key), &p); err != nil {
		return p, fmt.Errorf("this is not the key of a password source: %w", err)
	}
	return p, nil
}

// passwordDoc is where a password comes from.
type passwordDoc struct {
	pos    strictyaml.Pos
	prompt bool
	file   text
	exec   []text
}

func (d passwordDoc) set() bool { return d.pos != strictyaml.Pos{} }

// passwordHint says what to write instead of a password.
const passwordHint = "write prompt, {file: PATH} or {exec: [PROGRAM, ARGUMENT, ...]}"

// UnmarshalStrict implements strictyaml.Unmarshaler. No message of it quotes
// the value: it may be a password.
func (d *passwordDoc) UnmarshalStrict(n *strictyaml.Node) {
	switch {
	case n.Kind() == strictyaml.Scalar && n.Text() == "prompt":
		d.pos, d.prompt = n.Pos(), true
	case n.Kind() == strictyaml.Scalar:
		n.Problem(passwordHint, "become_password says where the password comes from; a password does not belong in an inventory")
	case n.Kind() != strictyaml.Dict:
		n.Problem(passwordHint, "become_password says where the password comes from")
	default:
		var from struct {
			File text   `yaml:"file"`
			Exec []text `yaml:"exec"`
		}
		if !n.Decode(&from) {
			return
		}
		if from.File.Set() == (len(from.Exec) > 0) {
			n.Problem(passwordHint, "become_password wants one of file and exec")
			return
		}
		d.pos, d.file, d.exec = n.Pos(), from.File, from.Exec
	}
}

// source is the decoded source.
func (d passwordDoc) source() PasswordSource {
	p := PasswordSource{Prompt: d.prompt, File: d.file.V}
	for _, word := range d.exec {
		p.Exec = append(p.Exec, word.V)
	}
	return p
}

// become checks how to become root.
func (b *builder) become(s *sshDoc) {
	check(b, "ssh.become", &s.Become.tool, checkBecome)
	check(b, "ssh.become.command", &s.Become.command, checkCommand)
	check(b, "ssh.become_mode", &s.Mode, func(mode string) error {
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

// password checks where a password comes from. A path, and a program that is
// named by one, starts at folder, as an identity does.
func (b *builder) password(folder string, d *passwordDoc) {
	if !d.set() {
		return
	}
	before := len(b.problems)
	b.path("ssh.become_password file", folder, &d.file)
	b.program("ssh.become_password exec", folder, d.exec)
	if len(b.problems) > before {
		*d = passwordDoc{}
	}
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
func (r *rise) settle(b *builder, to *SSH) {
	const hint = "set ssh.become"
	switch {
	case !r.given && r.password.set():
		b.problems.Add(r.password.pos, hint, "ssh.become_password is given, and nothing says how to become root")
	case !r.given && r.mode.Set():
		b.problems.Add(r.mode.Pos, hint, "ssh.become_mode is given, and nothing says how to become root")
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
		to.BecomePassword = r.password.source().Key()
	}
	if r.mode.V != ModeCommands {
		return
	}
	to.BecomeMode = ModeCommands
	if r.password.set() {
		b.problems.Add(r.password.pos, "leave the password out, and let the login run the commands without one (aixmend playbook sudoers)",
			"ssh.become_password does not go with ssh.become_mode %s at %s: a password is asked for once a script, not once a command", ModeCommands, r.mode.Pos)
	}
	if to.Become == BecomeSu {
		b.problems.Add(r.mode.Pos, "", "ssh.become_mode %s does not go with ssh.become su at %s: su gives all or nothing", ModeCommands, r.become.tool.Pos)
	}
}
