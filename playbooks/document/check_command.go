package document

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"aixmend/playbooks/conditions"
)

// Remedies for a command that is none.
const (
	writePath = "write the command with its absolute path"
	sayNone   = `where no command can undo it: undo: "none: REASON"`
)

// Words that look like keywords of a playbook; a shell would run them.
var (
	keyword  = regexp.MustCompile(`(?i)^(none|no|nil|null|nothing|n/a|na|~|-|skip|skipped|todo|tbd|noop|no-op|undo|yes|on|off|true|false|:)$`)
	likeNone = regexp.MustCompile(`(?i)^none:`)
)

// command checks the text of a command: POSIX sh that runs something.
func (c *checker) command(of, remedy string, text Text) *syntax.File {
	file := c.shell(text)
	if file == nil {
		return nil
	}
	if len(file.Stmts) == 0 {
		if strings.TrimSpace(text.V) != "" { // an empty one is reported by filled
			c.add(text.Pos, remedy, "%s holds no command", of)
		}
		return file
	}
	call, simple := file.Stmts[0].Cmd.(*syntax.CallExpr)
	if !simple || len(call.Args) == 0 {
		return file
	}
	first := call.Args[0].Lit()
	alone := len(file.Stmts) == 1 && len(call.Args) == 1 && len(file.Stmts[0].Redirs) == 0
	if likeNone.MatchString(first) || alone && keyword.MatchString(first) {
		c.add(text.Pos, remedy, "%s: %q is a word, not a command", of, text.V)
	}
	return file
}

// shell parses POSIX sh text, its interpolations replaced by a word.
func (c *checker) shell(text Text) *syntax.File {
	plain := conditions.Interpolation.ReplaceAllString(text.V, "x")
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(plain), "")
	if err != nil {
		c.add(text.Pos, "", "this is not POSIX sh: %v", err)
		return nil
	}
	return file
}
