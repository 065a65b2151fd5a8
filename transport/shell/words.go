package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Words returns the words of a program and its arguments, as a POSIX shell splits them;
// false where a shell would do more: expand, redirect, assign or run several programs.
func Words(line string) ([]string, bool) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
	if err != nil || len(file.Stmts) != 1 {
		return nil, false
	}
	stmt := file.Stmts[0]
	call, simple := stmt.Cmd.(*syntax.CallExpr)
	if !simple || len(call.Assigns) > 0 || len(stmt.Redirs) > 0 || stmt.Negated || stmt.Background {
		return nil, false
	}
	return Call{call: call}.Words()
}
