// Command suites lists the tests that run more rounds under -suite.whole: one line a
// package, its folder and a pattern for -run.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// rounds is the package whose functions ask for -suite.whole.
const rounds = "aixmend/transport/lab/suite"

// asking are its functions whose answer -suite.whole changes.
var asking = []string{"Rounds", "Whole", "Long"}

func main() {
	if err := list(os.Stdout, "."); err != nil {
		fmt.Fprintln(os.Stderr, "suites:", err)
		os.Exit(1)
	}
}

// list writes a line for each package below root that has such a test.
func list(w io.Writer, root string) error {
	files, err := testFiles(root)
	if err != nil {
		return err
	}
	for _, dir := range slices.Sorted(maps.Keys(files)) {
		names, err := tests(files[dir])
		if err != nil {
			return err
		}
		if len(names) > 0 {
			fmt.Fprintf(w, "./%s ^(%s)$\n", filepath.ToSlash(dir), strings.Join(names, "|"))
		}
	}
	return nil
}

// testFiles returns the test files below root by folder, relative to it, without those of
// another module and of testdata.
func testFiles(root string) (map[string][]string, error) {
	files := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, none := os.Stat(filepath.Join(name, "go.mod"))
			if name != root && (none == nil || entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, "_test.go") {
			dir, err := filepath.Rel(root, filepath.Dir(name))
			if err != nil {
				return err
			}
			files[dir] = append(files[dir], name)
		}
		return nil
	})
	return files, err
}

// tests returns the tests of a package that ask for -suite.whole, themselves or through
// a function of its test files. Functions go by their names: two of one name count as one,
// so a test too many may be listed, and none too few.
func tests(files []string) ([]string, error) {
	uses, asks := map[string][]string{}, map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		local := nameOf(file)
		for _, decl := range file.Decls {
			for who, body := range declared(decl) {
				used, asked := mentions(body, local)
				uses[who] = append(uses[who], used...)
				asks[who] = asks[who] || asked
			}
		}
	}
	for grown := true; grown; {
		grown = false
		for who, used := range uses {
			if !asks[who] && slices.ContainsFunc(used, func(n string) bool { return asks[n] }) {
				asks[who], grown = true, true
			}
		}
	}
	var found []string
	for who, asked := range asks {
		if asked && strings.HasPrefix(who, "Test") && who != "TestMain" {
			found = append(found, who)
		}
	}
	slices.Sort(found)
	return found, nil
}

// nameOf returns the name that a file has for the package of rounds, "" without it.
func nameOf(file *ast.File) string {
	for _, i := range file.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && p == rounds {
			if i.Name != nil {
				return i.Name.Name
			}
			return path.Base(rounds)
		}
	}
	return ""
}

// declared returns the names of a declaration, each with its code.
func declared(decl ast.Decl) map[string]ast.Node {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return map[string]ast.Node{d.Name.Name: d}
	case *ast.GenDecl:
		named := map[string]ast.Node{}
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, n := range v.Names {
					named[n.Name] = v
				}
			}
		}
		return named
	}
	return nil
}

// mentions returns the names in a piece of code, and whether it asks for -suite.whole.
func mentions(code ast.Node, local string) (names []string, asked bool) {
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && local != "" && x.Name == local && slices.Contains(asking, n.Sel.Name) {
				asked = true
			}
		case *ast.Ident:
			names = append(names, n.Name)
		}
		return true
	})
	return names, asked
}
