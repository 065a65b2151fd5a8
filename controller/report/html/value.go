package html

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// plainValue renders a value of a fact for people: a string as it is, a list as one item a line,
// an object as one field a line, and their parts indented. JSON would show its escapes.
func plainValue(value any) string {
	var b strings.Builder
	writeValue(&b, value, "")
	return strings.TrimPrefix(b.String(), "\n")
}

// writeValue writes a value behind a name. One of several lines begins on a line of its own.
func writeValue(b *strings.Builder, value any, indent string) {
	switch v := value.(type) {
	case nil:
		b.WriteString("none")
	case string:
		writeText(b, v, indent)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case float64:
		b.WriteString(strconv.FormatFloat(v, 'f', -1, 64))
	case map[string]any:
		if len(v) == 0 {
			b.WriteString("none")
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			b.WriteString("\n" + indent + name + ":")
			writeField(b, v[name], indent)
		}
	case []any:
		if len(v) == 0 {
			b.WriteString("none")
		}
		for _, item := range v {
			b.WriteString("\n" + indent + "-")
			writeField(b, item, indent)
		}
	default:
		writeValue(b, plainOf(v), indent)
	}
}

// writeField writes a value behind a name: on the same line, or below it.
func writeField(b *strings.Builder, value any, indent string) {
	switch value.(type) {
	case nil, string, bool, float64, map[string]any, []any:
	default:
		value = plainOf(value)
	}
	if !below(value) {
		b.WriteByte(' ')
	}
	writeValue(b, value, indent+"  ")
}

// below reports whether a value begins on a line of its own.
func below(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	case string:
		return strings.Contains(strings.TrimRight(v, "\n"), "\n")
	}
	return false
}

// writeText writes a string; each line of one with several is indented.
func writeText(b *strings.Builder, text, indent string) {
	switch {
	case text == "":
		b.WriteString(`""`)
	case !strings.Contains(strings.TrimRight(text, "\n"), "\n"):
		b.WriteString(strings.TrimRight(text, "\n"))
	default:
		for line := range strings.Lines(strings.TrimRight(text, "\n")) {
			b.WriteString("\n" + indent + strings.TrimRight(line, "\n"))
		}
	}
}

// plainOf is a value of another type as its JSON has it.
func plainOf(value any) any {
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
