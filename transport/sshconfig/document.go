package sshconfig

import "strconv"

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string { return p.file + ":" + strconv.Itoa(p.line) }

// problem is the fault of a line; the rest of the file holds.
type problem struct {
	at   place
	text string
}

func (p problem) String() string { return p.at.String() + ": " + p.text }

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
	items    []item
}

type blockKind int

const (
	blockAlways blockKind = iota
	blockHost
	blockMatch
	// blockBroken: its condition can't be read, so it holds for no host.
	blockBroken
)

// criterion is one condition of a Match line; all of them must hold.
type criterion struct {
	name    string // lower case
	negated bool
	arg     string
}

// item is a setting, or files that stand at its place.
type item struct {
	at      place
	keyword string // lower case; include for files
	words   []string
	// rest is the line behind the keyword, as it stands.
	rest  string
	files []*file
}
