package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFigures(t *testing.T) {
	packages, err := load("testdata/house")
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != 1 || packages[0].Path != "a" {
		t.Fatalf("packages: %v", packages)
	}
	p := packages[0]
	lines := map[string]int{}
	for _, f := range p.Files {
		lines[f.Name] = f.CodeLines
	}
	if diff := cmp.Diff(map[string]int{"one.go": 16, "two.go": 4, "three.go": 3}, lines); diff != "" {
		t.Error("code lines", diff)
	}
	if diff := cmp.Diff(Struct{Name: "Room", Fields: 5}, p.largestStruct()); diff != "" {
		t.Error("largest struct", diff)
	}
	if diff := cmp.Diff(map[Arrow][]string{
		{From: "one.go", To: "two.go"}:   {"two", "r", "name"},
		{From: "two.go", To: "one.go"}:   {"Room"},
		{From: "two.go", To: "three.go"}: {"three"},
		{From: "three.go", To: "two.go"}: {"two"},
	}, p.arrows()); diff != "" {
		t.Error("arrows", diff)
	}
	if back := p.backUp(); len(back) != 2 { // one for each of two circles
		t.Errorf("arrows back up: %v", back)
	}
	if documented, exported := p.documented(); documented != 2 || exported != 3 {
		t.Errorf("%d of %d documented", documented, exported)
	}
	if diff := cmp.Diff(Words{Lines: 7, What: 1, Tells: 1, Reports: 1}, p.words()); diff != "" {
		t.Error("words", diff)
	}
	functions := map[string]Function{}
	for _, f := range p.functions() {
		functions[f.Name] = f
	}
	if got, want := functions["a.Room.Open"], (Function{Name: "a.Room.Open", Lines: 6, Parameters: 2}); got != want {
		t.Errorf("function: %v, want %v", got, want)
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		of            sizes
		percent, want int
	}{
		{nil, 50, 0},
		{sizes{7}, 99, 7},
		{sizes{3, 1, 2}, 50, 2},
		{sizes{3, 1, 2}, 100, 3},
		{sizes{3, 1, 2, 4}, 50, 2},
	} {
		if got := c.of.quantile(c.percent); got != c.want {
			t.Errorf("%v: %d%%: %d, want %d", c.of, c.percent, got, c.want)
		}
	}
}
