package ssh

import (
	"bytes"
	"strconv"
	"strings"
)

// row is what a line of `ls -ln` says of a plain file.
type row struct {
	owner string // a number, as it stands
	stamp stamp
}

// parseRow reads a line of `ls -ln` in the C locale:
//
//	-rw-------    1 0        0             12345 Jul 23 10:00 /tmp/x
//
// The time is as fine as ls says it: minutes, days for an old file.
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
