package report

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// SafeJSON makes a JSON document safe for a terminal and for the log of a pipeline: it
// escapes characters that Clean would replace and texts that a runner takes for a
// command. A JSON reader gets the same values.
func SafeJSON(document []byte) []byte {
	safe := make([]byte, 0, len(document))
	var command Commander
	for len(document) > 0 {
		if n := plainPrefix(document); n > 0 {
			for _, c := range document[:n] {
				if command.Opens(c) {
					safe = append(safe, `\u005b`...)
				} else {
					safe = append(safe, c)
				}
			}
			document = document[n:]
			continue
		}
		r, size := utf8.DecodeRune(document)
		switch {
		case !unsafeRune(r, true):
			safe = append(safe, document[:size]...)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			safe = fmt.Appendf(safe, `\u%04x\u%04x`, high, low)
		default:
			safe = fmt.Appendf(safe, `\u%04x`, r)
		}
		document = document[size:]
	}
	return safe
}

// plainPrefix returns how many bytes at the beginning are ASCII that needs no escape.
func plainPrefix(document []byte) int {
	for i, c := range document {
		if (c < ' ' || c > '~') && c != '\n' && c != '\t' {
			return i
		}
	}
	return len(document)
}
