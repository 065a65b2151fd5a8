package program

import (
	"cel.dev/cel-go/cel"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
)

// compiler fills a program and collects the problems.
type compiler struct {
	*Program
	problems strictyaml.Problems
}

func (c *compiler) add(pos strictyaml.Pos, hint, format string, args ...any) {
	c.problems.Add(pos, hint, format, args...)
}

// top is the position of a problem of the file as a whole.
func (c *compiler) top() strictyaml.Pos { return strictyaml.Pos{File: c.File, Line: 1, Column: 1} }

// expression compiles a text that must be of one of some types; nil where it is empty.
func (c *compiler) expression(env *cel.Env, key string, text document.Text, want ...*cel.Type) *conditions.Expression {
	if text.V == "" {
		return nil
	}
	x, err := conditions.New(env, text.V, want...)
	if err != nil {
		c.add(text.Pos, "", "%s: %v", key, err)
	}
	return x
}

func (c *compiler) refuse(text document.Text, of string) {
	c.add(text.Pos, "require a second fact that is documented, seen or inferred", "%s can be decided by assumed facts alone", of)
}
