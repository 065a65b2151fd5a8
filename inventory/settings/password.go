package settings

import (
	"aixmend/inventory"
	"aixmend/inventory/naming"
	"aixmend/inventory/strictyaml"
)

// passwordDoc is the source of a secret as a file gives it.
type passwordDoc struct {
	pos    strictyaml.Pos
	prompt bool
	from   secretDoc
}

// secretDoc is a source that has a name of its own.
type secretDoc struct {
	File     Text   `yaml:"file"`
	Exec     []Text `yaml:"exec"`
	Env      Text   `yaml:"env"`
	Age      Text   `yaml:"age"`
	Identity Text   `yaml:"identity"`
}

func (d passwordDoc) set() bool { return d.pos != strictyaml.Pos{} }

// Pos is the place of the setting, zero where it was not given.
func (d passwordDoc) Pos() strictyaml.Pos { return d.pos }

// passwordHint is the hint where a password stands in the file.
const passwordHint = "write prompt, {file: PATH}, {exec: [PROGRAM, ARGUMENT, ...]}, {env: NAME} or {age: FILE, identity: FILE}"

// UnmarshalStrict implements strictyaml.Unmarshaler. No message of it quotes
// the value: it may be a password.
func (d *passwordDoc) UnmarshalStrict(n *strictyaml.Node) {
	switch {
	case n.Kind() == strictyaml.Scalar && n.Text() == "prompt":
		d.pos, d.prompt = n.Pos(), true
	case n.Kind() == strictyaml.Scalar:
		n.Problem(passwordHint, "%s says where the secret comes from; a secret does not belong in an inventory", n.Name())
	case n.Kind() != strictyaml.Dict:
		n.Problem(passwordHint, "%s says where the secret comes from", n.Name())
	default:
		var from secretDoc
		if !n.Decode(&from) {
			return
		}
		ways := 0
		for _, given := range []bool{from.File.Set(), len(from.Exec) > 0, from.Env.Set(), from.Age.Set()} {
			if given {
				ways++
			}
		}
		switch {
		case ways != 1:
			n.Problem(passwordHint, "%s wants one of file, exec, env and age", n.Name())
		case from.Identity.Set() && !from.Age.Set():
			n.Problem(passwordHint, "%s has an identity, which goes with age only", n.Name())
		default:
			d.pos, d.from = n.Pos(), from
		}
	}
}

// source is the decoded source.
func (d passwordDoc) source() inventory.PasswordSource {
	p := inventory.PasswordSource{Prompt: d.prompt, File: d.from.File.V, Env: d.from.Env.V, Age: d.from.Age.V, Identity: d.from.Identity.V}
	for _, word := range d.from.Exec {
		p.Exec = append(p.Exec, word.V)
	}
	return p
}

// key is that of the source, empty where there is none.
func (d passwordDoc) key() string {
	if !d.set() {
		return ""
	}
	return d.source().Key()
}

// password checks the source of a secret. Relative paths start at folder, as for an
// identity.
func (c *Checker) password(setting, folder string, d *passwordDoc) {
	if !d.set() {
		return
	}
	before := len(c.Problems)
	c.path(setting+" file", folder, &d.from.File)
	c.path(setting+" age", folder, &d.from.Age)
	c.path(setting+" identity", folder, &d.from.Identity)
	if d.from.Env.Set() && !naming.IsVariable(d.from.Env.V) { // not quoted: it may be the secret itself
		c.Problems.Add(d.from.Env.Pos, passwordHint, "%s env is not the name of an environment variable", setting)
	}
	c.Program(setting+" exec", folder, d.from.Exec)
	if len(c.Problems) > before {
		*d = passwordDoc{}
	}
}
