package strictyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// ParseJSON parses data, which must be one JSON value. The document is nil when
// there are problems.
func ParseJSON(file string, data []byte) (*Document, Problems) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if problems := checkText(file, data); len(problems) > 0 {
		return nil, problems
	}
	r := &jsonReader{file: file, data: data, line: 1, column: 1, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	root, problem := r.value(1)
	if problem == nil {
		r.skip()
		if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
			problem = r.problem("more follows after the end of the value")
		}
	}
	if problem != nil {
		return nil, Problems{*problem}
	}
	return &Document{file: file, root: root}, nil
}

// A jsonReader makes the nodes of a JSON text, with their positions.
type jsonReader struct {
	file         string
	data         []byte
	decoder      *json.Decoder
	at           int // the offset whose position is line and column
	line, column int
	nodes        int
}

// skip moves the position to the beginning of the next token.
func (r *jsonReader) skip() {
	start := int(r.decoder.InputOffset())
	for start < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[start]) >= 0 {
		start++
	}
	r.advance(start)
}

// next reads a token, and leaves the position at its beginning.
func (r *jsonReader) next() (json.Token, *Problem) {
	r.skip()
	token, err := r.decoder.Token()
	var wrong *json.SyntaxError
	switch {
	case err == nil:
		return token, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if len(bytes.TrimSpace(r.data)) == 0 {
			return nil, r.problem("is empty")
		}
		r.advance(len(r.data))
		return nil, r.problem("the JSON breaks off in the middle")
	case errors.As(err, &wrong):
		r.advance(max(r.at, min(int(wrong.Offset)-1, len(r.data))))
	}
	p := r.problem("is not JSON")
	p.Err = err
	return nil, p
}

// advance moves the position on to an offset.
func (r *jsonReader) advance(to int) {
	for ; r.at < to; r.at++ {
		switch c := r.data[r.at]; {
		case c == '\n':
			r.line, r.column = r.line+1, 1
		case utf8.RuneStart(c):
			r.column++
		}
	}
}

func (r *jsonReader) problem(format string, args ...any) *Problem {
	var list Problems
	list.Add(Pos{File: r.file, Line: r.line, Column: r.column}, "", format, args...)
	return &list[0]
}

// value reads one value.
func (r *jsonReader) value(depth int) (*yaml.Node, *Problem) {
	token, problem := r.next()
	if problem != nil {
		return nil, problem
	}
	if r.nodes++; r.nodes > maxItems {
		return nil, r.problem("holds more than %d keys and values", maxItems)
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: r.line, Column: r.column}
	switch token := token.(type) {
	case json.Delim:
		if depth > maxDepth {
			return nil, r.problem("is nested deeper than %d levels", maxDepth)
		}
		return r.collection(n, token, depth)
	case string:
		n.Tag, n.Value, n.Style = "!!str", token, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!float", token.String()
		if decimalPattern.MatchString(n.Value) {
			n.Tag = "!!int"
		}
	case bool:
		n.Tag, n.Value = "!!bool", "false"
		if token {
			n.Value = "true"
		}
	default:
		n.Tag, n.Value = "!!null", "null"
	}
	return n, nil
}

// collection reads the rest of an object or an array.
func (r *jsonReader) collection(n *yaml.Node, begin json.Delim, depth int) (*yaml.Node, *Problem) {
	n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
	if begin == '{' {
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
	}
	for r.decoder.More() {
		// Keys and values alternate, as the decoder sees to.
		item, problem := r.value(depth + 1)
		if problem != nil {
			return nil, problem
		}
		n.Content = append(n.Content, item)
	}
	_, problem := r.next()
	return n, problem
}
