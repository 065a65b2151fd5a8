package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// narrow notes which values a variable has in the arms of a case over it. An arm that
// gives it a new value says nothing about it.
func (s *splitter) narrow(n syntax.Node) bool {
	c, ok := n.(*syntax.CaseClause)
	if !ok || len(c.Word.Parts) != 1 {
		return true
	}
	part := c.Word.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	over, ok := part.(*syntax.ParamExp)
	if !ok || plain(over) == "" {
		return true
	}
	name := plain(over)
	for _, item := range c.Items {
		forms, known := armForms(item.Patterns)
		if !known || s.sets(item, name) {
			continue
		}
		for _, stmt := range item.Stmts {
			syntax.Walk(stmt, func(n syntax.Node) bool {
				if p, ok := n.(*syntax.ParamExp); ok && plain(p) == name {
					s.arms[p] = forms
				}
				return true
			})
		}
	}
	return true
}

// sets reports whether an arm may give a variable a new value, if only in a function
// that it calls.
func (s *splitter) sets(item *syntax.CaseItem, name string) bool {
	if len(s.functions) > 0 || len(s.values[name]) == 0 {
		return true // a value from elsewhere (read, arithmetic): nothing says where
	}
	found := false
	syntax.Walk(item, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			found = found || n.Name != nil && n.Name.Value == name
		case *syntax.WordIter:
			found = found || n.Name.Value == name
		}
		return !found
	})
	return found
}

// oneDigit is the only class of characters in a pattern that has a form.
const oneDigit = "[0-9]"

// armForms returns the forms of the patterns of an arm; false if one of them may be
// anything. A * at the end of a pattern, after a digit, is one more digit or none.
func armForms(patterns []*syntax.Word) (forms []string, known bool) {
	for _, p := range patterns {
		if text, ok := literal(p); ok && quotedWhole(p) {
			forms = append(forms, text)
			continue
		}
		text := p.Lit()
		if text == "" && len(p.Parts) > 0 || strings.Contains(text, `\`) {
			return nil, false
		}
		text, more := strings.CutSuffix(text, oneDigit+"*")
		if more {
			text += oneDigit
		}
		text = strings.ReplaceAll(text, oneDigit, Digit)
		if strings.ContainsAny(text, "*?[]") {
			return nil, false
		}
		if forms = append(forms, text); more {
			forms = append(forms, text+Digit)
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms), true
}

// quotedWhole reports whether no character of a word can be part of a pattern.
func quotedWhole(w *syntax.Word) bool {
	return !slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		lit, ok := p.(*syntax.Lit)
		return ok && globs(lit.Value)
	})
}
