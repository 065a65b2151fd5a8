package drift

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Left is a part of facts that is not compared.
type Left struct {
	// Path is FACT.FIELD.FIELD. FACT may be * for any fact; [] after a list means each
	// of its elements, [FIELD=VALUE] the elements with that field.
	Path string
	// Why is the reason for leaving it out.
	Why string
}

// Keys returns the fields that can identify the elements of a list. The first one that
// every element has, each with a different value, is used.
func Keys() []string { return []string{"name", "interface", "destination", "node_id"} }

// rules are the parts to leave out, by path.
type rules struct {
	paths map[string]bool
	// some are conditions on elements of a list, by the path of the list.
	some map[string][]condition
}

type condition struct{ field, value string }

func compile(left []Left) rules {
	r := rules{map[string]bool{}, map[string][]condition{}}
	for _, l := range left {
		list, rest, isSome := strings.Cut(l.Path, "[")
		field, value, _ := strings.Cut(strings.TrimSuffix(rest, "]"), "=")
		if isSome && strings.HasSuffix(rest, "]") && field != "" {
			r.some[list] = append(r.some[list], condition{field, value})
			continue
		}
		r.paths[l.Path] = true
	}
	return r
}

// anyFact returns a path with * instead of the fact.
func anyFact(path string) string {
	if _, rest, ok := strings.Cut(path, "."); ok {
		return "*." + rest
	}
	return path
}

func (r rules) left(path string) bool { return r.paths[path] || r.paths[anyFact(path)] }

// changes returns the facts that differ, by path. A part that one side does not have
// was not read and is no change. Lists are compared as sets.
func (r rules) changes(from, to map[string]any) []Fact {
	list := []Fact{}
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if reflect.DeepEqual(from[name], to[name]) { // true of most facts
			continue
		}
		r.compare(name, r.clean(name, from[name]), r.clean(name, to[name]), &list)
	}
	return list
}

// clean returns a value without the parts to leave out, its lists sorted.
func (r rules) clean(path string, v any) any {
	if r.left(path) {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		kept := make(map[string]any, len(v))
		for name, value := range v {
			if part := path + "." + name; !r.left(part) {
				kept[name] = r.clean(part, value)
			}
		}
		return kept
	case []any:
		kept := []any{}
		for _, element := range v {
			if !r.leftElement(path, element) {
				kept = append(kept, r.clean(path+"[]", element))
			}
		}
		slices.SortFunc(kept, func(a, b any) int { return strings.Compare(text(a), text(b)) })
		return kept
	}
	return v
}

func (r rules) leftElement(path string, element any) bool {
	fields, ok := element.(map[string]any)
	if !ok {
		return false
	}
	for _, c := range slices.Concat(r.some[path], r.some[anyFact(path)]) {
		if value, there := fields[c.field]; there && text(value) == c.value {
			return true
		}
	}
	return false
}

// compare appends the differences below a path.
func (r rules) compare(path string, from, to any, list *[]Fact) {
	if from == nil || to == nil || reflect.DeepEqual(from, to) {
		return
	}
	switch before := from.(type) {
	case map[string]any:
		if after, ok := to.(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(after)) {
				r.compare(path+"."+name, before[name], after[name], list)
			}
			return
		}
	case []any:
		if after, ok := to.([]any); ok && r.compareElements(path, before, after, list) {
			return
		}
	}
	*list = append(*list, Fact{Path: path, From: from, To: to})
}

// compareElements compares the elements of two lists by their keys; false if they
// have none.
func (r rules) compareElements(path string, before, after []any, list *[]Fact) bool {
	for _, key := range Keys() {
		from, had := keyed(before, key)
		to, has := keyed(after, key)
		if !had || !has {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(merge(from, to))) {
			part := path + "[" + name + "]"
			if from[name] == nil || to[name] == nil {
				*list = append(*list, Fact{Path: part, From: from[name], To: to[name]})
				continue
			}
			r.compare(part, from[name], to[name], list)
		}
		return true
	}
	return false
}

func merge(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// keyed returns the elements of a list by the value of a field; false if the field
// does not identify them.
func keyed(list []any, key string) (map[string]any, bool) {
	elements := make(map[string]any, len(list))
	for _, element := range list {
		fields, _ := element.(map[string]any)
		name, _ := fields[key].(string)
		if name == "" || elements[name] != nil {
			return nil, false
		}
		elements[name] = element
	}
	return elements, true
}

// text returns a string as it is, any other value as JSON.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v) // v was decoded from JSON
	return string(b)
}

// factOf returns the fact of a path.
func factOf(path string) string {
	name, _, _ := strings.Cut(path, ".")
	return name
}

// touches reports whether one of the changes is at a path, below it or above it.
func touches(changes []Fact, path string) bool {
	below := func(a, b string) bool {
		rest, ok := strings.CutPrefix(a, b)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.ContainsFunc(changes, func(f Fact) bool { return below(f.Path, path) || below(path, f.Path) })
}
