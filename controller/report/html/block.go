package html

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Bounds of the page. HOST.json has everything.
const (
	blockHosts = 64       // hosts of a block
	blockBytes = 4 << 20  // text of a block
	stepBytes  = 16 << 10 // each output of a command
	// The text of a host, each text once, is its share of fleetBytes, within these.
	fleetBytes   = 640 << 20
	hostBytes    = 1 << 20
	hostBytesMin = 64 << 10
)

// block is a group of hosts that are packed together, because their outputs are much
// alike. It has each text once, and a host refers to a text by its number.
type block struct {
	limit  int // bytes of a host
	number int
	refs   map[string]int
	texts  []classed
	size   int
	pages  []hostPage
	rows   blockRows
	began  int64        // the start of the run in ms since 1970; 0: not known
	seen   map[int]bool // texts of the host that is being added
	left   int          // bytes left of its limit
	json   bytes.Buffer
	room   []byte // for plainValue
	gzip   *gzip.Writer
	// complete completes the commands in the advice; nil: they stay as they are.
	complete func(text string) string
	// open are the other open runs that have changed hosts.
	open []outcome.LeftOpen
}

// classed is a text with its class. A block sorts its texts by class, which halves its
// packed size.
type classed struct {
	class, text string
	ref         int
}

// blockRows is the part of a block that the page has before it unpacks the block. It holds
// nothing of the run but its start.
type blockRows struct {
	// Facts are the texts of brief.
	Facts []string  `json:"facts"`
	Hosts [][]int64 `json:"hosts"`
}

func newBlock(hosts int) *block {
	return &block{
		limit: min(hostBytes, max(hostBytesMin, fleetBytes/max(hosts, 1))),
		refs:  map[string]int{}, rows: blockRows{Facts: []string{}}, seen: map[int]bool{}, gzip: gzip.NewWriter(io.Discard),
	}
}

func (b *block) full() bool { return len(b.pages) >= blockHosts || b.size >= blockBytes }

// ref numbers a text. Number 0 is the empty one.
func (b *block) ref(class, text string) int {
	if text == "" {
		return 0
	}
	ref, there := b.refs[text]
	if !there {
		ref = len(b.texts) + 1
		b.refs[text] = ref
		b.texts = append(b.texts, classed{class, report.Clean(text, true), ref})
		b.size += len(text)
	}
	if !b.seen[ref] {
		b.seen[ref] = true
		b.left -= len(text)
	}
	return ref
}

// cut numbers as much of a text as there is room for, and returns how many more bytes
// there are. A text that the host already has takes no room.
func (b *block) cut(class, text string) (ref, more int) {
	kept := text
	if ref, there := b.refs[text]; !there || !b.seen[ref] {
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

// add adds a host.
func (b *block) add(h outcome.Host) {
	clear(b.seen)
	b.left = b.limit
	b.pages = append(b.pages, b.page(h))
	b.rows.Hosts = append(b.rows.Hosts, b.row(h))
}

// row returns a host's row in the index of its block: the severities of its findings as bits, the
// number of its facts, counted from 1, or 0, for how many ms it waited, then for each stage its number
// (doubled, plus one if it failed), its start in ms after the run's and its duration in ms.
func (b *block) row(h outcome.Host) []int64 {
	row := make([]int64, 3, 3+3*len(h.Stages))
	row[2] = waited(h)
	if text := brief(h.Facts); text != "" {
		at := slices.Index(b.rows.Facts, text)
		if at < 0 {
			at = len(b.rows.Facts)
			b.rows.Facts = append(b.rows.Facts, text)
		}
		row[1] = int64(at) + 1
	}
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

// flush writes the block and begins the next.
func (b *block) flush(w io.Writer) error {
	if len(b.pages) == 0 {
		return nil
	}
	if err := writeData(w, fmt.Sprintf("rows-%d", b.number), b.rows); err != nil {
		return err
	}
	slices.SortStableFunc(b.texts, func(x, y classed) int { return strings.Compare(x.class, y.class) })
	order, texts := make([]int, len(b.texts)), make([]string, len(b.texts))
	for i, t := range b.texts {
		order[i], texts[i] = t.ref, t.text
	}
	b.json.Reset()
	to := json.NewEncoder(&b.json)
	to.SetEscapeHTML(false) // the document is packed
	if err := to.Encode(struct {
		Refs  []int      `json:"refs"`
		Texts []string   `json:"texts"`
		Hosts []hostPage `json:"hosts"`
	}{order, texts, b.pages}); err != nil {
		return err
	}
	fmt.Fprintf(w, "<script type=\"application/gzip\" id=\"pages-%d\">", b.number)
	if err := b.pack(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</script>\n")
	clear(b.refs)
	clear(b.texts) // release the memory
	clear(b.pages)
	b.texts, b.pages, b.rows = b.texts[:0], b.pages[:0], blockRows{Facts: []string{}}
	b.size, b.number = 0, b.number+1
	return err
}

// pack writes the JSON of the block, compressed and in base64.
func (b *block) pack(w io.Writer) error {
	encoder := base64.NewEncoder(base64.StdEncoding, w)
	b.gzip.Reset(encoder)
	_, err := b.gzip.Write(b.json.Bytes())
	return errors.Join(err, b.gzip.Close(), encoder.Close())
}
