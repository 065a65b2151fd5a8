// Command measure prints code metrics: the sizes of packages, types and functions,
// references between files that run against the reading order, the wording of comments,
// and the form of commits. `make measure` runs it; its test holds the budgets.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := measure(root); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// measure prints the figures of the module at root, a package a line and then the
// totals.
func measure(root string) error {
	packages, err := load(root)
	if err != nil {
		return err
	}
	if len(packages) == 0 {
		return errors.New("no package found")
	}
	out := os.Stdout
	fmt.Fprintf(out, "%-34s %6s %5s %7s %13s  %s\n", "package", "code", "files", "arrows", "back up", "largest mutable struct")
	for _, p := range packages {
		largest := p.largestStruct()
		fmt.Fprintf(out, "%-34s %6d %5d %7d %13d  %s %d\n", p.Path, p.CodeLines(), len(p.Files), len(p.arrows()), len(p.backUp()), largest.Name, largest.Fields)
	}
	t := total(packages)
	commits, err := history(root)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, `
code lines a package        %d on average, %d at most
files a package             %d on average
function lines              %d median, %d p99, %d at most
parameters                  %d at most
exported names documented   %d of %d
comment lines with "what"   %d of %d
tells / reports whether     %d / %d
commits with a body         %d of %d; subjects over %d characters: %d
`,
		t.code/len(packages), t.largest, t.files/len(packages),
		t.lines.quantile(50), t.lines.quantile(99), t.lines.quantile(100), t.parameters.quantile(100),
		t.documented, t.exported, t.words.What, t.words.Lines, t.words.Tells, t.words.Reports,
		commits.Bodies, commits.All, subjectLimit, commits.Long)
	if len(commits.LongSubjects) > 0 {
		fmt.Fprintln(out, "  "+strings.Join(commits.LongSubjects, "\n  "))
	}
	return nil
}

// totals are sums over packages.
type totals struct {
	code, largest, files int
	lines, parameters    sizes
	documented, exported int
	words                Words
}

func total(packages []*Package) totals {
	var t totals
	for _, p := range packages {
		t.code += p.CodeLines()
		t.largest = max(t.largest, p.CodeLines())
		t.files += len(p.Files)
		for _, f := range p.functions() {
			t.lines = append(t.lines, f.Lines)
			t.parameters = append(t.parameters, f.Parameters)
		}
		documented, exported := p.documented()
		t.documented, t.exported = t.documented+documented, t.exported+exported
		t.words = t.words.plus(p.words())
	}
	return t
}
