package conditions

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"aixmend/transport/shell"

	"cel.dev/cel-go/cel"
)

// Interpolation matches an expression in text, {{ EXPRESSION }}; its first group is the
// expression.
var Interpolation = regexp.MustCompile(`\{\{(.*?)\}\}`)

// Template is text with interpolations. A nil Template is not usable.
type Template struct {
	// Parts are its expressions, in their order.
	Parts []*Expression

	literals []string // one more than parts
}

// NewTemplate compiles text.
func NewTemplate(env *cel.Env, text string) (*Template, error) {
	t := &Template{}
	rest := 0
	for _, m := range Interpolation.FindAllStringSubmatchIndex(text, -1) {
		part, err := New(env, strings.TrimSpace(text[m[2]:m[3]]),
			cel.StringType, cel.IntType, cel.BoolType, cel.ListType(cel.StringType))
		if err != nil {
			return nil, err
		}
		t.literals = append(t.literals, text[rest:m[0]])
		t.Parts = append(t.Parts, part)
		rest = m[1]
	}
	t.literals = append(t.literals, text[rest:])
	for _, literal := range t.literals {
		if strings.Contains(literal, "{{") {
			return nil, errors.New("{{ without }} on the same line")
		}
	}
	return t, nil
}

// render joins the literals with the text that word makes of each value.
func (t *Template) render(values map[string]any, word func([]string) (string, error)) (string, error) {
	var b strings.Builder
	for i, part := range t.Parts {
		b.WriteString(t.literals[i])
		words, err := part.Words(values)
		if err != nil {
			return "", err
		}
		text, err := word(words)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	b.WriteString(t.literals[len(t.literals)-1])
	return b.String(), nil
}

// maxListed is the number of list items that are printed. In a fleet of clones each
// host would otherwise name all the others.
const maxListed = 100

// Prose renders for people: list items are joined with commas.
func (t *Template) Prose(values map[string]any) (string, error) {
	return t.render(values, func(words []string) (string, error) {
		if more := len(words) - maxListed; more > 0 {
			return fmt.Sprintf("%s and %d more", strings.Join(words[:maxListed], ", "), more), nil
		}
		return strings.Join(words, ", "), nil
	})
}

// Text is Prose with the error in the text, "(not known: ...)", where a value is missing.
func (t *Template) Text(values map[string]any) string {
	text, err := t.Prose(values)
	if err != nil {
		return "(not known: " + err.Error() + ")"
	}
	return text
}

// safeWord matches the values that may become part of a command: addresses, interface
// names, node ids, levels, paths. Anything else is refused, even though it is quoted.
var safeWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@+-]{0,256}$`)

// Command renders for the shell: each value is validated, then quoted; a list becomes
// several words.
func (t *Template) Command(values map[string]any) (string, error) {
	return t.render(values, func(words []string) (string, error) {
		quoted := make([]string, len(words))
		for i, w := range words {
			if !safeWord.MatchString(w) {
				return "", fmt.Errorf("the value %.80q may not become part of a command", w)
			}
			quoted[i] = w
			if i == 0 && w != "" { // no other safe word needs quotes; empty stays empty: attr=
				quoted[i] = shell.First(w)
			}
		}
		return strings.Join(quoted, " "), nil
	})
}
