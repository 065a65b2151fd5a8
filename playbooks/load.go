package playbooks

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
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
// name has a slash or a dot. The error holds every
// problem (see strictyaml.ProblemsOf), or wraps an *ownership.Fault for a file that
// anybody but this user and root can change. Callers share an embedded playbook and must
// not change it.
func Load(name string) (*Playbook, error) { return load(name, ownership.Check) }

// LoadToPrint is Load for a playbook that is only printed or checked: it reads a file of
// others, too.
func LoadToPrint(name string) (*Playbook, error) {
	return load(name, func(string) error { return nil })
}

func load(name string, check func(path string) error) (*Playbook, error) {
	if load, ok := embedded[name]; ok {
		return load()
	}
	if !strings.ContainsAny(name, `/\.`) {
		_, err := Source(name)
		return nil, err
	}
	if err := check(name); err != nil {
		return nil, fmt.Errorf("playbook: %w", err)
	}
	file, _, err := ownership.Open(name)
	if err != nil {
		return nil, fmt.Errorf("playbook: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, strictyaml.MaxBytes+1))
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
