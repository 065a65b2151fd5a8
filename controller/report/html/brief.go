package html

import (
	"fmt"
	"reflect"
	"strings"

	"aixmend/controller/report"
)

// brief has the facts of a host that people ask for first, as far as they were read: the levels of
// AIX and RSCT, the RMC NIC and the RMC connection. It is one text, so that hosts share it.
func brief(facts map[string]any) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, report.Cleanf(format, args...)) }
	if level := textAt(facts, "oslevel", "text"); level != "" {
		add("AIX %s", level)
	}
	if level := textAt(facts, "rsct", "level"); level != "" {
		add("RSCT %s", level)
	}
	switch state := textAt(facts, "rmc_nic", "state"); state {
	case "":
	case "found":
		add("RMC NIC %s", textAt(facts, "rmc_nic", "name"))
	default:
		add("RMC NIC %s", state)
	}
	switch textAt(facts, "domain", "state") {
	case "":
	case "connected":
		mcps := 0
		if list := at(facts, "domain", "mcps"); list.Kind() == reflect.Slice {
			mcps = list.Len()
		}
		add("RMC connected%s", points(mcps))
	default:
		add("RMC not connected")
	}
	return strings.Join(parts, " · ")
}

// points counts management control points; "" for none.
func points(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " (1 MCP)"
	}
	return fmt.Sprintf(" (%d MCPs)", n)
}

// at returns a field of a fact; the zero value for none.
func at(facts map[string]any, fact, field string) reflect.Value {
	v := within(reflect.ValueOf(facts[fact]))
	switch v.Kind() {
	case reflect.Map:
		fields, _ := v.Interface().(map[string]any)
		return within(reflect.ValueOf(fields[field]))
	case reflect.Struct:
		for _, f := range jsonPlan(v.Type()).fields {
			if f.name == field {
				return within(v.Field(f.at))
			}
		}
	}
	return reflect.Value{}
}

// textAt returns a field of a fact that is a string; "" for none.
func textAt(facts map[string]any, fact, field string) string {
	if v := at(facts, fact, field); v.Kind() == reflect.String {
		return v.String()
	}
	return ""
}
