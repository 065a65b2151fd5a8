package ssh

import "strings"

// maxSaid bounds the text of an error of which a server may have written a part,
// in bytes: a packet holds 256 KiB of it, and a reason is kept for every host of
// a run.
const maxSaid = 2 << 10

// said is an error whose text is not longer than maxSaid.
type said struct{ error }

// Error gives the beginning of the text where there is too much of it.
func (s said) Error() string {
	text := s.error.Error()
	if len(text) > maxSaid {
		return strings.ToValidUTF8(text[:maxSaid], "") + "..."
	}
	return text
}

// Unwrap gives the error.
func (s said) Unwrap() error { return s.error }
