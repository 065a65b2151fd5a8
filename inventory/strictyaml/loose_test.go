package strictyaml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// printed is a tree on one line.
func printed(t Tree) string {
	switch t.Kind() {
	case Dict:
		var parts []string
		for key, value := range t.Entries {
			parts = append(parts, key.Text()+":"+printed(value))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case List:
		var parts []string
		for item := range t.Items {
			parts = append(parts, printed(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case Scalar:
		kind := ""
		if !t.IsText() {
			kind = "="
		}
		return t.Tag() + kind + t.Text()
	}
	if !t.Given() {
		return "-"
	}
	return "~"
}

// Each row is a document, what is read of it, and what is said.
func TestLoose(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\nb: [x, '2', true, 2026-01-01]":   "{a:=1 b:[x 2 =true =2026-01-01]}",
		"a: &x {b: c}\nd: *x\ne: [*x]":          "{a:{b:c} d:{b:c} e:[{b:c}]}",
		"a: {<<: {b: 1, c: 2}, b: 3}":           "{a:{b:=3 c:=2}}",
		"a: {<<: [{b: 1}, {b: 2, c: 3}]}":       "{a:{b:=1 c:=3}}",
		"a: {<<: x}":                            "{a:{}} | f:1:9: << names the text \"x\", not a map, and is left out",
		"a: 1\na: 2":                            "{a:=2} | f:2:1: key \"a\" is already given at f:1:1; the last one holds",
		"a: !vault x\nb: !unsafe '{{y}}'":       "{a:!vaultx b:!unsafe{{y}}}",
		"a: !mine x\nb: !mine {c: d}\ne: f":     "{a:- b:- e:f} | f:1:4: the tag !mine is not known, its value is left out (and at 1 more places)",
		"a: !!str 1\nb: !!null ''\nc: !!map {}": "{a:1 b:~ c:{}}",
		"[a]: b\nc: d":                          "{c:d} | f:1:1: a key that is a list is left out",
		"a: &x [*x]":                            "{a:[-]} | f:1:8: the alias *x stands for something that it is a part of",
		"a: \"\\e\"":                            "{a:\x1b}",
		"a:\nb: ~":                              "{a:~ b:~}",
		"a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100): "{a:" + strings.Repeat("[", 99) + "-" + strings.Repeat("]", 99) + "} | f:1:103: is nested deeper than 100 levels",
	} {
		doc, problems := Parse("f", []byte(text))
		if doc == nil {
			t.Errorf("%q: %v", text, problems)
			continue
		}
		tree, problems, warnings := doc.Loose()
		got := printed(tree)
		for _, p := range append(problems, warnings...) {
			got += " | " + p.Pos.String() + ": " + p.Message
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// A part of a loose document is decoded as strictly as a file of ours.
func TestLooseIsDecodedStrictly(t *testing.T) {
	doc, _ := Parse("f", []byte("a: &x {name: n, count: 3}\nb: *x\nc: {name: n, nope: !t 1, list: *x}\n"))
	tree, _, _ := doc.Loose()
	var good, bad sample
	if problems := tree.Get("b").Decode("b", &good); len(problems) > 0 || good.Name != "n" || good.Count != 3 {
		t.Errorf("%v, %+v", problems, good)
	}
	var said []string
	for _, p := range tree.Get("c").Decode("c", &bad) {
		said = append(said, p.Pos.String()+": "+p.Message)
	}
	if diff := cmp.Diff([]string{"f:1:4: list must be a list, found a map", `f:3:14: unknown key "nope"`, "f:3:20: tags are not supported: !t"}, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": [1, 2.5, "x", "7", true, null], "b": {}}`: "{a:[=1 =2.5 x 7 =true ~] b:{}}",
		"\ufeff\"\\ud83d\\ude00 \\/\"":                   "😀 /",
		`{"a": 1, "a": 2}`:                               "{a:=2}",
		"":                                               "f:1:1: is empty",
		"{\n \"é\": [1,":                                 "f:2:10: the JSON breaks off in the middle",
		"{\n \"é\": nope}":                               "f:2:7: is not JSON",
		"[1]\n [2]":                                      "f:2:2: more follows after the end of the value",
		"a: b":                                           "f:1:1: is not JSON",
		strings.Repeat("[", 101) + strings.Repeat("]", 101): "f:1:101: is nested deeper than 100 levels",
	} {
		doc, problems := ParseJSON("f", []byte(text))
		got := problems.Error()
		if doc != nil {
			tree, _, _ := doc.Loose()
			got = printed(tree)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	doc, _ := ParseJSON("f", []byte("{\n  \"é\" : [1,\n\t{\"b\": 2}]}"))
	tree := doc.Root()
	var places []string
	for key, value := range tree.Entries {
		places = append(places, fmt.Sprint(key.Pos(), " ", value.Pos()))
		for item := range value.Items {
			places = append(places, fmt.Sprint(item.Pos(), " ", item.Get("b").Pos()))
		}
	}
	if diff := cmp.Diff([]string{"f:2:3 f:2:9", "f:2:10 ", "f:3:2 f:3:8"}, places); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever the bytes: no panic, and each problem and warning has its place.
func FuzzLoose(f *testing.F) {
	for _, seed := range []string{"a: &x {b: c}\nd: {<<: *x}\n", "a: &x [*x]", "a: !t x", `{"a": [1, {"b": null}]}`, "? [a]\n: b", "<<: [<<: {a: b}]", "&a a: *a"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, parse := range []func(string, []byte) (*Document, Problems){Parse, ParseJSON} {
			doc, problems := parse("f", data)
			var warnings Problems
			if doc != nil {
				var tree Tree
				tree, problems, warnings = doc.Loose()
				if tree.Given() && len(problems) == 0 && len(data) < 200 {
					printed(tree)
				}
			}
			for _, p := range append(problems, warnings...) {
				if p.Line < 1 || p.Column < 1 || p.Message == "" {
					t.Fatalf("no place: %#v", p)
				}
			}
		}
	})
}
