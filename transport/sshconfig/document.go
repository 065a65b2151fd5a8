package sshconfig

import (
	"path/filepath"
	"strconv"
)

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string {
	if p.line == 0 {
		return "ssh_config" // ssh says no lines
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

// beside is the place in a message that has named another.
func (p place) beside(other place) string {
	if p.file == other.file {
		return "line " + strconv.Itoa(p.line)
	}
	return filepath.Base(p.file) + ":" + strconv.Itoa(p.line)
}

// file is one file: blocks in their order. The first has no condition.
type file struct{ blocks []*block }

// block is the settings under one Host or Match line.
type block struct {
	// id is unique among the blocks of all files.
	id   int
	at   place
	kind blockKind
	// hosts are the patterns of a Host line.
	hosts []string
	// criteria are those of a Match line.
	criteria []criterion
	// fault says why the condition can't be read.
	fault string
	items []item
}

type blockKind int

const (
	blockAlways blockKind = iota
	blockHost
	blockMatch
	// blockBroken: its condition can't be read, so it holds for no host or for any
	// that the rest of it does not rule out.
	blockBroken
)

// criterion is one condition of a Match line; all of them must hold.
type criterion struct {
	name    string // lower case
	negated bool
	arg     string
}

// item is a setting, or files that stand at its place, or a line that can't be read.
type item struct {
	at      place
	keyword string // lower case; include for files
	words   []string
	// rest is the line behind the keyword, as it stands.
	rest  string
	files []*file
	// fault says why the line can't be read; "": it can.
	fault string
	// unsafe: it names a file that others may change. No answer of ssh counts then.
	unsafe bool
}
