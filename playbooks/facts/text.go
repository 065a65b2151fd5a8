package facts

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on the size of a fact. A host that sends more is not believed: the
// parser returns an error instead of part of the answer.
const (
	maxLine  = 64 << 10  // bytes of one line
	maxLines = 128 << 10 // lines of one output
	maxRows  = 4096      // rows of one list
	maxText  = 256       // characters of one string
	maxName  = 128       // characters of one name
	maxQuote = 80        // characters quoted in an error
)

// Exit statuses that our probe scripts and the shell use.
const (
	exitAbsent        = 44  // a probe's own: the file it was to read is not there
	exitNotExecutable = 126 // the shell's: found, but cannot be run
	exitNotFound      = 127 // the shell's: no such command
)

var (
	errCut     = errors.New("the output was cut off")
	errTooMany = errors.New("too many rows")
)

// clean makes any text fit to be kept: white space trimmed at both ends, every
// character that does not print (controls, escapes, bidi marks, broken UTF-8)
// written as '?', at most limit characters.
func clean(s string, limit int) string {
	s = strings.TrimSpace(s)
	if len(s) <= limit && printable(s) {
		return s
	}
	var b strings.Builder
	kept := 0
	for _, r := range s {
		if kept == limit {
			break
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
		kept++
	}
	return strings.TrimSpace(b.String())
}

// printable reports whether s is ASCII that prints.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// quoted is a short sanitized quotation for an error text.
func quoted(s string) string {
	return `"` + clean(s, maxQuote) + `"`
}

// splitLines yields the lines of b without "\n" and without the "\r" that a
// pseudo terminal adds.
func splitLines(b []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.SplitSeq(string(b), "\n") {
			if !yield(strings.TrimRight(line, "\r")) {
				return
			}
		}
	}
}

// lines yields the lines of stdout. It refuses output that was cut off, lines
// so long that no AIX command prints them, and more lines than any prints.
func lines(o Output) (iter.Seq[string], error) {
	if o.Truncated {
		return nil, errCut
	}
	number := 0
	for line := range bytes.SplitSeq(o.Stdout, []byte{'\n'}) {
		number++
		if number > maxLines {
			return nil, errors.New("too many lines")
		}
		if len(line) > maxLine {
			return nil, fmt.Errorf("line %d is too long (%d bytes)", number, len(line))
		}
	}
	return splitLines(o.Stdout), nil
}

// onlyLine returns the one line of stdout that is not blank.
func onlyLine(o Output) (string, error) {
	all, err := lines(o)
	if err != nil {
		return "", err
	}
	only := ""
	for line := range all {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case only != "":
			return "", fmt.Errorf("more than one line: %s", quoted(line))
		default:
			only = line
		}
	}
	if only == "" {
		return "", errors.New("no output")
	}
	return only, nil
}

// blank reports whether b holds nothing but white space.
func blank(b []byte) bool {
	return len(bytes.TrimSpace(b)) == 0
}

// hasMessage reports whether one of the streams carries the AIX message number,
// such as 0513-085. Numbers stay the same in every language, prose does not.
func hasMessage(o Output, number string) bool {
	return bytes.Contains(o.Stderr, []byte(number)) || bytes.Contains(o.Stdout, []byte(number))
}

// notThere reports whether the shell could not run the command at all.
func notThere(o Output) bool {
	return o.Exit == exitNotFound || o.Exit == exitNotExecutable
}

// failed is the error for a command that ended with a status that is not 0.
func failed(command string, o Output) error {
	switch o.Exit {
	case exitNotFound:
		return fmt.Errorf("%s is not there (exit %d)", command, o.Exit)
	case exitNotExecutable:
		return fmt.Errorf("%s is not executable (exit %d)", command, o.Exit)
	}
	for _, stream := range [][]byte{o.Stderr, o.Stdout} {
		if first := firstText(stream); first != "" {
			return fmt.Errorf("%s failed (exit %d): %s", command, o.Exit, quoted(first))
		}
	}
	return fmt.Errorf("%s failed (exit %d)", command, o.Exit)
}

// firstText returns the first line that is not blank, a long one only in part.
func firstText(stream []byte) string {
	stream = bytes.TrimSpace(stream)
	line, _, _ := bytes.Cut(stream, []byte{'\n'})
	return string(line[:min(len(line), maxLine)])
}

// notUnderstood is the error for output of which nothing could be read.
func notUnderstood(command, text string) error {
	return fmt.Errorf("output of %s not understood: %s", command, quoted(text))
}
