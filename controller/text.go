package controller

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// few are the first of some texts.
func few(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, "; ")
	}
	return strings.Join(list[:most], "; ") + plural(len(list)-most, " (and %d more)", " (and %d more)")
}

// text makes a host's bytes a string that JSON can hold: invalid UTF-8 is
// replaced, nothing else is touched.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// plural chooses between one and several.
func plural(n int, one, several string) string {
	if n == 1 {
		return fmt.Sprintf(one, n)
	}
	return fmt.Sprintf(several, n)
}

// printable quotes untrusted text unless it is plain, and bounds it.
func printable(s string) string {
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "..."
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0xfffd {
			return fmt.Sprintf("%q", s)
		}
	}
	return s
}

// firstLine is the first line that is not empty, quoted unless it is plain text.
func firstLine(streams ...[]byte) string {
	for _, stream := range streams {
		for line := range strings.Lines(text(stream)) {
			if line = strings.TrimSpace(line); line != "" {
				return printable(line)
			}
		}
	}
	return "it printed nothing"
}
