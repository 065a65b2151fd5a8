package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Commands returns, as they are written, the commands of a script that may change something:
// those with an absolute path, but not in $(...), which scripts here use to read, and not in a
// loop over nothing. A text that is not POSIX sh has none.
func Commands(source string) []string {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(source), "")
	if err != nil {
		return nil
	}
	var list []string
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			return false
		case *syntax.ForClause:
			words, loops := n.Loop.(*syntax.WordIter)
			return !loops || !words.InPos.IsValid() || len(words.Items) > 0
		case *syntax.CallExpr:
			if len(n.Args) > 0 && strings.HasPrefix(source[offset(n):], "/") {
				list = append(list, source[offset(n):n.Args[len(n.Args)-1].End().Offset()])
			}
		}
		return true
	})
	return list
}
