package approval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Values reads a JSON text as the values it holds: maps, lists, strings, booleans, nil
// and numbers in one notation. Two texts that differ in layout, the order of names, escapes
// or the notation of numbers have deeply equal values. A name that stands twice in one
// object is an error: readers don't agree on which one counts.
func Values(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err == nil && members(value) == colons(text) {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return inOneNotation(value)
		}
	}
	return byToken(text)
}

// colons counts the names of members in a JSON text.
func colons(text []byte) int {
	n, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ':' && !quoted:
			n++
		}
	}
	return n
}

// members counts the members of all objects in a value: fewer than the text has names,
// where a name stands twice.
func members(value any) int {
	n := 0
	switch value := value.(type) {
	case map[string]any:
		n = len(value)
		for _, member := range value {
			n += members(member)
		}
	case []any:
		for _, item := range value {
			n += members(item)
		}
	}
	return n
}

// inOneNotation puts all numbers of a value into one notation.
func inOneNotation(value any) (any, error) {
	var err error
	switch value := value.(type) {
	case json.Number:
		return number(string(value))
	case map[string]any:
		for name, member := range value {
			if value[name], err = inOneNotation(member); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, item := range value {
			if value[i], err = inOneNotation(item); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// byToken is Values one token at a time: several times slower, with the place of a fault.
func byToken(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := nextValue(decoder)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("at byte %d: text after the document", decoder.InputOffset())
	}
	return value, nil
}

// maxDepth is how deep values may be nested, as encoding/json has it.
const maxDepth = 10000

func nextValue(decoder *json.Decoder) (any, error) { return nested(decoder, 0) }

// nested reads the next value of a decoder, at a depth.
func nested(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err == nil && depth > maxDepth {
		err = errors.New("it is nested too deep")
	}
	if err != nil {
		return nil, fmt.Errorf("at byte %d: %w", decoder.InputOffset(), err)
	}
	switch token := token.(type) {
	case json.Number:
		return number(string(token))
	case json.Delim:
		if token == '[' {
			return list(decoder, depth)
		}
		return object(decoder, depth)
	}
	return token, nil // a string, a boolean or nil
}

func list(decoder *json.Decoder, depth int) (any, error) {
	items := []any{}
	for decoder.More() {
		item, err := nested(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, closed(decoder)
}

func object(decoder *json.Decoder, depth int) (any, error) {
	members := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("at byte %d: %w", decoder.InputOffset(), err)
		}
		name, _ := token.(string) // the decoder takes nothing else here
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("at byte %d: the name %q is there twice", decoder.InputOffset(), name)
		}
		if members[name], err = nested(decoder, depth+1); err != nil {
			return nil, err
		}
	}
	return members, closed(decoder)
}

// closed reads the end of a list or an object.
func closed(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("at byte %d: %w", decoder.InputOffset(), err)
	}
	return nil
}

// maxPower bounds the exponent of a number: facts have no larger ones.
const maxPower = 1000

// number returns a number in the one notation that all of its notations share: an
// integer without trailing zeros and, where it isn't 0, a power of ten. 1000, 1e3 and
// 1000.0 are 1e3.
func number(text string) (json.Number, error) {
	digits, sign := strings.CutPrefix(strings.ToLower(text), "-")
	digits, exponent, _ := strings.Cut(digits, "e")
	power := 0
	if exponent != "" {
		var err error
		if power, err = strconv.Atoi(exponent); err != nil || power > maxPower || power < -maxPower {
			return "", fmt.Errorf("the number %.40s has too large an exponent", text)
		}
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	power += len(digits) - len(short) - len(fraction)
	switch {
	case short == "":
		return "0", nil
	case power != 0:
		short += "e" + strconv.Itoa(power)
	}
	if sign {
		short = "-" + short
	}
	return json.Number(short), nil
}

// Differs returns the place where two Values differ first, such as hosts[0].address, and
// whether the one or the other has nothing there; ok is false where they are equal.
func Differs(a, b any) (place, how string, ok bool) {
	place, how, ok = differs(a, b)
	return strings.TrimPrefix(place, "."), how, ok
}

func differs(a, b any) (place, how string, ok bool) {
	if reflect.DeepEqual(a, b) {
		return "", "", false
	}
	switch a := a.(type) {
	case map[string]any:
		if b, same := b.(map[string]any); same {
			return membersDiffer(a, b)
		}
	case []any:
		if b, same := b.([]any); same && len(a) == len(b) {
			for i := range a {
				if place, how, ok := differs(a[i], b[i]); ok {
					return fmt.Sprintf("[%d]%s", i, place), how, true
				}
			}
		}
	}
	return "", "another value", true
}

func membersDiffer(a, b map[string]any) (place, how string, ok bool) {
	for _, name := range sortedNames(a, b) {
		was, before := a[name]
		is, there := b[name]
		switch {
		case !there:
			return "." + name, "not expected", true
		case !before:
			return "." + name, "missing", true
		}
		if place, how, ok := differs(was, is); ok {
			return "." + name + place, how, true
		}
	}
	return "", "", false
}

// same reports whether two JSON texts have the same values.
func same(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	was, errA := Values(a)
	is, errB := Values(b)
	return errA == nil && errB == nil && reflect.DeepEqual(was, is)
}

// sortedNames are the names of two maps.
func sortedNames[V any](a, b map[string]V) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
