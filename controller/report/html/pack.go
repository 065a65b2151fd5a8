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
)

// packed is a block as the page has it.
type packed struct {
	parts []part
	found findings
	back  pageBack
}

// part are hosts of a block, up to blockBytes of text. rows is JSON that the page has before it
// unpacks the pages, which are compressed JSON.
type part struct{ rows, pages []byte }

// size returns the bytes of memory of its parts.
func (p *packed) size() int {
	n := 0
	for _, one := range p.parts {
		n += len(one.rows) + len(one.pages)
	}
	return n
}

// partRows are the rows of a part. They hold nothing of the run but its start.
type partRows struct {
	// Facts are the texts of brief.
	Facts []string  `json:"facts"`
	Hosts [][]int64 `json:"hosts"`
}

// packer packs blocks, one at a time.
type packer struct {
	texts []*shared
	pages []hostPage
	rows  partRows
	size  int
	refs  []int // of the host that is being added, by its own numbers
	json  bytes.Buffer
	gzip  *gzip.Writer
}

func newPacker() *packer { return &packer{gzip: gzip.NewWriter(io.Discard)} }

// pack packs a block. Its hosts are of no use after that.
func (k *packer) pack(b *block) (*packed, error) {
	p := &packed{found: findings{}}
	for i, m := range b.hosts {
		if m != nil {
			p.found.add(m.named)
			p.back.Hosts += m.back.Hosts
			k.add(m)
		}
		if len(k.pages) == 0 || k.size < blockBytes && i < len(b.hosts)-1 {
			continue
		}
		one, err := k.flush()
		if err != nil {
			return nil, err
		}
		p.parts = append(p.parts, one)
	}
	return p, nil
}

// add adds a host to the part.
func (k *packer) add(m *member) {
	k.refs = append(k.refs[:0], 0)
	for _, u := range m.uses {
		if u.ref == 0 {
			k.texts = append(k.texts, u.shared)
			u.shared.ref, u.shared.class = len(k.texts), u.class
			k.size += u.size
		}
		k.refs = append(k.refs, u.ref)
	}
	m.page.renumber(k.refs)
	if m.brief != "" {
		at := slices.Index(k.rows.Facts, m.brief)
		if at < 0 {
			at = len(k.rows.Facts)
			k.rows.Facts = append(k.rows.Facts, m.brief)
		}
		m.row[1] = int64(at) + 1
	}
	k.pages, k.rows.Hosts = append(k.pages, m.page), append(k.rows.Hosts, m.row)
}

// flush packs the part and begins the next.
func (k *packer) flush() (part, error) {
	if k.rows.Facts == nil {
		k.rows.Facts = []string{}
	}
	rows, err := json.Marshal(k.rows)
	if err != nil {
		return part{}, err
	}
	slices.SortStableFunc(k.texts, func(x, y *shared) int { return strings.Compare(x.class, y.class) })
	order, texts := make([]int, len(k.texts)), make([]string, len(k.texts))
	for i, s := range k.texts {
		order[i], texts[i] = s.ref, s.text
		s.ref = 0
	}
	k.json.Reset()
	to := json.NewEncoder(&k.json)
	to.SetEscapeHTML(false) // the document is packed
	if err := to.Encode(struct {
		Refs  []int      `json:"refs"`
		Texts []string   `json:"texts"`
		Hosts []hostPage `json:"hosts"`
	}{order, texts, k.pages}); err != nil {
		return part{}, err
	}
	var pages bytes.Buffer
	k.gzip.Reset(&pages)
	_, err = k.gzip.Write(k.json.Bytes())
	err = errors.Join(err, k.gzip.Close())
	clear(k.texts) // release the memory
	clear(k.pages)
	k.texts, k.pages, k.rows, k.size = k.texts[:0], k.pages[:0], partRows{}, 0
	return part{rows, bytes.Clone(pages.Bytes())}, err
}

// write writes a part under its number.
func (p part) write(w io.Writer, number int) error {
	if _, err := fmt.Fprintf(w, "<script type=\"application/json\" id=\"rows-%d\">%s</script>\n<script type=\"application/gzip\" id=\"pages-%d\">", number, p.rows, number); err != nil {
		return err
	}
	encoder := base64.NewEncoder(base64.StdEncoding, w)
	_, err := encoder.Write(p.pages)
	if err = errors.Join(err, encoder.Close()); err == nil {
		_, err = io.WriteString(w, "</script>\n")
	}
	return err
}
