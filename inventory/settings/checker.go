package settings

import (
	"fmt"
	"path/filepath"
	"strings"

	"aixmend/inventory/ranges"
	"aixmend/inventory/strictyaml"
)

// A Checker checks settings. It gathers the problems, warnings and conflicts of all
// files.
type Checker struct {
	Home string // replaces ~ in paths
	// knownFindings and knownChecks return the ids that a waiver and an acceptance may
	// name; nil: any.
	KnownFindings, KnownChecks func() []string
	Problems                   strictyaml.Problems
	Warnings                   warnings
	Conflicts                  Clashes
}

// Quote prints a value in a message: text in quotes and shortened, numbers as
// they are.
func Quote(v any) string {
	if s, ok := v.(string); ok {
		v = ranges.Clip(s)
	}
	return fmt.Sprintf("%#v", v)
}

// Check is checkOr without a hint.
func Check[T any](c *Checker, name string, v *strictyaml.Value[T], is func(T) error) {
	checkOr(c, "", name, v, is)
}

// checkOr checks a value that is given. One that is wrong is reported, with the
// hint, and then treated as not given.
func checkOr[T any](c *Checker, hint, name string, v *strictyaml.Value[T], is func(T) error) {
	if !v.Set() {
		return
	}
	if err := is(v.V); err != nil {
		c.Problems.Add(v.Pos, hint, "%s %s %v", name, Quote(v.V), err)
		*v = strictyaml.Value[T]{}
	}
}

// path checks a path, expands ~ and makes it start at folder.
func (c *Checker) path(name, folder string, v *Text) {
	Check(c, name, v, checkLine)
	Check(c, name, v, func(path string) error {
		_, err := ExpandHome(path, c.Home)
		return err
	})
	if !v.Set() {
		return
	}
	v.V, _ = ExpandHome(v.V, c.Home)
	if !filepath.IsAbs(v.V) {
		v.V = filepath.Join(folder, v.V)
	}
}

// Program checks a program with arguments. One that is named by a path starts at
// folder.
func (c *Checker) Program(name, folder string, argv []Text) {
	if len(argv) == 0 {
		return
	}
	Check(c, name, &argv[0], checkLine)
	if !strings.ContainsAny(argv[0].V, `/\`) {
		return
	}
	c.path(name, folder, &argv[0])
	if argv[0].Set() && !filepath.IsAbs(argv[0].V) {
		argv[0].V = "." + string(filepath.Separator) + argv[0].V // not one of the search path
	}
}
