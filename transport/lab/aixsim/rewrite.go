package aixsim

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// program is a parsed script, rewritten so that background statements become
// processes of the host: the interpreter keeps them to itself, gives them no
// number and can't kill them.
//
//	X &   becomes   { spawn N; bang=$(lastpid N); }      with X kept as jobs[N]
//	$!    becomes   $bang, and $0 $zero
//
// The parser takes export and readonly for simple commands where it reads
// POSIX, and the interpreter knows them as declarations only: they become that.
type program struct {
	file  *syntax.File
	jobs  []*syntax.Stmt
	funcs []*syntax.Stmt
}

// Names of the commands that the rewriting calls; scripts can't write them.
const (
	cmdSpawn   = "__aixsim_spawn"
	cmdLastPID = "__aixsim_lastpid"
	varBang    = "__aixsim_bang"
	varZero    = "__aixsim_zero"
)

func internalCommand(name string) bool { return strings.HasPrefix(name, "__aixsim_") }

func newParser() *syntax.Parser { return syntax.NewParser(syntax.Variant(syntax.LangPOSIX)) }

// parse reads a whole script.
func parse(text string) (*program, error) {
	file, err := newParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	p := &program{file: file}
	p.rewrite(file)
	return p, nil
}

// add rewrites one more statement of a script that is read piece by piece.
func (p *program) add(st *syntax.Stmt) { p.rewrite(st) }

func (p *program) rewrite(node syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			if _, ok := n.Cmd.(*syntax.FuncDecl); ok {
				p.funcs = append(p.funcs, n)
			}
			if n.Background {
				p.background(n)
			}
			if c, ok := n.Cmd.(*syntax.CallExpr); ok {
				n.Cmd = declaration(c)
			}
		case *syntax.ParamExp:
			if n.Param != nil && n.Param.Value == "!" {
				n.Param.Value = varBang
			} else if n.Param != nil && n.Param.Value == "0" {
				n.Param.Value = varZero
			}
		}
		return true
	})
}

// background moves a statement into jobs and leaves a call in its place.
func (p *program) background(st *syntax.Stmt) {
	job := *st
	job.Background = false
	p.jobs = append(p.jobs, &job)
	p.rewrite(&job)
	n := strconv.Itoa(len(p.jobs) - 1)
	st.Background, st.Negated, st.Redirs = false, false, nil
	subst := &syntax.CmdSubst{Stmts: []*syntax.Stmt{call(cmdLastPID, n)}}
	assign := &syntax.Assign{Name: &syntax.Lit{Value: varBang}, Value: &syntax.Word{Parts: []syntax.WordPart{subst}}}
	spawn := call(cmdSpawn, n)
	params := &syntax.DblQuoted{Parts: []syntax.WordPart{&syntax.ParamExp{Short: true, Param: &syntax.Lit{Value: "@"}}}}
	spawn.Cmd.(*syntax.CallExpr).Args = append(spawn.Cmd.(*syntax.CallExpr).Args, &syntax.Word{Parts: []syntax.WordPart{params}})
	st.Cmd = &syntax.Block{Stmts: []*syntax.Stmt{spawn, {Cmd: &syntax.CallExpr{Assigns: []*syntax.Assign{assign}}}}}
}

// declaration turns export and readonly into the interpreter's declarations.
func declaration(c *syntax.CallExpr) syntax.Command {
	if len(c.Args) == 0 || len(c.Assigns) > 0 || c.Args[0].Lit() != "export" && c.Args[0].Lit() != "readonly" {
		return c
	}
	d := &syntax.DeclClause{Variant: c.Args[0].Parts[0].(*syntax.Lit)}
	for _, w := range c.Args[1:] {
		as := &syntax.Assign{Naked: true, Value: w}
		if lit, ok := w.Parts[0].(*syntax.Lit); ok {
			name, value, assigned := strings.Cut(lit.Value, "=")
			switch {
			case assigned && syntax.ValidName(name):
				parts := append([]syntax.WordPart{&syntax.Lit{Value: value}}, w.Parts[1:]...)
				as = &syntax.Assign{Name: &syntax.Lit{Value: name}, Value: &syntax.Word{Parts: parts}}
			case len(w.Parts) == 1 && syntax.ValidName(name):
				as = &syntax.Assign{Naked: true, Name: lit}
			}
		}
		d.Args = append(d.Args, as)
	}
	return d
}

// call is the statement of a simple command.
func call(words ...string) *syntax.Stmt {
	c := &syntax.CallExpr{}
	for _, w := range words {
		c.Args = append(c.Args, &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: w}}})
	}
	return &syntax.Stmt{Cmd: c}
}

// holdsOutput reports whether a background statement keeps the session's
// standard output or error open.
func holdsOutput(st *syntax.Stmt) bool {
	out, errOut := true, true
	for _, r := range st.Redirs {
		toErr := r.N != nil && r.N.Value == "2"
		held := false
		switch r.Op {
		case syntax.DplOut:
			held = r.Word.Lit() == "1" && out || r.Word.Lit() == "2" && errOut
		case syntax.RdrIn, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			continue
		}
		if toErr {
			errOut = held
		} else {
			out = held
		}
	}
	return out || errOut
}

// oneByte hands out a byte at a time, so that a parser does not swallow input that
// follows the statement it reads: the commands of a script that comes on
// standard input can eat the rest of it, as under ksh.
type oneByte struct{ r io.ByteReader }

func (o oneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := o.r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// syntaxError is the shell's word on a script that it can't read.
func syntaxError(shell string, err error) string {
	return fmt.Sprintf("%s: 0403-057 Syntax error: %v\n", shell, err)
}
