package outage

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/controller/journal/durable"
)

// Kind says which of the changes arrive that were not synced.
type Kind int

// Kinds of a loss. The last is any number from Some on: the seed of a choice.
const (
	// Nothing arrives.
	Nothing Kind = iota
	// Everything arrives, as when the process is killed and not the machine.
	Everything
	// Names arrive, content does not.
	Names
	// Some of it arrives, at random.
	Some
)

// Make makes, in an empty folder, the rest of the folder root after a power loss at a moment, and
// checks all claims of before. Root must have been made
// while it was recorded.
func (r *Recorder) Make(into, root string, moment int, kind Kind) error {
	d := newDisk(root)
	for _, e := range r.events[:moment] {
		d.take(e)
	}
	d.lose(kind)
	if err := d.root.write(into); err != nil {
		return err
	}
	for i, e := range r.events[:moment] {
		if e.claim == nil {
			continue
		}
		if err := e.claim(into); err != nil {
			return fmt.Errorf("a power loss after %s, %s: what was promised after event %d does not hold: %w", r.describe(moment), kind, i, err)
		}
	}
	return nil
}

// describe describes the event before a moment.
func (r *Recorder) describe(moment int) string {
	if moment == 0 {
		return "nothing"
	}
	switch e := r.events[moment-1]; {
	case e.claim != nil:
		return fmt.Sprintf("event %d, a promise", moment-1)
	case e.synced != nil:
		return fmt.Sprintf("event %d, synced %s", moment-1, e.synced.path)
	default:
		return fmt.Sprintf("event %d, %s %s", moment-1, e.change.Do, e.change.Path)
	}
}

// String implements fmt.Stringer.
func (k Kind) String() string {
	if k < Some {
		return []string{"nothing arrives", "everything arrives", "names arrive"}[k]
	}
	return fmt.Sprintf("seed %d", k)
}

// node is a file, a folder or a link.
type node struct {
	entries map[string]*node // of a folder, else nil
	target  string           // of a link, else ""
	data    []byte
}

// disk is a disk as the programs see it, with the changes that made it.
type disk struct {
	path    string
	seen    *node // as the programs see it
	root    *node // as it is after the loss
	changes []*change
	events  int
}

// change is a change that arrives as one or not at all.
type change struct {
	at      int  // its event
	folder  bool // the names of a folder; else the content of a file
	of      *node
	durable bool

	names map[string]*node // new entries of the folder; nil: removed
	add   []byte           // to the end of the file
	cut   int              // -1: it is not cut
}

func newDisk(root string) *disk {
	return &disk{path: root, seen: folder(), root: folder()}
}

func folder() *node { return &node{entries: map[string]*node{}} }

// find returns the node of a path, and the folder that it is or was in; nil: there is none.
func (d *disk) find(path string) (in, at *node, name string) {
	rel, err := filepath.Rel(d.path, path)
	if err != nil || !filepath.IsLocal(rel) && rel != "." {
		return nil, nil, ""
	}
	at = d.seen
	if rel == "." {
		return nil, at, ""
	}
	for part := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if at == nil {
			return nil, nil, ""
		}
		in, name = at, part
		at = in.entries[part]
	}
	return in, at, name
}

// take takes an event.
func (d *disk) take(e event) {
	switch {
	case e.synced != nil:
		_, of, _ := d.find(e.synced.path)
		for _, c := range d.changes {
			if c.at < e.synced.began && (e.synced.shared || c.of == of) {
				c.durable = true
			}
		}
	case e.claim == nil:
		d.change(e.change)
	}
	d.events++
}

// change takes a change.
func (d *disk) change(c durable.Change) {
	in, at, name := d.find(c.Path)
	switch c.Do {
	case durable.MadeFolder:
		d.name(in, map[string]*node{name: folder()})
	case durable.MadeFile:
		d.name(in, map[string]*node{name: {}})
	case durable.MadeLink:
		d.name(in, map[string]*node{name: {target: c.To}})
	case durable.Removed:
		d.name(in, map[string]*node{name: nil})
	case durable.Renamed: // inside one folder
		d.name(in, map[string]*node{name: nil, filepath.Base(c.To): at})
	case durable.Wrote:
		at.data = append(slices.Clone(at.data), c.Data...)
		d.changes = append(d.changes, &change{at: d.events, of: at, add: c.Data, cut: -1})
	case durable.Cut:
		at.data = at.data[:c.Size]
		d.changes = append(d.changes, &change{at: d.events, of: at, cut: int(c.Size)})
	}
}

// name changes the names in a folder; nil: that of the root itself, or of a folder above it.
func (d *disk) name(in *node, names map[string]*node) {
	if in == nil {
		return
	}
	for name, of := range names {
		if delete(in.entries, name); of != nil {
			in.entries[name] = of
		}
	}
	d.changes = append(d.changes, &change{at: d.events, folder: true, of: in, names: names, cut: -1})
}

// lose makes the disk as it is after a loss.
func (d *disk) lose(kind Kind) {
	chance := rand.New(rand.NewPCG(uint64(kind), uint64(d.events)))
	odds := []float64{0.1, 0.5, 0.9}[chance.IntN(3)]
	names := map[*node]map[string]*node{d.seen: d.root.entries}
	content := map[*node][]byte{}
	broken := map[*node]bool{} // files whose end does not arrive
	for _, c := range d.changes {
		arrives := c.durable || kind == Everything || kind == Names && c.folder || kind >= Some && chance.Float64() < odds
		switch {
		case c.folder && arrives:
			if names[c.of] == nil {
				names[c.of] = map[string]*node{}
			}
			for name, of := range c.names {
				if delete(names[c.of], name); of != nil {
					names[c.of][name] = of
				}
			}
		case c.folder, broken[c.of]:
		case !arrives:
			broken[c.of] = true
			if kind >= Some && c.cut < 0 { // a part of it, and nothing where the rest should be
				content[c.of] = append(content[c.of], c.add[:chance.IntN(len(c.add)+1)]...)
				content[c.of] = append(content[c.of], make([]byte, chance.IntN(2)*chance.IntN(len(c.add)+1))...)
			}
		case c.cut >= 0:
			content[c.of] = content[c.of][:min(c.cut, len(content[c.of]))]
		default:
			content[c.of] = append(content[c.of], c.add...)
		}
	}
	d.root = settled(d.seen, names, content)
}

// settled returns a node with the part of it that has arrived.
func settled(n *node, names map[*node]map[string]*node, content map[*node][]byte) *node {
	if n.entries == nil {
		return &node{target: n.target, data: content[n]}
	}
	left := folder()
	for name, of := range names[n] {
		left.entries[name] = settled(of, names, content)
	}
	return left
}

// write makes a folder with all that is in it.
func (n *node) write(path string) error {
	for _, name := range slices.Sorted(maps.Keys(n.entries)) {
		at, path := n.entries[name], filepath.Join(path, name)
		var err error
		switch {
		case at.entries != nil:
			err = errors.Join(os.Mkdir(path, durable.DirMode), at.write(path))
		case at.target != "":
			err = os.Symlink(at.target, path)
		default:
			err = os.WriteFile(path, at.data, durable.FileMode)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
