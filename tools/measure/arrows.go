package main

import (
	"cmp"
	"go/ast"
	"go/types"
	"maps"
	"slices"
)

// Arrow leads from a file to another one of its package that declares something the
// first one uses: a function, a type, a method, a variable or a constant.
type Arrow struct{ From, To string }

// arrows returns the arrows of a package and the names each stands for.
func (p *Package) arrows() map[Arrow][]string {
	found := map[Arrow][]string{}
	for _, f := range p.Files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			o := p.info.Uses[id]
			if o == nil || o.Pkg() != p.types || !p.declaredInPackage(o) {
				return true
			}
			if a := (Arrow{From: f.Name, To: p.fileOf(o)}); a.From != a.To && !slices.Contains(found[a], id.Name) {
				found[a] = append(found[a], id.Name)
			}
			return true
		})
	}
	return found
}

// declaredInPackage reports whether an object is a package-level name or a method.
func (p *Package) declaredInPackage(o types.Object) bool {
	if o.Parent() == p.types.Scope() {
		return true
	}
	f, ok := o.(*types.Func)
	return ok && f.Signature().Recv() != nil
}

// backUp returns the arrows that run back up once the files stand in the order with
// the fewest such arrows that a greedy search finds (Eades, Lin and Smyth, 1993): from
// each circle at least one.
func (p *Package) backUp() []Arrow {
	arrows := slices.SortedFunc(maps.Keys(p.arrows()), compareArrows)
	floor := map[string]int{}
	for i, file := range order(arrows) {
		floor[file] = i
	}
	return slices.DeleteFunc(arrows, func(a Arrow) bool { return floor[a.From] < floor[a.To] })
}

func compareArrows(a, b Arrow) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}

// order sorts files so that most arrows lead from an earlier one to a later one.
func order(arrows []Arrow) []string {
	left := map[string]bool{}
	for _, a := range arrows {
		left[a.From], left[a.To] = true, true
	}
	var first, last []string
	for len(left) > 0 {
		file, end := next(left, arrows)
		delete(left, file)
		if end {
			last = append(last, file)
		} else {
			first = append(first, file)
		}
	}
	slices.Reverse(last)
	return append(first, last...)
}

// next chooses the file that is placed next, and reports whether its place is at the
// end: a file that uses no other one that is left, else the one that uses the most
// more than it is used by.
func next(left map[string]bool, arrows []Arrow) (file string, end bool) {
	out, in := map[string]int{}, map[string]int{}
	for _, a := range arrows {
		if left[a.From] && left[a.To] {
			out[a.From]++
			in[a.To]++
		}
	}
	files := slices.Sorted(maps.Keys(left))
	for _, f := range files {
		if out[f] == 0 {
			return f, true
		}
	}
	return slices.MaxFunc(files, func(a, b string) int {
		return cmp.Or(cmp.Compare(out[a]-in[a], out[b]-in[b]), cmp.Compare(b, a))
	}), false
}
