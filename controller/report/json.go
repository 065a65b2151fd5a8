package report

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// SafeJSON makes a JSON document fit for a terminal: what Clean would take out
// of it stands there as an escape. To whoever reads JSON it says the same as
// before.
func SafeJSON(document []byte) []byte {
	safe := make([]byte, 0, len(document))
	for len(document) > 0 {
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
