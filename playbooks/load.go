package playbooks

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"aixmend/inventory/strictyaml"
)

// embedded compiles each embedded playbook once a process.
var embedded = func() map[string]func() (*Playbook, error) {
	once := map[string]func() (*Playbook, error){}
	for _, name := range Names() {
		once[name] = sync.OnceValues(func() (*Playbook, error) {
			text, err := Source(name)
			if err != nil {
				return nil, err
			}
			return Parse(name+".yaml", text)
		})
	}
	return once
}()

// Load loads an embedded playbook by its name, or one from a file when the
// name has a slash, a dot or a file of that name exists. The error holds every
// problem (see strictyaml.ProblemsOf). Callers share an embedded playbook and must not
// change it.
func Load(name string) (*Playbook, error) {
	if load, ok := embedded[name]; ok {
		return load()
	}
	if !strings.ContainsAny(name, `/\.`) {
		_, err := Source(name)
		return nil, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("playbook: %w", err)
	}
	return Parse(name, text)
}

// EmbeddedAllowWords returns the words of --allow that embedded playbooks describe. It
// compiles none: help and completion ask for it.
func EmbeddedAllowWords() []AllowWord {
	var list []AllowWord
	for _, name := range Names() {
		text, _ := files.ReadFile(name + ".yaml") // embedded: it is there
		var top struct {
			Allow strictyaml.Map[Text] `yaml:"allow"`
		}
		strictyaml.Decode(name, section(text, "allow"), &top)
		for _, e := range top.Allow {
			list = append(list, AllowWord{Word: e.Key, About: strings.TrimSpace(e.Value.V)})
		}
	}
	return list
}

// section is a top-level key of a file with its content.
func section(text []byte, key string) []byte {
	_, below, found := bytes.Cut(text, []byte("\n"+key+":\n"))
	if !found {
		return nil
	}
	end := 0
	for line := range bytes.Lines(below) {
		if !bytes.HasPrefix(line, []byte(" ")) {
			break
		}
		end += len(line)
	}
	return slices.Concat([]byte(key+":\n"), below[:end])
}
