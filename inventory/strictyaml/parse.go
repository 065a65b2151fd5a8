package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	// MaxBytes is the size up to which a file is read, in bytes.
	MaxBytes = 64 << 20
	// maxItems bounds the keys and values of a file: the parser takes some 400
	// bytes for each, far more than the file itself does.
	maxItems = 3_000_000
)

// parse turns data into the node tree of its only document. parseTree is the
// only place that calls the YAML parser, which is archived and panics on some
// input: whatever it does comes back as a problem.
func parse(file string, data []byte) (*yaml.Node, Problems) {
	return guard(file, func() (*yaml.Node, Problems) { return parseTree(file, data) })
}

// guard makes a problem of a panic.
func guard(file string, parse func() (*yaml.Node, Problems)) (root *yaml.Node, problems Problems) {
	defer func() {
		if reason := recover(); reason != nil {
			root, problems = nil, nil
			problems.Add(Pos{File: file, Line: 1, Column: 1}, "look for maps or lists used as keys",
				"cannot be read as YAML: %v", reason)
		}
	}()
	return parse()
}

// parseTree does the work of parse; it may panic.
func parseTree(file string, data []byte) (root *yaml.Node, problems Problems) {
	start := Pos{File: file, Line: 1, Column: 1}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if problems = checkBytes(file, data); len(problems) > 0 {
		return nil, problems
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		problems.Add(start, "", "is empty")
		return nil, problems
	case err != nil:
		return nil, Problems{syntaxProblem(file, data, err)}
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, Problems{syntaxProblem(file, data, err)}
	default:
		problems.Add(Pos{File: file, Line: second.Line, Column: second.Column},
			"keep one and move the others to files of their own", "holds more than one YAML document")
		return nil, problems
	}
	root = first.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		problems.Add(start, "", "is empty")
		return nil, problems
	}
	return root, nil
}

// checkBytes refuses data that is no text, or too much for a parser.
func checkBytes(file string, data []byte) (problems Problems) {
	if problems = checkText(file, data); len(problems) > 0 {
		return problems
	}
	if n := countItems(data); n > maxItems {
		problems.Add(Pos{File: file}, "split it into several files, or use ranges",
			"holds about %d keys and values, the limit is %d", n, maxItems)
	}
	return problems
}

// checkText refuses data that is no text or too long.
func checkText(file string, data []byte) (problems Problems) {
	if len(data) > MaxBytes {
		problems.Add(Pos{File: file}, "split it into several files",
			"is %d bytes, the limit is %d", len(data), MaxBytes)
		return problems
	}
	if at := badByte(data); at >= 0 {
		message, hint := "holds a control character (%#U), this is not a text file", "delete the character"
		r, size := utf8.DecodeRune(data[at:])
		switch {
		case r == utf8.RuneError && size <= 1:
			problems.Add(posAt(file, data, at), "save the file as UTF-8", "is not UTF-8 text (byte 0x%02x)", data[at])
			return problems
		case r == 0:
			message = "holds a NUL byte (%#U), this is not a text file"
		}
		problems.Add(posAt(file, data, at), hint, message, r)
	}
	return problems
}

// badByte returns the offset of the first byte that is no part of UTF-8 text
// or is a control character other than tab and line end, -1 if there is none.
func badByte(data []byte) int {
	for i := 0; i < len(data); {
		if c := data[i]; c < utf8.RuneSelf {
			if badRune(rune(c)) {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 || badRune(r) {
			return i
		}
		i += size
	}
	return -1
}

// badRune reports whether r has no place in a text file: C0 and C1 controls but
// tab and line ends, a byte order mark inside the text, non-characters.
func badRune(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	}
	return r == '\uFEFF' || r == '\uFFFE' || r == '\uFFFF'
}

// countItems estimates how many nodes the parser will make, within a factor of
// two, from the characters that separate them.
func countItems(data []byte) int {
	n := 0
	for i, c := range data {
		switch c {
		case ',', '[', '{', '?', '\n':
			n++
		case ':', '-':
			if i+1 < len(data) && (data[i+1] == ' ' || data[i+1] == '\t') {
				n++
			}
		}
	}
	return n
}

// posAt returns the position of a byte offset.
func posAt(file string, data []byte, offset int) Pos {
	head := data[:offset]
	line := bytes.Count(head, []byte{'\n'}) + 1
	head = head[bytes.LastIndexByte(head, '\n')+1:]
	return Pos{File: file, Line: line, Column: utf8.RuneCount(head) + 1}
}

// syntaxProblem makes a problem of an error of the YAML parser. The parser
// gives no column, and a line only inside its text.
func syntaxProblem(file string, data []byte, err error) Problem {
	message, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := regexp.MustCompile(`(?s)^line (\d+): (.*)$`).FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
		if fromGrammar(message) {
			line++
		}
	}
	if anchor, found := strings.CutPrefix(message, "unknown anchor "); found {
		message = fmt.Sprintf("anchors and aliases are not supported: %s", anchor)
	}
	text, line := lineOf(data, line)
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	problem := Problem{Pos: Pos{File: file, Line: line, Column: indent + 1}, Message: message, Err: err}
	if words, known := plainWords[message]; known {
		problem.Message = words
	}
	switch {
	case strings.HasSuffix(message, "',' or ']'"), strings.HasSuffix(message, "',' or '}'"):
		problem.Hint = "a bracket or brace that opens here is not closed, or a comma is missing"
	case indent < len(text) && strings.IndexByte("[{*&!%@`", text[indent]) >= 0:
		problem.Hint = fmt.Sprintf("quote text that begins with %c", text[indent])
	}
	if tab := strings.IndexByte(text[:indent], '\t'); tab >= 0 {
		problem.Column, problem.Hint = tab+1, "indent with spaces, not with tabs"
	}
	return problem
}

// fromGrammar reports whether message comes from the upper half of yaml.v3,
// whose lines count from 0 while those of its scanner count from 1
// (parser.fail in decode.go).
func fromGrammar(message string) bool {
	for _, end := range []string{"<document start>", "node content", "'-' indicator", "key", "',' or ']'", "',' or '}'"} {
		if message == "did not find expected "+end {
			return true
		}
	}
	return false
}

// lineOf returns the text of a line that counts from 1, and its number; a line
// past the end is the last one.
func lineOf(data []byte, line int) (string, int) {
	lines := bytes.Split(data, []byte{'\n'})
	line = max(1, min(line, len(lines)))
	return string(lines[line-1]), line
}
