package html

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// typePlan says how encoding/json writes a type. The facts of a host that has just ended are
// structs, and those of its document are maps, lists, texts and numbers: a page shows both alike.
type typePlan struct {
	// odd types are left to encoding/json.
	odd    bool
	fields []fieldPlan // of a struct, by name
}

type fieldPlan struct {
	at                  int
	name                string
	omitEmpty, omitZero bool
}

// omits reports whether a field is left out for its value.
func (f fieldPlan) omits(v reflect.Value) bool {
	if f.omitZero && v.IsZero() {
		return true
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return f.omitEmpty && v.Len() == 0
	case reflect.Struct:
		return false
	}
	return f.omitEmpty && v.IsZero()
}

var typePlans sync.Map // of *typePlan, by reflect.Type

func jsonPlan(t reflect.Type) *typePlan {
	if p, there := typePlans.Load(t); there {
		return p.(*typePlan)
	}
	p := newJSONPlan(t)
	typePlans.Store(t, p)
	return p
}

func newJSONPlan(t reflect.Type) *typePlan {
	odd := &typePlan{odd: true}
	for _, own := range []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()} {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return odd
		}
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Interface, reflect.Pointer, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &typePlan{}
	case reflect.Slice:
		return &typePlan{odd: t.Elem().Kind() == reflect.Uint8} // base64
	case reflect.Map:
		return &typePlan{odd: t != ofDocument}
	case reflect.Struct:
		return jsonFields(t)
	}
	return odd
}

func jsonFields(t reflect.Type) *typePlan {
	p := &typePlan{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous:
			return &typePlan{odd: true}
		case !f.IsExported() || tag == "-":
			continue
		case name == "":
			name = f.Name
		}
		_, ownZero := f.Type.MethodByName("IsZero")
		field := fieldPlan{i, name, options == "omitempty", options == "omitzero"}
		if options != "" && !field.omitEmpty && !field.omitZero || ownZero || strings.Trim(name, letters) != "" {
			return &typePlan{odd: true}
		}
		p.fields = append(p.fields, field)
	}
	slices.SortFunc(p.fields, func(a, b fieldPlan) int { return strings.Compare(a.name, b.name) })
	if len(slices.CompactFunc(slices.Clone(p.fields), func(a, b fieldPlan) bool { return a.name == b.name })) < len(p.fields) {
		return &typePlan{odd: true}
	}
	return p
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

// asRead returns a value as a document has it that was written and read again.
func asRead(value any) any {
	text, err := json.Marshal(value)
	var plain any
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err != nil {
		return "(not known)"
	}
	return plain
}
