package html

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Bounds of the page. HOST.json has everything.
const (
	blockHosts = 64       // hosts of a block
	blockBytes = 4 << 20  // text of a part of a block
	stepBytes  = 16 << 10 // each output of a command
	// The text of a host, each text once, is its share of fleetBytes, within these.
	fleetBytes   = 640 << 20
	hostBytes    = 1 << 20
	hostBytesMin = 64 << 10
)

// block is a group of neighbouring hosts that are packed together, because their outputs are
// much alike. Hosts are added in any order, and the result does not depend on it. A block
// has each text once, and a host refers to a text by its number.
type block struct {
	*setting
	texts map[string]*shared // by text as it was added
	hosts []*member          // by place
	there int                // of these
	held  int                // bytes of memory, about

	adding *member
	left   int    // bytes left of its limit
	room   []byte // for plainValue
}

// setting is the same for all blocks of a page.
type setting struct {
	limit int   // bytes of a host
	began int64 // the start of the run in ms since 1970; 0: not known
	// complete completes the commands in the advice; nil: they stay as they are.
	complete func(text string) string
	// open are the other open runs that have changed hosts.
	open []outcome.LeftOpen
}

// shared is a text of a block.
type shared struct {
	text string // cleaned
	size int    // bytes as it was added
	user *member
	// local is its number at user, the last host that has used it.
	local int
	// ref is its number in the part of the block that is being packed, and class the one that
	// it has there; 0: it has none yet.
	ref   int
	class string
}

// use is a text of a host with its class. A block sorts its texts by class, which halves its
// packed size.
type use struct {
	*shared
	class string
}

// member is a host of a block. Its numbers for texts are its own: 0 is the empty one, 1 the first
// of uses.
type member struct {
	page  hostPage
	uses  []use
	row   []int64
	brief string
	named outcome.Host // its name and findings alone
	back  pageBack
}

func newSetting(hosts int) setting {
	return setting{limit: min(hostBytes, max(hostBytesMin, fleetBytes/max(hosts, 1)))}
}

func newBlock(s *setting, hosts int) *block {
	return &block{setting: s, texts: map[string]*shared{}, hosts: make([]*member, hosts)}
}

// ref numbers a text. Number 0 is the empty one.
func (b *block) ref(class, text string) int {
	if text == "" {
		return 0
	}
	s, there := b.texts[text]
	if !there {
		s = &shared{text: report.Clean(text, true), size: len(text)}
		b.texts[text] = s
		b.held += len(text)
	}
	if s.user != b.adding {
		b.left -= len(text)
		b.adding.uses = append(b.adding.uses, use{s, class})
		s.user, s.local = b.adding, len(b.adding.uses)
	}
	return s.local
}

// cut numbers as much of a text as there is room for, and returns how many more bytes
// there are. A text that the host already has takes no room.
func (b *block) cut(class, text string) (ref, more int) {
	kept := text
	if s, there := b.texts[text]; !there || s.user != b.adding {
		kept = head(text, max(0, min(b.left, stepBytes)))
	}
	return b.ref(class, kept), len(text) - len(kept)
}

// head returns the beginning of a text, at most most bytes.
func head(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// short numbers a text that should be short; a long one is cut and marked.
func (b *block) short(class, text string) int {
	ref, more := b.cut(class, text)
	if more > 0 {
		kept := text[:len(text)-more]
		return b.ref(class, fmt.Sprintf("%s … (%s in HOST.json)", kept, report.More(more, "byte")))
	}
	return ref
}

func (b *block) shorts(class string, texts []string) []int {
	list := make([]int, 0, len(texts))
	for _, text := range texts {
		list = append(list, b.short(class, text))
	}
	return list
}

// add adds a host. One that is added again replaces itself.
func (b *block) add(place int, h outcome.Host) {
	if b.hosts[place] == nil {
		b.there++
	}
	m := &member{named: outcome.Host{Host: h.Host, Findings: h.Findings}}
	if b.adding != nil { // hosts are alike
		m.uses = make([]use, 0, len(b.adding.uses)+8)
	}
	b.adding, b.left = m, b.limit
	m.page, m.row, m.brief = b.page(h), b.row(h), brief(h.Facts)
	m.back.add(h)
	b.hosts[place] = m
	b.held += memberBytes + len(m.uses)*useBytes
}

// The memory of a host of a block and of one of its texts, beside the text, about.
const (
	memberBytes = 8 << 10
	useBytes    = 64
)

// full reports whether all hosts are there.
func (b *block) full() bool { return b.there == len(b.hosts) }

// row returns a host's row in the index of its block: the severities of its findings as bits, the
// number of its facts, counted from 1, or 0, for how many ms it waited, then for each stage its number
// (doubled, plus one if it failed), its start in ms after the run's and its duration in ms. The number
// of its facts is not known yet.
func (b *block) row(h outcome.Host) []int64 {
	row := make([]int64, 3, 3+3*len(h.Stages))
	row[2] = waited(h)
	for _, f := range h.Findings {
		if i := slices.Index(outcome.Severities(), f.Severity); i >= 0 && !f.Waived {
			row[0] |= 1 << i
		}
	}
	for _, s := range h.Stages {
		n := slices.Index(stages(), s.Name)
		if n < 0 {
			continue
		}
		code := int64(2 * n)
		if s.Status == outcome.StageFailed {
			code++
		}
		row = append(row, code, s.Started.UnixMilli()-b.began, s.DurationMS)
	}
	return row
}

// waited returns for how many ms a host was between its stages, or behind the last one without a
// verdict: it waited for other hosts, for its turn or for a change to settle.
func waited(h outcome.Host) int64 {
	if len(h.Stages) == 0 {
		return 0
	}
	busy := int64(0)
	if !h.Started.IsZero() { // to connect
		busy = max(0, h.Stages[0].Started.Sub(h.Started).Milliseconds())
	}
	for _, s := range h.Stages {
		busy += s.DurationMS
	}
	return max(0, h.Duration-busy)
}
