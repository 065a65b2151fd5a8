package main

import (
	"fmt"
	"testing"
)

// Budgets of the house. What exceeds one has its reason in an exception, or is split.
const (
	maxCodeLines  = 3000 // a package
	averageCode   = 1200
	averageFiles  = 12
	maxBackUp     = 9  // arrows between files of a package that run back up
	maxFields     = 15 // of a struct that its methods change
	maxLines      = 73 // of a function
	maxLinesP99   = 45
	maxMedian     = 10
	maxParameters = 5
	maxWhat       = 49 // comment lines with "what"
)

// exceptions name a package or one of its functions or structs, the budget it may
// exceed, and why.
var exceptions = map[string]map[string]string{
	"code lines": {
		"transport/lab/aixsim": "the simulator: one handler for each command of AIX",
		"playbooks/facts":      "the catalogue of facts: one parser for each command of AIX",
	},
	"arrows back up": {
		"transport/lab/aixsim": "handlers read and write one simulated machine",
		"playbooks/facts":      "types, parsers and derivations of one catalogue name each other",
	},
	"fields": {
		"transport/lab/aixsim.State": "a whole simulated machine, compared as one value by tests",
	},
}

func TestBudgets(t *testing.T) {
	packages, err := load("../..")
	if err != nil {
		t.Fatal(err)
	}
	within := func(budget, name string, figure, limit int, detail any) {
		t.Helper()
		_, excepted := exceptions[budget][name]
		switch over := figure > limit; {
		case over && !excepted:
			t.Errorf("%s: %s %d, the budget is %d: %v", name, budget, figure, limit, detail)
		case !over && excepted:
			t.Errorf("%s is within the budget of %s now: take its exception away", name, budget)
		}
	}
	for _, p := range packages {
		within("code lines", p.Path, p.CodeLines(), maxCodeLines, "split the package")
		within("arrows back up", p.Path, len(p.backUp()), maxBackUp, p.backUp())
		largest := p.largestStruct()
		within("fields", p.Path+"."+largest.Name, largest.Fields, maxFields, "split the struct")
		for _, f := range p.functions() {
			within("lines", f.Name, f.Lines, maxLines, "split the function")
			within("parameters", f.Name, f.Parameters, maxParameters, "pass a struct")
		}
		if documented, exported := p.documented(); documented < exported {
			t.Errorf("%s: %d of %d exported names have a doc comment", p.Path, documented, exported)
		}
	}
	all := total(packages)
	for _, b := range []struct {
		budget        string
		figure, limit int
	}{
		{"code lines a package, on average", all.code / len(packages), averageCode},
		{"files a package, on average", all.files / len(packages), averageFiles},
		{"lines of a function, median", all.lines.quantile(50), maxMedian},
		{"lines of a function, p99", all.lines.quantile(99), maxLinesP99},
		{`comment lines with "what"`, all.words.What, maxWhat},
		{`doc comments with "tells whether"`, all.words.Tells, 0},
	} {
		within(b.budget, "all packages", b.figure, b.limit, fmt.Sprintf("make measure prints the figures of %d packages", len(packages)))
	}
}
