package assistant

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/inventory/naming"
)

// The verbs that an assistant can have run, and every flag of each that is ever passed.
// Verbs that change hosts are not in this table, and no process is started without it.
var (
	reading = map[string][]string{
		"runs": {"state", "format"}, "report": {"state", "format", "host"}, "explain": {"state"}, "diff": {"state"}, "runbook": {}, planShow: {"limit"},
	}
	visiting = map[string][]string{
		"audit": {"state", "inventory", "config", "profile", "ticket", "format", "limit"},
		"plan":  {"state", "inventory", "config", "profile", "ticket", "format", "limit"},
	}
)

// planShow is the verb whose argument is the file of a saved plan.
const planShow = "plan show"

// Verbs returns the verbs of the table with their flags. visits are those that connect to
// hosts, which an assistant is offered only if a person allows them.
func Verbs() (reads, visits map[string][]string) { return reading, visiting }

// maxNames is the largest number of names in one call.
const maxNames = 500

// order is a call of a verb.
type order struct {
	verb string
	// flags have values that are names, or names with commas between, and names are arguments.
	// An assistant may have chosen them.
	flags map[string]string
	names []string
}

// given is chosen by the person who starts this process, and by nobody else.
type given struct {
	flags map[string][]string // values by flag
	plans map[string]string   // paths of saved plans by name
}

// line returns the command line of an order, with nothing in it that the table does not
// have, and no word of an assistant's that could be a flag or a path.
func (o order) line(g given) ([]string, error) {
	flags, known := reading[o.verb]
	if !known {
		flags, known = visiting[o.verb]
	}
	if !known {
		return nil, fmt.Errorf("%q is not offered", o.verb)
	}
	line := strings.Fields(o.verb)
	for _, name := range slices.Sorted(maps.Keys(o.flags)) {
		if _, persons := g.flags[name]; persons || !slices.Contains(flags, name) {
			return nil, fmt.Errorf("%s has no --%s here", o.verb, name)
		}
		if err := checkNames(strings.Split(o.flags[name], ",")); err != nil {
			return nil, err
		}
		line = append(line, "--"+name+"="+o.flags[name])
	}
	for _, name := range flags {
		for _, value := range g.flags[name] {
			line = append(line, "--"+name+"="+value)
		}
	}
	if err := checkNames(o.names); err != nil {
		return nil, err
	}
	line = append(line, "--")
	if o.verb != planShow {
		return append(line, o.names...), nil
	}
	for _, name := range o.names {
		path, known := g.plans[name]
		if !known {
			return nil, fmt.Errorf("no plan is called %s", name)
		}
		line = append(line, path)
	}
	return line, nil
}

// String is the order as the log shows it.
func (o order) String() string {
	words := append([]string{o.verb}, o.names...)
	for _, name := range slices.Sorted(maps.Keys(o.flags)) {
		words = append(words, "--"+name+"="+o.flags[name])
	}
	return strings.Join(words, " ")
}

// checkNames checks the names of runs, hosts, groups and findings.
func checkNames(names []string) error {
	if len(names) > maxNames {
		return fmt.Errorf("%d names: at most %d at once", len(names), maxNames)
	}
	for _, name := range names {
		if !naming.IsFile(name) {
			return fmt.Errorf("%q is no name of a run, a host, a group or a finding", name)
		}
	}
	return nil
}

// named drops the empty names.
func named(names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}
