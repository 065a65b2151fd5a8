package fault

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"aixmend/transport/plain"
)

// maxText bounds the text of an error made by Short, in bytes. A packet can hold
// 256 KiB of a server's text, and a run keeps the reason of every host.
const maxText = 2 << 10

// maxBrief bounds the result of Brief, in bytes.
const maxBrief = 200

// maxLine bounds the result of LastLine, in bytes, before it is quoted.
const maxLine = 160

// Short bounds the text of an error that a server may have written in part to
// maxText. It unwraps to err.
func Short(err error) error { return short{err} }

type short struct{ error }

// Error returns the text, cut off at maxText.
func (s short) Error() string {
	text := s.error.Error()
	if len(text) > maxText {
		return strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	return text
}

// Unwrap returns the whole error.
func (s short) Unwrap() error { return s.error }

// Detail returns the innermost error of a library with a text of its own alone, without
// the name of the library: "ssh: ". It unwraps to err.
func Detail(err error) error {
	inner := err
	for next := errors.Unwrap(inner); next != nil; next = errors.Unwrap(next) {
		inner = next
	}
	return plain.As(err, "%s", strings.TrimPrefix(Short(inner).Error(), "ssh: "))
}

// LastLine returns the last non-blank line of the first of some untrusted texts
// that has one, made printable. The last line matters because login profiles
// print before the message that we look for.
func LastLine(texts ...[]byte) string {
	for _, text := range texts {
		lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		if line := bytes.TrimSpace(lines[len(lines)-1]); len(line) > 0 {
			return Printable(string(line[:min(len(line), maxLine)]))
		}
	}
	return "it printed nothing"
}

// Brief makes untrusted text printable and cuts it off after 200 bytes.
func Brief(text string) string {
	if len(text) > maxBrief {
		return Printable(strings.ToValidUTF8(text[:maxBrief], "")) + "..."
	}
	return Printable(text)
}

// Printable makes untrusted text safe for a message: it quotes text that has
// anything but printable characters in it.
func Printable(text string) string {
	quoted := strconv.QuoteToGraphic(text)
	if plain := quoted[1 : len(quoted)-1]; plain == text {
		return plain
	}
	return quoted
}
