package facts

import (
	"errors"
	"unicode/utf8"
)

// ParseWord reads one short answer, such as `uname -s` or `id -u` (procedure
// D14). More than one line, none, or more than 256 characters answers nothing.
func ParseWord(o Output) (Word, error) {
	if o.Exit != 0 {
		return Word{}, failed("the command", o)
	}
	line, err := onlyLine(o)
	if err != nil {
		return Word{}, err
	}
	if utf8.RuneCountInString(line) > maxText {
		return Word{}, errors.New("the answer is too long")
	}
	return Word{Text: clean(line, maxText)}, nil
}
