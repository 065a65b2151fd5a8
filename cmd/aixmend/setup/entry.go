package setup

import (
	"errors"
	"fmt"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/inventory/ranges"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/endpoint"
)

// entry is a host to write, or hosts with a range in their names.
type entry struct {
	name    string
	address string // "" where the name stands for it
	user    string
	port    int
	become  string
	names   []string // of its hosts
}

// entryOf reads [NAME=][USER@]HOST[:PORT], where NAME and HOST may hold ranges. The error
// does not quote the word.
func entryOf(word string) (entry, error) {
	name, way, named := strings.Cut(word, "=")
	if !named {
		way = word
	}
	to, err := endpoint.Parse(way)
	if err != nil {
		return entry{}, errors.New("not [NAME=][USER@]HOST[:PORT]")
	}
	e := entry{name: name, address: to.Host, user: to.User, port: to.Port}
	switch {
	case named && name == "":
		return entry{}, errors.New("no name before =")
	case !named:
		e.name = nameOf(to.Host)
	}
	if e.name == e.address {
		e.address = ""
	}
	if e.names, err = ranges.Expand(e.name); err != nil {
		return entry{}, err
	}
	if _, err := load.Parse("x", []byte("apiVersion: "+inventory.APIVersion+"\nhosts:\n"+e.line())); err != nil {
		return entry{}, errors.New(messages(err))
	}
	return e, nil
}

// nameOf returns the name of a host that is given by its address: an IPv6 address holds
// characters that a name can't have.
func nameOf(host string) string {
	name := strings.NewReplacer(":", "-", "%", "-").Replace(host)
	if name != host && strings.HasPrefix(name, "-") {
		return "ip" + name
	}
	return name
}

// line is the entry as the inventory has it.
func (e entry) line() string {
	var keys, ssh []string
	if e.address != "" {
		keys = append(keys, "address: "+inventory.Scalar(e.address))
	}
	if e.user != "" {
		ssh = append(ssh, "user: "+inventory.Scalar(e.user))
	}
	if e.port != 0 {
		ssh = append(ssh, fmt.Sprintf("port: %d", e.port))
	}
	if e.become != "" {
		ssh = append(ssh, "become: "+e.become)
	}
	if len(ssh) > 0 {
		keys = append(keys, "ssh: {"+strings.Join(ssh, ", ")+"}")
	}
	return "  " + inventory.Scalar(e.name) + ": {" + strings.Join(keys, ", ") + "}\n"
}

// messages are the problems in an error without their places, which are in a file that
// nobody has seen.
func messages(err error) string {
	var texts []string
	for _, p := range strictyaml.ProblemsOf(err) {
		text := p.Message
		if p.Hint != "" {
			text += " (" + p.Hint + ")"
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return err.Error()
	}
	return strings.Join(texts, "; ")
}

// distinct returns the entries without those that are there twice. It is an error where
// two entries name one host and differ.
func distinct(list []entry) ([]entry, error) {
	first := map[string]entry{}
	var kept []entry
	for _, e := range list {
		known := 0
		for _, name := range e.names {
			other, seen := first[strings.ToLower(name)]
			switch {
			case !seen:
				first[strings.ToLower(name)] = e
			case other.line() == e.line(), other.user == e.user && other.port == e.port && other.address == "" && e.address == "":
				known++
			default:
				return nil, fmt.Errorf("host %s is named twice, with different settings", name)
			}
		}
		switch {
		case known == 0:
			kept = append(kept, e)
		case known < len(e.names):
			return nil, fmt.Errorf("%s overlaps with another range", e.name)
		}
	}
	return kept, nil
}
