package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Function is one function or method.
type Function struct {
	Name       string
	Lines      int // from its first line to its last
	Parameters int // the receiver is none
}

func (p *Package) functions() []Function {
	var list []Function
	p.declarations(func(d ast.Decl) {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			return
		}
		name := f.Name.Name
		if f.Recv != nil {
			name = receiver(f) + "." + name
		}
		list = append(list, Function{
			Name: p.Path + "." + name, Lines: p.line(f.End()) - p.line(f.Pos()) + 1, Parameters: f.Type.Params.NumFields(),
		})
	})
	return list
}

func (p *Package) line(pos token.Pos) int { return p.fset.Position(pos).Line }

func (p *Package) declarations(see func(ast.Decl)) {
	for _, f := range p.Files {
		for _, d := range f.syntax.Decls {
			see(d)
		}
	}
}

// receiver is the name of the type that a method belongs to.
func receiver(f *ast.FuncDecl) string {
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// Struct is a type with its fields, those of embedded mutable structs of the package
// included: an embedded struct of plain data counts as one field.
type Struct struct {
	Name   string
	Fields int
}

// largestStruct returns the struct with the most fields among those that a method of
// their own assigns to: all others are plain data, written once where they are made.
func (p *Package) largestStruct() Struct {
	var largest Struct
	assigned := p.assigned()
	for name := range assigned {
		object, ok := p.types.Scope().Lookup(name).(*types.TypeName)
		if !ok {
			continue
		}
		s, ok := object.Type().Underlying().(*types.Struct)
		if !ok {
			continue
		}
		if n := p.fields(s, assigned); n > largest.Fields || n == largest.Fields && name < largest.Name {
			largest = Struct{Name: name, Fields: n}
		}
	}
	return largest
}

func (p *Package) fields(s *types.Struct, assigned map[string]map[string]bool) int {
	n := 0
	for f := range s.Fields() {
		inner, ok := f.Type().Underlying().(*types.Struct)
		if f.Embedded() && ok && assigned[f.Name()] != nil {
			n += p.fields(inner, assigned)
			continue
		}
		n++
	}
	return n
}

// assigned returns the fields that methods assign through their receiver, by type.
func (p *Package) assigned() map[string]map[string]bool {
	found := map[string]map[string]bool{}
	note := func(name, self string, e ast.Expr) {
		selected, ok := e.(*ast.SelectorExpr)
		if !ok {
			return
		}
		if id, ok := selected.X.(*ast.Ident); ok && id.Name == self && self != "" {
			if found[name] == nil {
				found[name] = map[string]bool{}
			}
			found[name][selected.Sel.Name] = true
		}
	}
	p.declarations(func(d ast.Decl) {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Body == nil || len(f.Recv.List[0].Names) == 0 {
			return
		}
		if _, pointer := f.Recv.List[0].Type.(*ast.StarExpr); !pointer {
			return
		}
		self := f.Recv.List[0].Names[0].Name
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					note(receiver(f), self, left)
				}
			case *ast.IncDecStmt:
				note(receiver(f), self, n.X)
			}
			return true
		})
	})
	return found
}

// documented counts the exported names of a package that carry a doc comment, and all.
// A group's comment counts for its members.
func (p *Package) documented() (documented, exported int) {
	count := func(name *ast.Ident, docs ...*ast.CommentGroup) {
		if !name.IsExported() {
			return
		}
		exported++
		if slices.ContainsFunc(docs, func(c *ast.CommentGroup) bool { return c != nil }) {
			documented++
		}
	}
	p.declarations(func(d ast.Decl) {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || ast.IsExported(receiver(d)) {
				count(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					count(s.Name, s.Doc, d.Doc)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						count(name, s.Doc, s.Comment, d.Doc)
					}
				}
			}
		}
	})
	return documented, exported
}

// sizes are numbers of which quantiles are wanted.
type sizes []int

// quantile returns the number that percent of all numbers do not exceed; 0 of none.
func (s sizes) quantile(percent int) int {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// fileOf is the name of the file in which an object is declared.
func (p *Package) fileOf(o types.Object) string {
	name := p.fset.Position(o.Pos()).Filename
	return name[strings.LastIndexAny(name, `/\`)+1:]
}
