package strictyaml

import "gopkg.in/yaml.v3"

// A Value is a value that knows where it stands. It decodes like a T; T should
// be a scalar. When the value is not given, or is wrong, it stays zero.
type Value[T any] struct {
	V   T
	Pos Pos
}

// Set reports whether the value was given and could be decoded.
func (v Value[T]) Set() bool { return v.Pos != Pos{} }

// JSONSchemaAlias tells a schema generator that this is a T.
func (v Value[T]) JSONSchemaAlias() any { return v.V }

func (v *Value[T]) target() any    { return &v.V }
func (v *Value[T]) settle(pos Pos) { v.Pos = pos }

// positioned is a *Value[T] of any T.
type positioned interface {
	target() any
	settle(Pos)
}

// A Map is a map that keeps the order of the file and the positions of its
// keys. A key that is there twice is a problem, and the first one is kept.
type Map[T any] []Entry[T]

// An Entry is a key of a Map and its value.
type Entry[T any] struct {
	Key    string
	KeyPos Pos
	Value  T
}

// JSONSchemaAlias tells a schema generator that this is a map of T.
func (m Map[T]) JSONSchemaAlias() any { return map[string]T{} }

func (m *Map[T]) reserve(n int) { *m = make(Map[T], 0, n) }

func (m *Map[T]) add(key string, pos Pos) any {
	*m = append(*m, Entry[T]{Key: key, KeyPos: pos})
	return &(*m)[len(*m)-1].Value
}

// ordered is a *Map[T] of any T. The pointer that add returns is good until the
// next add.
type ordered interface {
	reserve(n int)
	add(key string, pos Pos) any
}

// An Unmarshaler decodes itself, for a value that may have several forms.
type Unmarshaler interface {
	// UnmarshalStrict reads n into the receiver and reports through n.
	UnmarshalStrict(n *Node)
}

// A Kind is the form of a node.
type Kind int

// The forms of a node.
const (
	Null Kind = iota
	Scalar
	List
	Dict
)

// A Node is one value of the document, before it is decoded.
type Node struct {
	d   *decoder
	n   *yaml.Node
	ctx context
}

// Pos returns where the node begins.
func (n *Node) Pos() Pos { return n.d.pos(n.n) }

// Kind returns the form of the node. Null is a value that is not there, as in
// `key:`; quoted empty text is a Scalar.
func (n *Node) Kind() Kind {
	switch {
	case n.n.Kind == yaml.MappingNode:
		return Dict
	case n.n.Kind == yaml.SequenceNode:
		return List
	case isNull(n.n):
		return Null
	}
	return Scalar
}

// Name is the value's name in messages: its key.
func (n *Node) Name() string { return n.ctx.String() }

// Text returns a scalar as it is written, without quotes; "" for the others.
func (n *Node) Text() string { return n.n.Value }

// Keys returns the keys of a map in the order of the file; nil for the others.
func (n *Node) Keys() []string {
	if n.n.Kind != yaml.MappingNode {
		return nil
	}
	keys := make([]string, 0, len(n.n.Content)/2)
	for i := 0; i < len(n.n.Content); i += 2 {
		keys = append(keys, n.n.Content[i].Value)
	}
	return keys
}

// Get returns the value of a key of a map, nil when it is not there.
func (n *Node) Get(key string) *Node {
	if n.n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.n.Content); i += 2 {
		if n.n.Content[i].Value == key {
			return &Node{d: n.d, n: n.n.Content[i+1], ctx: context{name: key}}
		}
	}
	return nil
}

// Decode decodes the node into the target of into, as the function Decode does, and
// reports whether there was no problem. into must not be the Unmarshaler that
// was given the node.
func (n *Node) Decode(into any) bool { return n.d.pointer(n.n, into, n.ctx) }

// Problem adds a problem at the node. hint may be empty.
func (n *Node) Problem(hint, format string, args ...any) {
	n.d.problems.Add(n.Pos(), hint, format, args...)
}

// Wrong adds the problem that the node does not have the wanted type: "NAME must be
// WANTED, found ...".
func (n *Node) Wrong(wanted string) { n.d.wrong(n.n, n.ctx, wanted, "") }
