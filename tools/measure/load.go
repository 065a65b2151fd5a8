package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Package is one package of the module, without its tests.
type Package struct {
	// Path is the import path below the module, such as "controller/journal".
	Path  string
	Files []*File
	fset  *token.FileSet
	types *types.Package
	info  *types.Info
}

// File is one Go file of a package. Those of other platforms are counted, and not
// type-checked.
type File struct {
	Name string
	// CodeLines are its lines that hold at least one token.
	CodeLines int
	syntax    *ast.File
}

// CodeLines is the number of lines of all files that are neither blank nor comment.
func (p *Package) CodeLines() int {
	n := 0
	for _, f := range p.Files {
		n += f.CodeLines
	}
	return n
}

// listed is one package in the output of `go list`.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles, IgnoredGoFiles []string
	DepOnly, Standard       bool
	Module                  *struct{ Main bool }
}

// load parses and type-checks the packages of the module at root. Imports are read
// from the build cache, which `go list -export` fills.
func load(root string) ([]*Package, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,IgnoredGoFiles,DepOnly,Standard,Module", "./...")
	cmd.Dir = root
	var words bytes.Buffer
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, bytes.TrimSpace(words.Bytes()))
	}
	exports := map[string]string{}
	var own []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := decoder.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		exports[l.ImportPath] = l.Export
		if l.Module != nil && l.Module.Main && len(l.GoFiles) > 0 {
			own = append(own, l)
		}
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var packages []*Package
	for _, l := range own {
		p, err := check(fset, imports, l)
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	slices.SortFunc(packages, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return packages, nil
}

func check(fset *token.FileSet, imports types.Importer, l listed) (*Package, error) {
	_, below, _ := strings.Cut(l.ImportPath, "/")
	p := &Package{Path: below, fset: fset, info: &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
	var built []*ast.File
	for _, name := range slices.Concat(l.GoFiles, l.IgnoredGoFiles) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(l.Dir, name))
		if err != nil {
			return nil, err
		}
		syntax, err := parser.ParseFile(fset, filepath.Join(l.Dir, name), text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.Files = append(p.Files, &File{Name: name, CodeLines: codeLines(text), syntax: syntax})
		if slices.Contains(l.GoFiles, name) {
			built = append(built, syntax)
		}
	}
	config := types.Config{Importer: imports}
	checked, err := config.Check(l.ImportPath, fset, built, p.info)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.ImportPath, err)
	}
	p.types = checked
	return p, nil
}

// codeLines counts the lines that hold a token.
func codeLines(text []byte) int {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok == token.SEMICOLON && literal == "\n" {
			continue
		}
		first := file.Line(pos)
		for i := range 1 + strings.Count(literal, "\n") {
			lines[first+i] = true
		}
	}
}
