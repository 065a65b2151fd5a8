package report

import (
	"encoding/json"
	"time"
)

// MaxValue is the length to which Value shortens, in characters.
const MaxValue = 60

// Value renders a value in short, for people: a string as it is, anything else as
// JSON, at most MaxValue characters.
func Value(v any) string {
	s, plain := v.(string)
	if !plain || s == "" {
		text, err := json.Marshal(v)
		if err != nil {
			return "?"
		}
		s = string(text)
	}
	return Shorten(Clean(s, false), MaxValue)
}

// Shorten cuts s to at most most characters (3 or more), the last three "...".
func Shorten(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-3]) + "..."
	}
	return s
}

// Stamp renders a time as RFC 3339 in UTC; "" for the zero time.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
