package facts

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

var nodeIDForm = regexp.MustCompile(`^[0-9a-fA-F]{9,16}$`)

// NormalizeNodeID writes an RSCT node id as 16 lower-case hex digits: white
// space and "0x" taken off, zeros put in front. recfgct takes 9 to 16 digits (D);
// anything else is an error.
func NormalizeNodeID(s string) (string, error) {
	id := strings.TrimSpace(s)
	if len(id) > 1 && (id[:2] == "0x" || id[:2] == "0X") {
		id = id[2:]
	}
	if !nodeIDForm.MatchString(id) {
		return "", fmt.Errorf("not a node id: %s", quoted(s))
	}
	return strings.Repeat("0", 16-len(id)) + strings.ToLower(id), nil
}

// ParseNodeID reads `lsnodeid`, or `head -n 1` of one of the two files
// (procedure D8). Only the first line counts: the files may hold more (C). Exit
// 44 is the probe's word for a file that does not exist; message 2641-036 (C) is
// lsnodeid's for "no id". An empty file is there and holds no valid id.
func ParseNodeID(o Output) (NodeID, error) {
	switch {
	case notThere(o):
		return NodeID{}, failed("lsnodeid", o)
	case hasMessage(o, "2641-036"):
		return NodeID{Present: true}, nil
	case o.Exit == exitAbsent:
		return NodeID{}, nil
	case o.Exit != 0:
		return NodeID{}, failed("reading the node id", o)
	}
	line, _, ended := bytes.Cut(o.Stdout, []byte{'\n'})
	if o.Truncated && !ended {
		return NodeID{}, errCut
	}
	first := string(line[:min(len(line), maxLine)])
	found := NodeID{Present: true, Raw: clean(first, 64)}
	if id, err := NormalizeNodeID(first); err == nil {
		found.Valid, found.ID = true, id
	}
	return found, nil
}
