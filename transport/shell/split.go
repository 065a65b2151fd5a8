package shell

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// ownPrefix begins the names of the shell functions that the transport defines
// around a text.
const ownPrefix = "aixmend_"

// builtins lists the shell's own commands that need no rights. A text with any other
// command that is no absolute path must run as a whole: `kill`, `cd` and `umask` mean
// something else outside the root shell they were written for, and a bare name would
// be looked up in the login's PATH.
var builtins = []string{
	":", "[", "test", "true", "false", "echo", "print", "printf", "exit", "return", "break", "continue",
	"read", "shift", "unset", "wait", "pwd", "times", "set",
}

// exported lists the variables that the transport sets for every command. A new value
// in the text would not reach its calls.
var exported = []string{"PATH", "LC_ALL", "LANG", "ODMDIR"}

// splitter walks through a parsed text.
type splitter struct {
	*Text
	functions map[string]bool
}

// declared collects the functions of the text.
func (s *splitter) declared(n syntax.Node) bool {
	if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
		s.functions[f.Name.Value] = true
		if strings.HasPrefix(f.Name.Value, ownPrefix) {
			s.keep("give the function another name", "it defines the function %s", f.Name.Value)
		}
	}
	return true
}

// visit collects the calls and the values of variables, and finds text that can't be
// split.
func (s *splitter) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Stmt:
		if n.Background || n.Coprocess || n.Disown {
			s.keep("run it in the foreground", "it runs something in the background")
		}
		s.command(n.Cmd)
	case *syntax.Redirect:
		s.redirect(n)
	case *syntax.CmdSubst:
		if n.Backquotes {
			s.keep("write $(...) instead", "it holds backquotes")
		}
	case *syntax.ForClause:
		s.loop(n)
	case *syntax.ParamExp:
		if n.Param != nil && n.Exp != nil && (n.Exp.Op == syntax.AssignUnset || n.Exp.Op == syntax.AssignUnsetOrNull) {
			s.foreign(n.Param.Value)
		}
	case *syntax.CallExpr:
		s.call(n)
	case *syntax.ArithmExp, *syntax.ProcSubst, *syntax.ExtGlob:
		s.arithmetic(n)
	}
	return true
}

// arithmetic notes the variables that arithmetic may set.
func (s *splitter) arithmetic(n syntax.Node) {
	if _, ok := n.(*syntax.ArithmExp); !ok {
		s.keep(portable, "it is not POSIX sh")
		return
	}
	syntax.Walk(n, func(n syntax.Node) bool {
		if lit, ok := n.(*syntax.Lit); ok && variable.MatchString(lit.Value) {
			s.foreign(lit.Value)
		}
		return true
	})
}

// command checks the kind of a command; nil is a lone redirection.
func (s *splitter) command(c syntax.Command) {
	switch c.(type) {
	case nil, *syntax.CallExpr, *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause,
		*syntax.CaseClause, *syntax.Block, *syntax.Subshell, *syntax.BinaryCmd, *syntax.FuncDecl:
	default:
		s.keep(portable, "it is not POSIX sh")
	}
}

var descriptor = regexp.MustCompile(`^([0-2]|-)$`)

// redirect finds redirections that the login's shell could not do as root.
func (s *splitter) redirect(r *syntax.Redirect) {
	to, known := literal(r.Word)
	if r.N != nil && !descriptor.MatchString(r.N.Value) {
		s.keep("use the descriptors 0, 1 and 2 only", "it uses file descriptor %s", r.N.Value)
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
	case syntax.DplIn, syntax.DplOut:
		if !known || !descriptor.MatchString(to) {
			s.keep("use the descriptors 0, 1 and 2 only", "it copies a file descriptor of its own")
		}
	case syntax.RdrIn:
		if !known || to != "/dev/null" {
			s.keep("name the file as an argument of the command", "it reads a file by redirection")
		}
	default:
		if !known || to != "/dev/null" {
			s.keep("let a command write the file, as cp does; only /dev/null can be redirected to", "it writes a file by redirection")
		}
	}
}

// loop notes the values of a loop's variable.
func (s *splitter) loop(f *syntax.ForClause) {
	iter, ok := f.Loop.(*syntax.WordIter)
	if !ok {
		s.keep(portable, "it is not POSIX sh")
		return
	}
	for _, item := range iter.Items {
		s.word(item)
		s.gives(iter.Name.Value, item)
	}
	if len(iter.Items) == 0 {
		s.foreign(iter.Name.Value)
	}
}

// gives notes a value of a variable.
func (s *splitter) gives(name string, value *syntax.Word) {
	if values, known := s.values[name]; !known || values != nil {
		s.values[name] = append(values, value)
	}
}

// foreign notes that a variable's values are not all in the text.
func (s *splitter) foreign(name string) { s.values[name] = nil }

// call classifies a simple command: a builtin, a call, or a reason to run as a
// whole.
func (s *splitter) call(c *syntax.CallExpr) {
	for _, a := range c.Assigns {
		s.assign(a, len(c.Args) == 0)
	}
	if len(c.Args) == 0 {
		return
	}
	for _, w := range c.Args[1:] {
		s.word(w)
	}
	first, known := literal(c.Args[0])
	switch {
	case known && (s.functions[first] || slices.Contains(builtins, first)):
		s.builtin(first, c)
		return
	case known && !strings.HasPrefix(first, "/"):
		s.keep("write the absolute path of the command; kill, cd, umask and the like always need a root shell", "%.40q is no absolute path", first)
	case !known && !named(c.Args[0]):
		s.keep("write the path of the command, or keep it in a variable with a name", "a command in it is an argument")
	case len(c.Assigns) > 0:
		s.keep("use an option of the command; LC_ALL, LANG and ODMDIR are set for every command already", "it gives a variable to one command")
	}
	s.word(c.Args[0])
	s.calls = append(s.calls, c)
}

// named reports whether a command's word, which is not literal, is made of
// variables with a name, and not of arguments or the output of a command.
func named(w *syntax.Word) bool {
	ok := true
	for _, p := range w.Parts {
		syntax.Walk(p, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.ParamExp:
				ok = ok && plain(n) != ""
			case *syntax.CmdSubst, *syntax.ArithmExp:
				ok = false
			}
			return ok
		})
	}
	return ok
}

// assign notes the value of an assignment.
func (s *splitter) assign(a *syntax.Assign, lasting bool) {
	if a.Name == nil || a.Append || a.Array != nil || a.Index != nil {
		s.keep(portable, "it is not POSIX sh")
		return
	}
	if lasting && slices.Contains(exported, a.Name.Value) {
		s.keep("leave the variable out: it is set for every command already", "it sets %s", a.Name.Value)
	}
	if a.Value == nil {
		s.gives(a.Name.Value, &syntax.Word{})
		return
	}
	s.gives(a.Name.Value, a.Value)
	s.home(a.Value)
}

// home finds ~, which expands to the login's home.
func (s *splitter) home(w *syntax.Word) {
	if lit, ok := w.Parts[0].(*syntax.Lit); ok && strings.HasPrefix(lit.Value, "~") {
		s.keep("write the path of the folder", "it names a home folder by ~")
	}
}

var plainOptions = regexp.MustCompile(`^(--|[-+][efux]+)$`)

// builtin checks the arguments of a builtin.
func (s *splitter) builtin(name string, c *syntax.CallExpr) {
	switch name {
	case "read":
		for _, w := range c.Args[1:] {
			if into, ok := literal(w); ok {
				s.foreign(into)
			} else {
				s.keep("read into a variable with a fixed name", "it reads into a variable that it computes")
			}
		}
	case "set":
		if len(c.Args) == 1 {
			return
		}
		if option, ok := literal(c.Args[1]); !ok || !plainOptions.MatchString(option) {
			s.keep("set no options but e, f, u and x", "it sets options of the shell")
		}
	}
}

// word finds expansions in which the login's shell differs from root's.
func (s *splitter) word(w *syntax.Word) {
	s.home(w)
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if globs(p.Value) && !(len(w.Parts) == 1 && (p.Value == "[" || p.Value == "]")) {
				s.keep("quote the pattern, or name the files", "it looks for files by a pattern")
			}
		case *syntax.SglQuoted, *syntax.DblQuoted, *syntax.ParamExp, *syntax.CmdSubst, *syntax.ArithmExp:
		default:
			s.keep(portable, "it is not POSIX sh")
		}
	}
}

// globs reports whether text that is not quoted holds a pattern.
func globs(text string) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}
