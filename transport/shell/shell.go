// Package shell quotes words for a POSIX shell, and splits shell text into calls, for
// hosts on which a login may become root for single commands only.
//
// A call is a simple command of the text that needs root: its first word is an
// absolute path, or comes from a variable. Builtins of the shell (tests, printf,
// assignments, loops) need no root. A text that can't be split without changing its
// meaning must run as a whole.
//
// The transport puts a word in front of each call, and `playbook sudoers` prints the
// commands that a site must allow: both must see the same calls, so both use this
// package. It only reads text and runs nothing.
package shell

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// These stand in a form for text that varies. Shell text can't contain them.
const (
	// Any is text that only the host knows.
	Any = "\x00"
	// Digit is one digit, Hex one lower-case hexadecimal digit.
	Digit = "\x01"
	Hex   = "\x02"
	// NameChar is one letter, digit or one of . _ @ , = -.
	NameChar = "\x03"
)

// Classes are the texts that stand for one character.
const Classes = Digit + Hex + NameChar

// maxForms bounds the forms of one call; with more of them, words that vary become
// Any.
const maxForms = 64

// Text is shell text split into calls. It does not change after Split.
type Text struct {
	source string
	whole  string
	rather string // a way to write it without the reason in whole
	calls  []*syntax.CallExpr
	// values holds the words that the text assigns to a variable; nil if it gets
	// values from elsewhere too.
	values map[string][]*syntax.Word
	// arms holds the values that an expansion can have where it stands: in an arm of a
	// case over its variable.
	arms map[*syntax.ParamExp][]string
}

// portable is the way to write a text that is not POSIX sh.
const portable = "write it in POSIX sh"

// Call is one command of a text that needs root.
type Call struct {
	text *Text
	call *syntax.CallExpr
}

// Split splits a text into calls. A text that is not POSIX sh has none, and must run
// as a whole.
func Split(source string) *Text {
	t := &Text{source: source, values: map[string][]*syntax.Word{}, arms: map[*syntax.ParamExp][]string{}}
	if strings.ContainsAny(source, Any+Classes+"\r") {
		t.keep("leave them out", "it holds control characters")
		return t
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(source), "")
	if err != nil {
		t.keep(portable, "it is not POSIX sh")
		return t
	}
	s := &splitter{Text: t, functions: map[string]bool{}}
	syntax.Walk(file, s.declared)
	syntax.Walk(file, s.visit)
	syntax.Walk(file, s.narrow)
	slices.SortFunc(t.calls, func(a, b *syntax.CallExpr) int { return int(offset(a)) - int(offset(b)) })
	return t
}

func offset(c *syntax.CallExpr) uint { return c.Args[0].Pos().Offset() }

// Whole says why the text must run as a whole; "" if each of its calls can become root
// by itself.
func (t *Text) Whole() string { return t.whole }

// Rather says how to write the text so that it can be split; "" if it can.
func (t *Text) Rather() string { return t.rather }

// Calls returns the calls, in the order of the text.
func (t *Text) Calls() []Call {
	calls := make([]Call, len(t.calls))
	for i, c := range t.calls {
		calls[i] = Call{t, c}
	}
	return calls
}

// Prefixed returns the text with a command in front of each call, and otherwise
// unchanged. Whole must be "".
func (t *Text) Prefixed(command string) string {
	var b strings.Builder
	last := uint(0)
	for _, c := range t.calls {
		b.WriteString(t.source[last:offset(c)])
		b.WriteString(command + " ")
		last = offset(c)
	}
	b.WriteString(t.source[last:])
	return b.String()
}

// Words returns the call's words if all are literal; false if a variable or another
// command is part of one.
func (c Call) Words() ([]string, bool) {
	words := make([]string, len(c.call.Args))
	for i, w := range c.call.Args {
		text, ok := literal(w)
		if !ok {
			return nil, false
		}
		words[i] = text
	}
	return words, true
}

// Forms returns the possible forms of the call, word by word: one for each value that
// the text assigns to a variable, with Any for unknown text. A variable has the same
// value in all words of a form. In an arm of a case over it, a variable has the forms of
// the arm's patterns: en[0-9]* is "en" with one Digit or two, and names that are longer
// have no form.
func (c Call) Forms() [][]string {
	e := &expander{text: c.text, known: map[string][]string{}, chosen: map[string]string{}}
	forms, ok := e.choose(c.call.Args, e.varying(c.call.Args))
	if !ok {
		e.chosen, e.known = map[string]string{}, map[string][]string{}
		forms = e.crossed(c.call.Args)
	}
	return forms
}

// varying returns the variables that words are made of, each behind those that it is made
// of itself.
func (e *expander) varying(words []*syntax.Word) []*syntax.ParamExp {
	var list []*syntax.ParamExp
	seen := map[string]bool{}
	var visit func(n syntax.Node) bool
	visit = func(n syntax.Node) bool {
		p, ok := n.(*syntax.ParamExp)
		if name := ""; ok {
			if name = plain(p); name == "" || seen[name] {
				return true
			}
			seen[name] = true
			if _, narrow := e.text.arms[p]; !narrow {
				for _, w := range e.text.values[name] {
					syntax.Walk(w, visit)
				}
			}
			list = append(list, p)
		}
		_, inner := n.(*syntax.CmdSubst)
		return !inner
	}
	for _, w := range words {
		syntax.Walk(w, visit)
	}
	return list
}

// choose returns the forms of words for each choice of values; false if there are too
// many.
func (e *expander) choose(words []*syntax.Word, open []*syntax.ParamExp) (forms [][]string, ok bool) {
	if len(open) == 0 {
		forms = e.crossed(words)
		return forms, len(forms) <= maxForms
	}
	for _, v := range e.expansion(open[0]) {
		e.chosen[plain(open[0])] = v
		e.known = map[string][]string{} // what is made of it has another value now
		more, ok := e.choose(words, open[1:])
		if forms = append(forms, more...); !ok || len(forms) > maxForms {
			return nil, false
		}
	}
	delete(e.chosen, plain(open[0]))
	e.known = map[string][]string{}
	return forms, true
}

// crossed returns the forms of words in which each word has its values for itself.
func (e *expander) crossed(words []*syntax.Word) [][]string {
	forms := [][]string{nil}
	for _, w := range words {
		values := e.word(w)
		if len(values)*len(forms) > maxForms {
			values = []string{Any}
		}
		var longer [][]string
		for _, form := range forms {
			for _, v := range values {
				longer = append(longer, append(slices.Clone(form), v))
			}
		}
		forms = longer
	}
	return forms
}

// expander finds the possible values of words.
type expander struct {
	text *Text
	// known holds the values of variables; Any during the search for one, so that a
	// variable made of itself ends the recursion.
	known map[string][]string
	// chosen holds the value of a variable that has several.
	chosen map[string]string
}

// word returns the values that a word can have.
func (e *expander) word(w *syntax.Word) []string {
	values := []string{""}
	for _, p := range w.Parts {
		values = product(values, e.part(p))
	}
	return values
}

// part returns the values that a part of a word can have.
func (e *expander) part(p syntax.WordPart) []string {
	if text, ok := literal(&syntax.Word{Parts: []syntax.WordPart{p}}); ok {
		return []string{text}
	}
	switch p := p.(type) {
	case *syntax.DblQuoted:
		values := []string{""}
		for _, inner := range p.Parts {
			if lit, ok := inner.(*syntax.Lit); ok {
				values = product(values, []string{unescape(lit.Value, inQuotes)})
				continue
			}
			values = product(values, e.part(inner))
		}
		return values
	case *syntax.ParamExp:
		return e.expansion(p)
	}
	return []string{Any}
}

// expansion returns the values of a variable where it stands.
func (e *expander) expansion(p *syntax.ParamExp) []string {
	name := plain(p)
	if name == "" {
		return []string{Any}
	}
	if v, ok := e.chosen[name]; ok {
		return []string{v}
	}
	forms, narrow := e.text.arms[p]
	if !narrow {
		return e.variable(name)
	}
	if slices.ContainsFunc(forms, splits) {
		return []string{Any}
	}
	return forms
}

// variable returns the values that the text assigns to a variable.
func (e *expander) variable(name string) []string {
	if values, known := e.known[name]; known {
		return values
	}
	e.known[name] = []string{Any}
	words := e.text.values[name]
	if len(words) == 0 || len(words) > maxForms {
		return e.known[name]
	}
	var values []string
	for _, w := range words {
		for _, v := range e.word(w) {
			if splits(v) {
				v = Any
			}
			values = append(values, v)
		}
	}
	if len(values) <= maxForms {
		slices.Sort(values)
		e.known[name] = slices.Compact(values)
	}
	return e.known[name]
}

// splits reports whether a value without quotes may become several words.
func splits(value string) bool { return strings.ContainsAny(value, " \t\n*?[") }

// product joins each beginning with each end.
func product(begin, end []string) []string {
	if len(begin)*len(end) > maxForms {
		end = []string{Any}
	}
	var all []string
	for _, b := range begin {
		for _, e := range end {
			all = append(all, strings.ReplaceAll(b+e, Any+Any, Any))
		}
	}
	return all
}

// plain returns the name in $name or ${name}, "" for any other expansion and
// for parameters that no assignment can set.
func plain(p *syntax.ParamExp) string {
	switch {
	case p.Param == nil || !variable.MatchString(p.Param.Value),
		p.Excl || p.Length || p.Width || p.IsSet || p.Index != nil || p.NestedParam != nil || p.Flags != nil,
		p.Slice != nil || p.Repl != nil || p.Names != 0 || p.Exp != nil || len(p.Modifiers) > 0:
		return ""
	}
	return p.Param.Value
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// literal returns the value of a word without expansions.
func literal(w *syntax.Word) (string, bool) {
	var b strings.Builder
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value, ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return "", false
				}
				b.WriteString(unescape(lit.Value, inQuotes))
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// inQuotes holds the characters that a backslash escapes in double quotes.
const inQuotes = "$`\"\\\n"

// unescape removes the backslashes before characters of special, or before all if
// special is empty, and joins continued lines.
func unescape(text, special string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) && (special == "" || strings.IndexByte(special, text[i+1]) >= 0) {
			if i++; text[i] == '\n' {
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// keep records the first reason to run as a whole, and how to avoid it.
func (t *Text) keep(rather, format string, args ...any) {
	if t.whole == "" {
		t.whole, t.rather = fmt.Sprintf(format, args...), rather
	}
}
