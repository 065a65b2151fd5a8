package strictyaml

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

var decimalPattern = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

// Decode decodes the only document of data into the struct, or other value,
// that into points to, and returns all problems, sorted. Correct parts are decoded
// nevertheless. file is only for the positions.
//
// Fields are named by their tag, `yaml:"name"`, with options: `required`, the
// key must be there; `scalar`, a string that takes plain numbers and truth
// values as they are written. `yaml:"-"` is left alone, but for a field Pos of
// type Pos: it gets the position of its struct. An embedded struct without a
// tag has its fields where it stands; a pointer to one stays nil where none of them is given. A tag `missing:"..."` is the hint of a
// required key that is not there. A tag `was:"..."` is a former name of the key: a
// file that still uses it gets an error that names the new one. A tag `gone:"..."` on any
// field names a key that the struct had and has no more.
//
// Types: bool, string, int of any size, time.Duration ("15m"), slices, maps
// with string keys, structs, pointers, Value, Map, and implementations of
// Unmarshaler. A map, list or struct that is given without a value (`hosts:`)
// is empty. Another type is a mistake in the program, and panics.
func Decode(file string, data []byte, into any) Problems {
	return Decoder{}.Decode(file, data, into)
}

// A Decoder is Decode with options.
type Decoder struct {
	// AliasHint is the remedy where a file uses an anchor, an alias or a merge
	// key.
	AliasHint string
}

// Decode is like the function Decode.
func (o Decoder) Decode(file string, data []byte, into any) Problems {
	doc, problems := Parse(file, data)
	if doc == nil {
		return problems
	}
	return o.DecodeDocument(doc, into)
}

// DecodeDocument is Decode for a document that was parsed, which it uses up.
func (o Decoder) DecodeDocument(doc *Document, into any) Problems {
	d := newDecoder(doc.file)
	if o.AliasHint != "" {
		d.aliasHint = o.AliasHint
	}
	d.check(doc.root, 1)
	d.pointer(doc.root, into, context{})
	return d.problems.Sorted()
}

func newDecoder(file string) *decoder {
	return &decoder{file: file, aliasHint: "write the value out", structs: map[reflect.Type]*structInfo{}}
}

// decoder is the state of one Decode.
type decoder struct {
	file, aliasHint string
	problems        Problems
	structs         map[reflect.Type]*structInfo
}

// context describes a value for messages and for the rules of text.
type context struct {
	name   string // the key it belongs to; empty for the document
	item   int    // its place in a list, from 1; 0 when it is not in one
	scalar bool   // plain numbers and truth values are good as text
}

func (c context) String() string {
	name := c.name
	if name == "" {
		name = "the document"
	}
	if c.item > 0 {
		return fmt.Sprintf("item %d of %s", c.item, name)
	}
	return name
}

func (d *decoder) pos(n *yaml.Node) Pos {
	return Pos{File: d.file, Line: n.Line, Column: n.Column}
}

// wrong adds the problem that n does not have the wanted type.
func (d *decoder) wrong(n *yaml.Node, ctx context, wanted, hint string) {
	if n.Kind != refused {
		d.problems.Add(d.pos(n), hint, "%s must be %s, found %s", ctx, wanted, describe(n))
	}
}

// pointer decodes n into the target of a pointer.
func (d *decoder) pointer(n *yaml.Node, into any, ctx context) bool {
	return d.value(n, reflect.ValueOf(into).Elem(), ctx)
}

// value decodes n into out, and reports whether that went without a problem.
func (d *decoder) value(n *yaml.Node, out reflect.Value, ctx context) bool {
	if n.Kind == refused {
		return false
	}
	switch target := out.Addr().Interface().(type) {
	case Unmarshaler:
		before := len(d.problems)
		target.UnmarshalStrict(&Node{d: d, n: n, ctx: ctx})
		return len(d.problems) == before
	case positioned:
		ok := d.pointer(n, target.target(), ctx)
		if ok {
			target.settle(d.pos(n))
		}
		return ok
	case ordered:
		return d.ordered(n, target, ctx)
	case *time.Duration:
		return d.duration(n, target, ctx)
	}
	switch out.Kind() {
	case reflect.Struct:
		return d.fields(n, out, ctx)
	case reflect.Slice:
		return d.list(n, out, ctx)
	case reflect.Map:
		return d.dict(n, out, ctx)
	case reflect.Pointer:
		if isNull(n) && isCollection(out.Type().Elem()) {
			return true
		}
		out.Set(reflect.New(out.Type().Elem()))
		return d.value(n, out.Elem(), ctx)
	}
	return d.scalar(n, out, ctx)
}

// scalar decodes the kinds that are written as one word or text.
func (d *decoder) scalar(n *yaml.Node, out reflect.Value, ctx context) bool {
	switch out.Kind() {
	case reflect.String:
		return d.text(n, out, ctx)
	case reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			d.wrong(n, ctx, "true or false", "")
			return false
		}
		out.SetBool(n.Value[0] == 't' || n.Value[0] == 'T')
		return true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return d.integer(n, out, ctx)
	}
	panic("strictyaml: cannot decode into " + out.Type().String())
}

func (d *decoder) text(n *yaml.Node, out reflect.Value, ctx context) bool {
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, ctx, "text", "")
		return false
	}
	if why := notText(n); why != "" && (!ctx.scalar || n.Tag == "!!null") {
		d.problems.Add(d.pos(n), quoteHint(n), "%s must be text, found %s", ctx, why)
		return false
	}
	out.SetString(n.Value)
	return true
}

func (d *decoder) integer(n *yaml.Node, out reflect.Value, ctx context) bool {
	decimal := decimalPattern.MatchString(n.Value)
	if n.Kind != yaml.ScalarNode || n.Style&quoted != 0 || !decimal {
		hint := ""
		switch {
		case n.Kind == yaml.ScalarNode && decimal:
			hint = "leave the quotes out"
		case n.Kind == yaml.ScalarNode && n.Tag == "!!int":
			hint = "write it in decimal, without leading zeros"
		}
		d.wrong(n, ctx, "a whole number", hint)
		return false
	}
	number, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || out.OverflowInt(number) {
		d.problems.Add(d.pos(n), "", "%s is too large: %s", ctx, shorten(n.Value))
		return false
	}
	out.SetInt(number)
	return true
}

func (d *decoder) duration(n *yaml.Node, out *time.Duration, ctx context) bool {
	value, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		d.wrong(n, ctx, "a duration such as 30s, 15m or 1h30m", "")
		return false
	}
	*out = value
	return true
}

func (d *decoder) list(n *yaml.Node, out reflect.Value, ctx context) bool {
	if isNull(n) {
		return true
	}
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, ctx, "a list", "")
		return false
	}
	// A wrong scalar is left out: a zero would be mistaken for the file's
	// value. A struct stays, for its correct fields.
	keep := out.Type().Elem().Kind() == reflect.Struct && !reflect.PointerTo(out.Type().Elem()).Implements(reflect.TypeFor[positioned]())
	ok, items := true, reflect.MakeSlice(out.Type(), 0, len(n.Content))
	for i, item := range n.Content {
		value := reflect.New(out.Type().Elem()).Elem()
		if !d.value(item, value, context{name: ctx.name, item: i + 1, scalar: ctx.scalar}) {
			if ok = false; !keep {
				continue
			}
		}
		items = reflect.Append(items, value)
	}
	out.Set(items)
	return ok
}

func (d *decoder) dict(n *yaml.Node, out reflect.Value, ctx context) bool {
	if out.Type().Key().Kind() != reflect.String {
		panic("strictyaml: cannot decode into " + out.Type().String())
	}
	if isNull(n) {
		return true
	}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, ctx, "a map", "")
		return false
	}
	ok, result := true, reflect.MakeMapWithSize(out.Type(), len(n.Content)/2)
	for pair := range slices.Chunk(n.Content, 2) {
		value := reflect.New(out.Type().Elem()).Elem()
		ok = d.value(pair[1], value, context{name: pair[0].Value, scalar: ctx.scalar}) && ok
		result.SetMapIndex(reflect.ValueOf(pair[0].Value).Convert(out.Type().Key()), value)
	}
	out.Set(result)
	return ok
}

func (d *decoder) ordered(n *yaml.Node, out ordered, ctx context) bool {
	if isNull(n) {
		return true
	}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, ctx, "a map", "")
		return false
	}
	ok := true
	out.reserve(len(n.Content) / 2)
	for pair := range slices.Chunk(n.Content, 2) {
		value := out.add(pair[0].Value, d.pos(pair[0]))
		ok = d.pointer(pair[1], value, context{name: pair[0].Value, scalar: ctx.scalar}) && ok
	}
	return ok
}

// isNull reports whether n is a value that is not there.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// isCollection reports whether t is written as a map or a list.
func isCollection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Map || t.Kind() == reflect.Slice
}
