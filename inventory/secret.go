package inventory

import (
	"encoding/json"
	"fmt"

	"aixmend/inventory/naming"
	"aixmend/inventory/strictyaml"
)

// PasswordSource says where a secret comes from: the password of a login, that
// with which it becomes root, or the passphrase of a key. Prompt, File, Exec, Env
// or Age is set.
type PasswordSource struct {
	// Prompt asks a person.
	Prompt bool `json:"prompt,omitempty"`
	// File is the path of a file that holds it, absolute or relative to the
	// working folder, as SSH.Identity is.
	File string `json:"file,omitempty"`
	// Exec is a program and its arguments; it prints the secret.
	Exec []string `json:"exec,omitempty"`
	// Env is the name of the environment variable that holds it.
	Env string `json:"env,omitempty"`
	// Age is the path of an age file, and Identity that of what opens it: an
	// identity of age or an SSH key; empty where a passphrase does.
	Age      string `json:"age,omitempty"`
	Identity string `json:"identity,omitempty"`
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

// passwordDoc is where a secret comes from.
type passwordDoc struct {
	pos    strictyaml.Pos
	prompt bool
	from   secretDoc
}

// secretDoc is a source that has a name of its own.
type secretDoc struct {
	File     text   `yaml:"file"`
	Exec     []text `yaml:"exec"`
	Env      text   `yaml:"env"`
	Age      text   `yaml:"age"`
	Identity text   `yaml:"identity"`
}

func (d passwordDoc) set() bool { return d.pos != strictyaml.Pos{} }

// passwordHint says what to write instead of a password.
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
func (d passwordDoc) source() PasswordSource {
	p := PasswordSource{Prompt: d.prompt, File: d.from.File.V, Env: d.from.Env.V, Age: d.from.Age.V, Identity: d.from.Identity.V}
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

// password checks where a secret comes from. A path, and a program that is
// named by one, starts at folder, as an identity does.
func (b *builder) password(setting, folder string, d *passwordDoc) {
	if !d.set() {
		return
	}
	before := len(b.problems)
	b.path(setting+" file", folder, &d.from.File)
	b.path(setting+" age", folder, &d.from.Age)
	b.path(setting+" identity", folder, &d.from.Identity)
	if d.from.Env.Set() && !naming.IsVariable(d.from.Env.V) { // not quoted: it may be the secret itself
		b.problems.Add(d.from.Env.Pos, passwordHint, "%s env is not the name of an environment variable", setting)
	}
	b.program(setting+" exec", folder, d.from.Exec)
	if len(b.problems) > before {
		*d = passwordDoc{}
	}
}
