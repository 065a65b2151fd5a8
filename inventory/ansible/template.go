package ansible

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// text returns the value of a variable, and whether there is one that is read.
func (r *reading) text(v variable) (settings.Text, bool) {
	name, value := r.values[v].name, r.values[v].value
	if inner := value.Get("__ansible_unsafe"); inner.Given() {
		value = inner
	}
	unread := func(format string, args ...any) (settings.Text, bool) {
		r.doubt(topics[v], value.Pos(), format, args...)
		return settings.Text{}, false
	}
	switch {
	case name != "" && !value.Given():
		return unread("%s has a tag that is not known", name)
	case value.Kind() == strictyaml.Null:
		return settings.Text{}, false
	case isVault(value):
		return unread("%s is in a vault, which is not read", name)
	case value.Kind() != strictyaml.Scalar:
		return unread("%s must be text", name)
	}
	words := value.Text()
	if !value.IsText() && otherNumber.MatchString(words) {
		return unread("%s %s is another number for Ansible, as it stands without quotes", name, settings.Quote(words))
	}
	if isTemplate(words) && value.Tag() != "!unsafe" {
		var err error
		r.varies = true
		if words, err = r.expand(words, 0); err != nil {
			return unread("%s is a template that is not read: %v", name, err)
		}
	}
	if words == "" {
		return settings.Text{}, false
	}
	return settings.Text{V: words, Pos: value.Pos()}, true
}

// otherNumber matches numbers whose value is not their text: 022 is 18, and 1_000 is 1000.
var otherNumber = regexp.MustCompile(`^[-+]?(0[0-9_]+|[0-9]+_[0-9_]*)$`)

const (
	// maxNesting is how many variables may stand for one another.
	maxNesting = 10
	// maxLooked is how many of them one host may name.
	MaxLooked = 100
	// maxExpanded is how long a template may become, in bytes.
	maxExpanded = 4096
)

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

var errTemplate = errors.New("only {{ NAME }} of a variable of the inventory is")

// expand replaces {{ NAME }} by the variable of that name. Anything else that a
// template may hold is an error, which quotes no value.
func (r *reading) expand(template string, depth int) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{{")
		if strings.Contains(before, "{%") || strings.Contains(before, "{#") || depth > maxNesting {
			return "", errTemplate
		}
		out.WriteString(before)
		if out.Len() > maxExpanded {
			return "", errTemplate
		}
		if !found {
			return out.String(), nil
		}
		inner, after, closed := strings.Cut(rest, "}}")
		name := strings.TrimSpace(inner)
		if !closed || !plainName.MatchString(name) {
			return "", errTemplate
		}
		value, err := r.lookup(name, depth)
		if err != nil {
			return "", err
		}
		out.WriteString(value)
		template = after
	}
}

// lookup returns the value of a variable of the inventory.
func (r *reading) lookup(name string, depth int) (string, error) {
	switch name {
	case "inventory_hostname":
		return r.host.name, nil
	case "inventory_hostname_short":
		short, _, _ := strings.Cut(r.host.name, ".")
		return short, nil
	case "inventory_dir":
		if folder := r.a.folders[r.host.pos.File]; folder != "" {
			return folder, nil
		}
	}
	if r.looked++; r.looked > MaxLooked {
		return "", errTemplate
	}
	value := r.find(name)
	switch {
	case value.Kind() != strictyaml.Scalar || isVault(value):
		return "", fmt.Errorf("the variable %s is not there, or is no plain text", name)
	case isTemplate(value.Text()) && value.Tag() != "!unsafe":
		return r.expand(value.Text(), depth+1)
	}
	return value.Text(), nil
}

// find returns the strongest value of any variable.
func (r *reading) find(name string) strictyaml.Tree {
	var last strictyaml.Tree
	look := func(maps []strictyaml.Tree) {
		for _, vars := range maps {
			if value := r.a.get(vars, name); value.Given() {
				last = value
			}
		}
	}
	for _, g := range r.kind.groups {
		look(g.vars)
	}
	for _, g := range r.kind.groups {
		look(g.files)
	}
	look(r.host.vars)
	look(r.host.files)
	return last
}

// get is vars.Get, without looking through a long map again and again.
func (a *resolver) get(vars strictyaml.Tree, name string) strictyaml.Tree {
	const long = 32
	if vars.Len() <= long {
		return vars.Get(name)
	}
	index := a.indexes[vars]
	if index == nil {
		index = make(map[string]strictyaml.Tree, vars.Len())
		for key, value := range vars.Entries {
			index[key.Text()] = value
		}
		a.indexes[vars] = index
	}
	return index[name]
}
