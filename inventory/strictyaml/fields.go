package strictyaml

import (
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// structInfo holds the tags of a struct type.
type structInfo struct {
	names  []string // the keys, in the order of the fields
	byName map[string]field
	was    map[string]string // today's key by each former one (tag was); "" where it is gone
	pos    []int             // index of the field Pos; nil when there is none
}

// field is one field that a key names.
type field struct {
	index            []int
	required, scalar bool
	missing          string // the hint where it is required and missing
}

// fields decodes a map into a struct.
func (d *decoder) fields(n *yaml.Node, out reflect.Value, ctx context) bool {
	info := d.structInfo(out.Type())
	if info.pos != nil {
		out.FieldByIndex(info.pos).Set(reflect.ValueOf(d.pos(n)))
	}
	var content []*yaml.Node
	switch {
	case n.Kind == yaml.MappingNode:
		content = n.Content
	case !isNull(n):
		d.wrong(n, ctx, "a map", "")
		return false
	}
	ok, given := true, []string(nil) // of the required ones
	for pair := range slices.Chunk(content, 2) {
		key, value := pair[0], pair[1]
		f, known := info.byName[key.Value]
		if now, former := info.was[key.Value]; former {
			if now == "" {
				d.problems.Add(d.pos(key), "", "`%s` is gone: delete it", key.Value)
			} else {
				d.problems.Add(d.pos(key), "", "`%s` is now called `%s`", key.Value, now)
			}
			ok, given = false, append(given, now)
			continue
		}
		if !known {
			hint := DidYouMean(key.Value, info.names)
			if hint == "" {
				hint = "known keys: " + strings.Join(info.names, ", ")
			}
			d.problems.Add(d.pos(key), hint, "unknown key %q", shorten(key.Value))
			ok = false
			continue
		}
		if f.required {
			given = append(given, key.Value)
		}
		ok = d.value(value, made(out, f.index), context{name: key.Value, scalar: f.scalar}) && ok
	}
	for _, name := range info.names {
		if info.byName[name].required && !slices.Contains(given, name) {
			d.problems.Add(d.pos(n), info.byName[name].missing, "%q is missing", name)
			ok = false
		}
	}
	return ok
}

// made returns a field, and makes the embedded structs on the way that are pointers.
func made(of reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		if of.Kind() == reflect.Pointer {
			if of.IsNil() {
				of.Set(reflect.New(of.Type().Elem()))
			}
			of = of.Elem()
		}
		of = of.Field(i)
	}
	return of
}

// structInfo reads the tags of t once in a decoder's life.
func (d *decoder) structInfo(t reflect.Type) *structInfo {
	if info := d.structs[t]; info != nil {
		return info
	}
	info := &structInfo{byName: map[string]field{}, was: map[string]string{}}
	for _, f := range reflect.VisibleFields(t) {
		if gone, ok := f.Tag.Lookup("gone"); ok {
			info.was[gone] = ""
		}
		tag, tagged := f.Tag.Lookup("yaml")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case f.Name == "Pos" && f.Type == reflect.TypeFor[Pos]() && len(f.Index) == 1:
			info.pos = f.Index
		case name == "-", f.Anonymous && !tagged, !f.IsExported():
		case name == "":
			panic("strictyaml: field " + t.String() + "." + f.Name + " has no yaml tag")
		default:
			info.names = append(info.names, name)
			if former, renamed := f.Tag.Lookup("was"); renamed {
				info.was[former] = name
			}
			info.byName[name] = field{
				index:    f.Index,
				required: slices.Contains(strings.Split(options, ","), "required"),
				scalar:   slices.Contains(strings.Split(options, ","), "scalar"),
				missing:  f.Tag.Get("missing"),
			}
		}
	}
	d.structs[t] = info
	return info
}
