package html

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// plainValue renders a value of a fact for people: a string as it is, a list as one item a line,
// an object as one field a line, and their parts indented. JSON would show its escapes. room is
// memory to work in.
func plainValue(room []byte, value any) (string, []byte) {
	room = appendValue(room[:0], value, 0)
	return string(bytes.TrimPrefix(room, []byte("\n"))), room
}

// appendValue appends a value; one of several lines begins on a line of its own.
func appendValue(b []byte, value any, indent int) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, "none"...)
	case string:
		return appendText(b, v, indent)
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case map[string]any:
		if len(v) == 0 {
			return append(b, "none"...)
		}
		var few [16]string // most have no more
		names := few[:0]
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			b = append(appendLine(b, name, indent), ':')
			b = appendField(b, v[name], indent)
		}
		return b
	case []any:
		if len(v) == 0 {
			return append(b, "none"...)
		}
		for _, item := range v {
			b = appendField(appendLine(b, "-", indent), item, indent)
		}
		return b
	}
	return appendValue(b, plainOf(value), indent)
}

// appendLine begins a line.
func appendLine(b []byte, text string, indent int) []byte {
	b = append(b, '\n')
	for range indent {
		b = append(b, ' ')
	}
	return append(b, text...)
}

// appendField appends a value behind a name: on the same line, or below it.
func appendField(b []byte, value any, indent int) []byte {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 {
			b = append(b, ' ')
		}
	case []any:
		if len(v) == 0 {
			b = append(b, ' ')
		}
	case string:
		if !several(v) {
			b = append(b, ' ')
		}
	case nil, bool, float64:
		b = append(b, ' ')
	default:
		return appendField(b, plainOf(value), indent)
	}
	return appendValue(b, value, indent+2)
}

// several reports whether a text has more than one line.
func several(text string) bool {
	at := strings.IndexByte(text, '\n')
	return at >= 0 && strings.TrimRight(text[at:], "\n") != ""
}

// appendText appends a string; each line of one with several is indented.
func appendText(b []byte, text string, indent int) []byte {
	switch {
	case text == "":
		return append(b, `""`...)
	case !several(text):
		return append(b, strings.TrimRight(text, "\n")...)
	}
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		b = appendLine(b, strings.TrimRight(line, "\n"), indent)
	}
	return b
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
