package playbooks

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aixmend/playbooks/facts"
	"aixmend/transport/lab/golden"
)

// Each part of each fact is stable, so that its change is drift, or volatile. A new
// one changes this list: decide it in facts.Volatiles, then -update.
func TestEveryFactIsStableOrVolatile(t *testing.T) {
	lines := map[string]bool{}
	used := map[string]bool{}
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for fact, typ := range p.Code.Types {
			switch fact {
			case "captures", "baseline", "upload": // not in the report of a host
				continue
			}
			list := lister{lines: lines, used: used}
			list.walk(fact, typ)
		}
	}
	var b strings.Builder
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		b.WriteString(line + "\n")
	}
	golden.Check(t, "testdata/drift.golden", b.String())
	for _, v := range facts.Volatiles() {
		if !used[v.Path] {
			t.Errorf("%s: no fact has it", v.Path)
		}
		if v.Why == "" {
			t.Errorf("%s: no reason", v.Path)
		}
	}
}

// lister lists the parts of a fact.
type lister struct{ lines, used map[string]bool }

func (l lister) walk(path string, typ reflect.Type) {
	for _, v := range facts.Volatiles() {
		_, rest, _ := strings.Cut(path, ".")
		if v.Path == path || v.Path == "*."+rest {
			l.used[v.Path] = true
			l.lines[fmt.Sprintf("%-40s volatile: %s", path, v.Why)] = true
			return
		}
	}
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if name := typ.Field(i).Tag.Get("json"); name != "-" {
				l.walk(path+"."+name, typ.Field(i).Type)
			}
		}
	case reflect.Slice:
		l.some(path, typ.Elem())
		l.walk(path+"[]", typ.Elem())
	default:
		l.lines[fmt.Sprintf("%-40s stable", path)] = true
	}
}

// some are the rules on some elements of a list.
func (l lister) some(path string, element reflect.Type) {
	_, rest, _ := strings.Cut(path, ".")
	for _, v := range facts.Volatiles() {
		list, condition, some := strings.Cut(v.Path, "[")
		field, _, _ := strings.Cut(condition, "=")
		if !some || condition == "" || condition[0] == ']' || list != "*."+rest && list != path || element.Kind() != reflect.Struct {
			continue
		}
		for i := range element.NumField() {
			if element.Field(i).Tag.Get("json") == field {
				l.used[v.Path] = true
				l.lines[fmt.Sprintf("%-40s volatile: %s", path+"["+condition, v.Why)] = true
			}
		}
	}
}
