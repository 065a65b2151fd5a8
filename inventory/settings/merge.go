package settings

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

// Several files may set the settings of one host or group: one file may set those that
// the other leaves out, and settings that both set must be the same. No file wins over
// another.

// A saying is one setting as a file gives it.
type saying struct {
	Pos   strictyaml.Pos
	key   string // equal for equal values
	shown string // the value in a message; "" for one that is nobody's business
}

// Said returns the value of a setting; false when the file does not set it. v is a
// pointer to the setting.
func Said(v any) (saying, bool) {
	if !IsSet(v) {
		return saying{}, false
	}
	switch v := v.(type) {
	case *Text:
		return saying{v.Pos, v.V, Quote(v.V)}, true
	case *Paths:
		return saying{v.Pos(), v.lines(), Quote(strings.ReplaceAll(v.lines(), "\n", " "))}, true
	case *Number:
		return saying{v.Pos, Quote(v.V), Quote(v.V)}, true
	case *strictyaml.Value[bool]:
		return saying{v.Pos, Quote(v.V), Quote(v.V)}, true
	case *BecomeDoc:
		given := v.Tool
		if v.command.Set() {
			given = v.command
		}
		return saying{given.Pos, fmt.Sprintf("%t %s", v.command.Set(), given.V), Quote(given.V)}, true
	case *passwordDoc:
		return saying{v.pos, v.source().Key(), ""}, true
	}
	panic(fmt.Sprintf("inventory: a setting of type %T can't be compared", v))
}

// IsSet reports whether a file sets a setting. v is a pointer to it.
func IsSet(v any) bool {
	switch v := v.(type) {
	case *Text:
		return v.Set()
	case *Paths:
		return v.Set()
	case *Number:
		return v.Set()
	case *strictyaml.Value[bool]:
		return v.Set()
	case *BecomeDoc:
		return v.set()
	case *passwordDoc:
		return v.set()
	}
	panic(fmt.Sprintf("inventory: a setting of type %T can't be laid over another", v))
}

// Fields yields the settings of ssh by their keys, as pointers.
func Fields(s *SSHDoc) func(yield func(name string, v any) bool) {
	return func(yield func(string, any) bool) {
		doc := reflect.ValueOf(s).Elem()
		for i := range doc.NumField() {
			name, _, _ := strings.Cut(doc.Type().Field(i).Tag.Get("yaml"), ",")
			if !yield("ssh."+name, doc.Field(i).Addr().Interface()) {
				return
			}
		}
	}
}

// Over lays upper over l: the settings of upper win.
func (l *Layer) Over(upper *Layer) {
	top := *upper
	top.Under(l)
	*l = top
}

// Under lays l over lower: the settings of l win.
func (l *Layer) Under(lower *Layer) {
	above, below := reflect.ValueOf(&l.SSH).Elem(), reflect.ValueOf(&lower.SSH).Elem()
	given := l.SSH.Become.Given || lower.SSH.Become.Given
	for i := range above.NumField() {
		if !IsSet(above.Field(i).Addr().Interface()) {
			above.Field(i).Set(below.Field(i))
		}
	}
	l.SSH.Become.Given = given
	if !l.nic.Set() {
		l.nic = lower.nic
	}
	if !l.cloud.Instance.Set() {
		l.cloud.Instance = lower.cloud.Instance
	}
	if !l.cloud.Workspace.Set() {
		l.cloud.Workspace = lower.cloud.Workspace
	}
	l.accepts = layAcceptances(lower.accepts, l.accepts)
	if len(l.waivers) == 0 {
		l.waivers = lower.waivers
		return
	}
	waivers := map[string]inventory.Waiver{}
	for _, w := range slices.Concat(lower.waivers, l.waivers) {
		waivers[w.Finding] = w
	}
	l.waivers = nil
	for _, finding := range slices.Sorted(maps.Keys(waivers)) {
		l.waivers = append(l.waivers, waivers[finding])
	}
}

// Agree sets into to from where into is not set; two values that differ are a conflict.
// whose begins the message, name is the setting; into and from are pointers to it.
func (c Clashes) Agree(whose, name string, into, from any) {
	if !IsSet(from) {
		return
	}
	if !IsSet(into) {
		reflect.ValueOf(into).Elem().Set(reflect.ValueOf(from).Elem())
		return
	}
	there, _ := Said(into)
	also, _ := Said(from)
	switch {
	case there.key == also.key:
	case there.shown == "":
		c.Add(also.Pos, there.Pos, fmt.Sprintf("%s: %s differs from the one", whose, name))
	default:
		c.Add(also.Pos, there.Pos, fmt.Sprintf("%s: %s is %s here and %s", whose, name, also.shown, there.shown))
	}
}

// AgreeLayers is agree for all settings.
func (c Clashes) AgreeLayers(whose string, into *Layer, from Layer) {
	next := FieldList(&from.SSH)
	for name, v := range Fields(&into.SSH) {
		c.Agree(whose, name, v, next[name])
	}
	into.SSH.Become.Given = into.SSH.Become.Given || from.SSH.Become.Given
	c.Agree(whose, "rmc_nic", &into.nic, &from.nic)
	c.Agree(whose, "cloud.instance", &into.cloud.Instance, &from.cloud.Instance)
	c.Agree(whose, "cloud.workspace", &into.cloud.Workspace, &from.cloud.Workspace)
	waivers := slices.Clone(into.waivers)
	for _, w := range from.waivers {
		at := slices.IndexFunc(waivers, func(other inventory.Waiver) bool { return other.Finding == w.Finding })
		switch {
		case at < 0:
			waivers = append(waivers, w)
		case !waivers[at].Until.Equal(w.Until) || waivers[at].Reason != w.Reason:
			c.Add(w.Pos, waivers[at].Pos, fmt.Sprintf("%s: the waiver of %s differs from the one", whose, w.Finding))
		}
	}
	into.waivers = waivers
	into.accepts = c.agreeAcceptances(whose, into.accepts, from.accepts)
}

// FieldList are the settings of ssh by their keys.
func FieldList(s *SSHDoc) map[string]any {
	list := map[string]any{}
	for name, v := range Fields(s) {
		list[name] = v
	}
	return list
}
