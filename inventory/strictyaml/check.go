package strictyaml

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	// maxDepth is how deep maps and lists may be nested.
	maxDepth = 100
	// refused is the kind that check gives a node that must not be decoded,
	// because a problem stands for it already.
	refused yaml.Kind = 0
	// quoted are the styles in which a scalar is text whatever it looks like.
	quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
)

// check reports everything that YAML allows and this package does not, and removes it
// from the tree: maps with unique text keys, lists, scalars,
// and nodes marked as refused remain.
func (d *decoder) check(n *yaml.Node, depth int) {
	if depth > maxDepth {
		d.problems.Add(d.pos(n), "", "is nested deeper than %d levels", maxDepth)
		n.Kind, n.Content = refused, nil
		return
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		what := "the anchor &" + n.Anchor
		if n.Kind == yaml.AliasNode {
			what = "the alias *" + n.Value
		}
		d.problems.Add(d.pos(n), d.aliasHint, "anchors and aliases are not supported: %s", what)
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.problems.Add(d.pos(n), "leave the tag out; quote what is to be text", "tags are not supported: %s", n.Tag)
		n.Kind = refused
	}
	switch n.Kind {
	case yaml.AliasNode:
		n.Kind, n.Alias = refused, nil
	case yaml.ScalarNode:
		d.checkText(n)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			d.check(item, depth+1)
		}
	case yaml.MappingNode:
		d.checkMap(n, depth)
	}
}

// checkText refuses control characters that came in by an escape sequence.
func (d *decoder) checkText(n *yaml.Node) {
	if at := strings.IndexFunc(n.Value, badRune); at >= 0 {
		r := []rune(n.Value[at:])[0]
		d.problems.Add(d.pos(n), "delete the escape sequence", "holds a control character (%#U)", r)
		n.Kind = refused
	}
}

// checkMap checks the keys and values of a map, and drops entries without a
// usable key.
func (d *decoder) checkMap(n *yaml.Node, depth int) {
	var first map[string]*yaml.Node // of a long map; a short one is searched
	if len(n.Content)/2 > shortMap {
		first = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	kept := n.Content[:0]
	for pair := range slices.Chunk(n.Content, 2) {
		key, value := pair[0], pair[1]
		usable := d.checkKey(key)
		if usable {
			if other := sameKey(first, kept, key.Value); other != nil {
				d.problems.Add(d.pos(key), "", "key %q is already given at %s", key.Value, d.pos(other))
				usable = false
			} else if first != nil {
				first[key.Value] = key
			}
		}
		d.check(value, depth+1)
		if usable {
			kept = append(kept, key, value)
		}
	}
	n.Content = kept
}

// shortMap is how many entries are searched faster than they are put into a Go map. A large
// inventory has several short maps for each host.
const shortMap = 16

// sameKey returns the node of an equal key that was kept, nil where there is none.
func sameKey(first map[string]*yaml.Node, kept []*yaml.Node, key string) *yaml.Node {
	if first != nil {
		return first[key]
	}
	for i := 0; i < len(kept); i += 2 {
		if kept[i].Value == key {
			return kept[i]
		}
	}
	return nil
}

// checkKey reports whether a key is text; if not it adds the problem.
func (d *decoder) checkKey(key *yaml.Node) bool {
	switch {
	case key.Tag == "!!merge":
		d.problems.Add(d.pos(key), d.aliasHint, "merge keys (<<) are not supported")
		return false
	case key.Kind != yaml.ScalarNode && key.Kind != yaml.AliasNode:
		d.problems.Add(d.pos(key), "if it is to be text, quote it", "a key must be text, found %s", describe(key))
		return false
	}
	before := len(d.problems)
	if d.check(key, 0); len(d.problems) > before {
		return false
	}
	if why := notText(key); why != "" {
		d.problems.Add(d.pos(key), quoteHint(key), "a key must be text, found %s", why)
		return false
	}
	return true
}

// notText names the type of a plain scalar that is not text; "" for text. Dates are
// text. So are the truth words of YAML 1.1, but only when quoted: readers
// differ on them.
func notText(n *yaml.Node) string {
	if n.Style&quoted != 0 {
		return ""
	}
	switch n.Tag {
	case "!!int", "!!float", "!!bool", "!!null":
		return describe(n)
	}
	switch strings.ToLower(n.Value) {
	case "yes", "no", "on", "off":
		return n.Value + ", which some YAML readers take for true or false"
	}
	return ""
}

// quoteHint says how to make text of a plain scalar.
func quoteHint(n *yaml.Node) string {
	if n.Value == "" {
		return `write "" for empty text`
	}
	return `if it is to be text, quote it: "` + shorten(n.Value) + `"`
}

// describe names the type of a node, for "found ...".
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
	default:
		return "something else"
	}
	if n.Style&quoted == 0 {
		switch n.Tag {
		case "!!null":
			return "nothing"
		case "!!int", "!!float":
			return "the number " + shorten(n.Value)
		case "!!bool":
			return n.Value
		case "!!timestamp":
			return "the date " + shorten(n.Value)
		}
	}
	return `the text "` + shorten(n.Value) + `"`
}

// shorten cuts text to the length of a message, on one line.
func shorten(s string) string {
	const most = 40
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s[:min(len(s), 4*most+4)]); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
