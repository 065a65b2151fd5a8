package strictyaml

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// open is the height of a node that is being walked.
const open = -1

// A looser turns any YAML into a Tree: maps with unique scalar keys, lists and
// scalars. An alias becomes a second path to its node, so that the node exists
// once, however often it is named.
type looser struct {
	file               string
	problems, warnings Problems
	// heights are the levels below nodes with an anchor, which can be come upon
	// twice.
	heights map[*yaml.Node]int
	merged  int            // entries that merge keys have brought
	tags    map[string]int // how often an unknown tag was found
	tagged  Problems       // where first
}

func (l *looser) pos(n *yaml.Node) Pos {
	return Pos{File: l.file, Line: n.Line, Column: n.Column}
}

// refuse takes a node out of the tree.
func (l *looser) refuse(n *yaml.Node, hint, format string, args ...any) {
	l.problems.Add(l.pos(n), hint, format, args...)
	n.Kind, n.Content, n.Alias = refused, nil, nil
}

// walk converts a node, and returns how many levels are below it.
func (l *looser) walk(n *yaml.Node, depth int) int {
	if depth > maxDepth {
		l.refuse(n, "", "is nested deeper than %d levels", maxDepth)
		return 0
	}
	if height, known := l.heights[n]; known {
		return height
	}
	anchored := n.Anchor != ""
	if anchored {
		l.heights[n] = open
		n.Anchor = "" // nobody will ask for it any more
	}
	l.tag(n)
	height := 0
	switch n.Kind {
	case yaml.SequenceNode:
		for i, item := range n.Content {
			n.Content[i] = l.resolve(item)
			height = max(height, 1+l.walk(n.Content[i], depth+1))
		}
	case yaml.MappingNode:
		height = l.walkMap(n, depth)
	}
	if height > maxDepth {
		l.refuse(n, "", "is nested deeper than %d levels by its aliases", maxDepth)
		height = 0
	}
	if anchored {
		l.heights[n] = height
	}
	return height
}

// resolve returns the node that an alias stands for, and other nodes as they are.
func (l *looser) resolve(n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.AliasNode {
		return n
	}
	if height, known := l.heights[n.Alias]; n.Alias == nil || known && height == open {
		l.refuse(n, "write the value out", "the alias *%s stands for something that it is a part of", shorten(n.Value))
		return n
	}
	return n.Alias
}

// walkMap walks the values of a map, keeps the last of equal keys, as other
// readers do, and merges the maps that << names.
func (l *looser) walkMap(n *yaml.Node, depth int) int {
	height := 0
	at := make(map[string]int, len(n.Content)/2)
	kept := make([]*yaml.Node, 0, len(n.Content))
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := l.resolve(n.Content[i]), l.resolve(n.Content[i+1])
		merge := key.Tag == "!!merge"
		height = max(height, 1+l.walk(value, depth+1))
		switch {
		case merge:
			merges = append(merges, value)
		case key.Kind != yaml.ScalarNode:
			if key.Kind != refused {
				l.warnings.Add(l.pos(key), "", "a key that is %s is left out", describe(key))
			}
		default:
			if before, twice := at[key.Value]; twice {
				l.warnings.Add(l.pos(key), "", "key %q is already given at %s; the last one holds", shorten(key.Value), l.pos(kept[before]))
				kept[before], kept[before+1] = key, value
				continue
			}
			at[key.Value] = len(kept)
			kept = append(kept, key, value)
		}
	}
	n.Content = kept
	for _, value := range merges {
		l.merge(n, at, value)
	}
	return height
}

// merge adds the maps that a merge key names, one or a list, to a map; keys that
// are there already win.
func (l *looser) merge(n *yaml.Node, at map[string]int, from *yaml.Node) {
	switch from.Kind {
	case yaml.SequenceNode:
		for _, item := range from.Content {
			if item.Kind != yaml.SequenceNode {
				l.merge(n, at, item)
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(from.Content); i += 2 {
			key := from.Content[i]
			if _, known := at[key.Value]; known {
				continue
			}
			if l.merged++; l.merged > maxItems {
				if l.merged == maxItems+1 {
					l.problems.Add(l.pos(n), "write the values out", "merge keys bring more than %d entries", maxItems)
				}
				return
			}
			at[key.Value] = len(n.Content)
			n.Content = append(n.Content, key, from.Content[i+1])
		}
	case refused:
	default:
		l.warnings.Add(l.pos(from), "", "<< names %s, not a map, and is left out", describe(from))
	}
}

// knownTags are those that the reader of a Tree is told of.
var knownTags = []string{"!vault", "!vault-encrypted", "!unsafe"}

// tag notes tags, and removes nodes with an unknown one.
func (l *looser) tag(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle == 0 || slices.Contains(knownTags, n.Tag) {
		return
	}
	if strings.HasPrefix(n.Tag, "!!") || n.Tag == "!" {
		if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
			n.Style |= yaml.DoubleQuotedStyle // as written
		}
		n.Style &^= yaml.TaggedStyle
		return
	}
	tag := shorten(n.Tag)
	if l.tags[tag]++; l.tags[tag] == 1 && len(l.tags) <= MaxShown {
		l.tagged.Add(l.pos(n), "", "%s", tag)
	}
	n.Kind, n.Content = refused, nil
}

// warned returns the warnings, those on tags once for each tag.
func (l *looser) warned() Problems {
	for _, p := range l.tagged {
		more := ""
		if n := l.tags[p.Message]; n > 1 {
			more = fmt.Sprintf(" (and at %d more places)", n-1)
		}
		l.warnings.Add(p.Pos, "", "the tag %s is not known, its value is left out%s", p.Message, more)
	}
	return l.warnings
}

// A Tree is one value of a document that is read loosely. It is small, and
// comparable: one place of a document is one Tree. The zero Tree is not there.
type Tree struct {
	file string
	n    *yaml.Node
}

// Given reports whether the value is there: also a null is.
func (t Tree) Given() bool { return t.n != nil && t.n.Kind != refused }

// Pos returns where the value begins.
func (t Tree) Pos() Pos {
	if t.n == nil {
		return Pos{}
	}
	return Pos{File: t.file, Line: t.n.Line, Column: t.n.Column}
}

// Kind returns the form of the value; Null where there is none.
func (t Tree) Kind() Kind {
	switch {
	case !t.Given() || isNull(t.n):
		return Null
	case t.n.Kind == yaml.MappingNode:
		return Dict
	case t.n.Kind == yaml.SequenceNode:
		return List
	}
	return Scalar
}

// Text returns a scalar as it is written, without quotes; "" for the others.
func (t Tree) Text() string {
	if t.Kind() != Scalar {
		return ""
	}
	return t.n.Value
}

// IsText reports whether the value is text, not a number, a truth value or a date.
func (t Tree) IsText() bool {
	return t.Kind() == Scalar && (t.n.Style&quoted != 0 || t.n.Tag == "!!str" || t.n.Tag[:min(2, len(t.n.Tag))] != "!!")
}

// Tag returns the tag that a value has of !vault, !vault-encrypted and !unsafe;
// "" for none.
func (t Tree) Tag() string {
	if !t.Given() || t.n.Style&yaml.TaggedStyle == 0 {
		return ""
	}
	return t.n.Tag
}

// Len returns how many entries a map has, or how many items a list.
func (t Tree) Len() int {
	switch t.Kind() {
	case Dict:
		return len(t.n.Content) / 2
	case List:
		return len(t.n.Content)
	}
	return 0
}

// Entries yields the keys and values of a map, in the order of the file.
func (t Tree) Entries(yield func(key, value Tree) bool) {
	if t.Kind() != Dict {
		return
	}
	for i := 0; i+1 < len(t.n.Content); i += 2 {
		if !yield(Tree{t.file, t.n.Content[i]}, Tree{t.file, t.n.Content[i+1]}) {
			return
		}
	}
}

// Items yields the items of a list.
func (t Tree) Items(yield func(item Tree) bool) {
	if t.Kind() != List {
		return
	}
	for _, item := range t.n.Content {
		if !yield(Tree{t.file, item}) {
			return
		}
	}
}

// Get returns the value of a key of a map.
func (t Tree) Get(key string) Tree {
	if t.Kind() == Dict {
		for i := 0; i+1 < len(t.n.Content); i += 2 {
			if t.n.Content[i].Value == key {
				return Tree{t.file, t.n.Content[i+1]}
			}
		}
	}
	return Tree{}
}

// Describe names the type of the value, for "found ...". It quotes a scalar.
func (t Tree) Describe() string {
	if !t.Given() {
		return "nothing"
	}
	return describe(t.n)
}

// Decode decodes the value strictly, as Decode does a document, and returns all
// problems. Messages call it name. It uses the value up.
func (t Tree) Decode(name string, into any) Problems {
	d := newDecoder(t.file)
	d.check(t.n, 1)
	d.pointer(t.n, into, context{name: name})
	return d.problems.Sorted()
}

// Truth reads a truth value as Ansible does, which knows more of them than YAML; ok
// is false for any other word.
func Truth(word string) (yes, ok bool) {
	switch strings.ToLower(word) {
	case "yes", "on", "1", "true", "t", "y", "1.0":
		return true, true
	case "no", "off", "0", "false", "f", "n", "0.0":
		return false, true
	}
	return false, false
}
