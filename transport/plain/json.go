package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"
)

// JSON returns an error of package encoding/json about a text in plain words, behind its
// line where that is known: "line 3: it is not JSON". It unwraps to err, and is nil for nil.
func JSON(text []byte, err error) error {
	if err == nil {
		return nil
	}
	words, at := jsonWords(text, err)
	if at < 0 {
		return As(err, "%s", words)
	}
	line := 1 + bytes.Count(text[:min(at, int64(len(text)))], []byte("\n"))
	return As(err, "line %d: %s", line, words)
}

// jsonWords words an error about a text, and returns where it is, in bytes; -1: unknown.
func jsonWords(text []byte, err error) (words string, at int64) {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return "it is empty", -1
	case cutOff(text):
		return "it breaks off in the middle", int64(len(text))
	case errors.As(err, &syntax):
		return "it is not JSON", syntax.Offset - 1
	case errors.As(err, &typed):
		return kind(typed), typed.Offset
	}
	return misfit(err), -1
}

// Misfit is JSON for a value that a decoder does not take, without the line.
func Misfit(err error) error { return As(err, "%s", misfit(err)) }

func misfit(err error) string {
	var typed *json.UnmarshalTypeError
	var late *time.ParseError
	// The library has no type for the error of a strict decoder.
	_, key, unknown := strings.Cut(err.Error(), "json: unknown field ")
	switch {
	case errors.As(err, &typed):
		return kind(typed)
	case errors.As(err, &late):
		return fmt.Sprintf("%q is not a time (2006-01-02T15:04:05Z)", late.Value)
	case unknown:
		return fmt.Sprintf("the key %s is not known", key)
	}
	return "a value in it is not of the kind that is expected there"
}

// cutOff reports whether a JSON text ends inside its value.
func cutOff(text []byte) bool {
	err := json.NewDecoder(bytes.NewReader(text)).Decode(new(json.RawMessage))
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// kind words a value of the wrong kind.
func kind(typed *json.UnmarshalTypeError) string {
	found, _, _ := strings.Cut(typed.Value, " ") // "number 1.5"
	words := map[string]string{"number": "a number", "string": "a text", "bool": "true or false", "array": "a list", "object": "a map"}
	was, known := words[found]
	if !known {
		was = "a value of another kind"
	}
	where := ""
	if typed.Field != "" {
		where = typed.Field + ": "
	}
	return fmt.Sprintf("%sfound %s, expected %s", where, was, expected(typed.Type))
}

// expected words the values that fit a type.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "a map"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	}
	return "a value of another kind"
}
