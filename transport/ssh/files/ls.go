package files

import (
	"bytes"
	"strconv"
	"strings"
)

// row is a line of `ls -ln` about a plain file.
type row struct {
	owner string // the uid as printed
	stamp stamp
}

// parseRow parses a line of `ls -ln` in the C locale:
//
//	-rw-------    1 0        0             12345 Jul 23 10:00 /tmp/x
//
// The time is as precise as ls prints it: minutes, or days for an old file.
func parseRow(text []byte) (row, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	words := strings.Fields(string(line))
	switch {
	case len(words) < 9:
		return row{}, errNotUnderstood
	case words[0][0] == 'd':
		return row{}, errFolder
	case words[0][0] != '-':
		return row{}, errNotPlain
	}
	size, err := strconv.ParseInt(words[4], 10, 64)
	if err != nil || size < 0 {
		return row{}, errSize
	}
	return row{owner: words[2], stamp: stamp{size, strings.Join(words[5:8], " ")}}, nil
}
