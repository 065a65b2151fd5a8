package inventory

import (
	"encoding/json"
	"fmt"
)

// PasswordSource is the source of a secret: the password of a login, the password
// for becoming root, or the passphrase of a key. Exactly one of Prompt, File, Exec,
// Env and Age is set.
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
	// Age is the path of an age file, and Identity the path of the key to it: an
	// identity of age or an SSH key; empty where a passphrase does.
	Age      string `json:"age,omitempty"`
	Identity string `json:"identity,omitempty"`
}

// Key returns the source as text: equal for equal sources.
func (p PasswordSource) Key() string {
	key, _ := json.Marshal(p) // of such fields it never fails
	return string(key)
}

// PasswordSourceOf returns the source of a key.
func PasswordSourceOf(key string) (PasswordSource, error) {
	var p PasswordSource
	if err := json.Unmarshal([]byte(key), &p); err != nil {
		return p, fmt.Errorf("this is not the key of a password source: %w", err)
	}
	return p, nil
}
