package html

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// plainValue renders a value of a fact for people: a string as it is, a list as one item a line,
// an object as one field a line, and their parts indented. JSON would show its escapes. A struct
// is rendered as its JSON is. room is memory to work in.
func plainValue(room []byte, value any) (string, []byte) {
	room = appendValue(room[:0], reflect.ValueOf(value), 0)
	return string(bytes.TrimPrefix(room, []byte("\n"))), room
}

// appendValue appends a value; one of several lines begins on a line of its own.
func appendValue(b []byte, v reflect.Value, indent int) []byte {
	switch v = within(v); v.Kind() {
	case reflect.Invalid:
		return append(b, "none"...)
	case reflect.String:
		return appendText(b, v.String(), indent)
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendNumber(b, float64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return appendNumber(b, float64(v.Uint()))
	case reflect.Float64:
		return appendNumber(b, v.Float())
	case reflect.Map:
		fields, _ := v.Interface().(map[string]any) // within returns no other map
		return appendMap(b, fields, indent)
	case reflect.Struct:
		return appendStruct(b, v, indent)
	case reflect.Slice:
		if v.Len() == 0 {
			return append(b, "none"...)
		}
		for i := range v.Len() {
			b = appendField(appendLine(b, "-", indent), v.Index(i), indent)
		}
	}
	return b
}

// within returns the value that an interface or a pointer holds, and one that encoding/json alone
// knows how to write as its JSON has it; the zero value is none.
func within(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer && !jsonPlan(v.Type()).odd {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Invalid:
	case v.Kind() == reflect.String && !utf8.ValidString(v.String()), v.Type() != text && v.Type() != ofDocument && jsonPlan(v.Type()).odd:
		return reflect.ValueOf(asRead(v.Interface()))
	}
	return v
}

// Types that need no plan.
var (
	text       = reflect.TypeFor[string]()
	ofDocument = reflect.TypeFor[map[string]any]()
)

// appendNumber appends a number as one that JSON was read into.
func appendNumber(b []byte, n float64) []byte { return strconv.AppendFloat(b, n, 'f', -1, 64) }

func appendMap(b []byte, fields map[string]any, indent int) []byte {
	if len(fields) == 0 {
		return append(b, "none"...)
	}
	var few [16]string // most have no more
	names := few[:0]
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b = appendField(append(appendLine(b, name, indent), ':'), reflect.ValueOf(fields[name]), indent)
	}
	return b
}

func appendStruct(b []byte, v reflect.Value, indent int) []byte {
	empty := len(b)
	for _, f := range jsonPlan(v.Type()).fields {
		if field := v.Field(f.at); !f.omits(field) {
			b = appendField(append(appendLine(b, f.name, indent), ':'), field, indent)
		}
	}
	if len(b) == empty {
		b = append(b, "none"...)
	}
	return b
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
func appendField(b []byte, v reflect.Value, indent int) []byte {
	at := len(b)
	b = appendValue(b, v, indent+2)
	if at == len(b) || b[at] != '\n' {
		b = slices.Insert(b, at, ' ')
	}
	return b
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
