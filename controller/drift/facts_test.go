package drift

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/suite"
)

// facts reads facts as a report has them.
func facts(t *testing.T, text string) map[string]any {
	t.Helper()
	var f map[string]any
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestChanges(t *testing.T) {
	left := []Left{{Path: "*.time"}, {Path: "nics"}, {Path: "*.list[].flags"}, {Path: "*.list[static=false]"}, {Path: "a.b.c"}}
	for _, c := range []struct {
		name, from, to string
		want           []string
	}{
		{"alike", `{"a":{"x":1}}`, `{"a":{"x":1}}`, nil},
		{"a number", `{"a":{"x":1}}`, `{"a":{"x":2}}`, []string{"a.x 1 2"}},
		{"a text", `{"a":{"x":"1"}}`, `{"a":{"x":"two"}}`, []string{`a.x "1" "two"`}},
		{"another type", `{"a":{"x":"1"}}`, `{"a":{"x":["1"]}}`, []string{`a.x "1" ["1"]`}},
		{"false and true", `{"a":{"x":false}}`, `{"a":{"x":true}}`, []string{"a.x false true"}},
		{"a fact that was not read", `{}`, `{"a":{"x":1}}`, nil},
		{"a fact that is not read now", `{"a":{"x":1}}`, `{}`, nil},
		{"a field that was not known", `{"a":{"x":1}}`, `{"a":{"x":1,"y":2}}`, nil},
		{"a field that is no more", `{"a":{"x":1,"y":2}}`, `{"a":{"x":1}}`, nil},
		{"null is not read", `{"a":{"x":null}}`, `{"a":{"x":1}}`, nil},
		{"what is left out", `{"a":{"time":1,"b":{"c":1}},"nics":{"x":1}}`, `{"a":{"time":2,"b":{"c":2}},"nics":{"x":2}}`, nil},
		{"but not below that", `{"a":{"d":{"time":1}}}`, `{"a":{"d":{"time":2}}}`, []string{"a.d.time 1 2"}},
		{"a list in another order", `{"a":{"l":["x","y"]}}`, `{"a":{"l":["y","x"]}}`, nil},
		{"a list with more", `{"a":{"l":["x"]}}`, `{"a":{"l":["y","x"]}}`, []string{`a.l ["x"] ["x","y"]`}},
		{"a list twice", `{"a":{"l":["x"]}}`, `{"a":{"l":["x","x"]}}`, []string{`a.l ["x"] ["x","x"]`}},
		{"objects in another order", `{"a":{"list":[{"name":"x","v":1},{"name":"y","v":2}]}}`, `{"a":{"list":[{"name":"y","v":2},{"name":"x","v":1}]}}`, nil},
		{"one of some objects", `{"a":{"list":[{"name":"x","v":1},{"name":"y","v":2}]}}`, `{"a":{"list":[{"name":"y","v":3},{"name":"x","v":1}]}}`, []string{"a.list[y].v 2 3"}},
		{"an object more, one less", `{"a":{"list":[{"name":"x"}]}}`, `{"a":{"list":[{"name":"y"}]}}`, []string{`a.list[x] {"name":"x"} null`, `a.list[y] null {"name":"y"}`}},
		{"the first object", `{"a":{"list":[]}}`, `{"a":{"list":[{"name":"y"}]}}`, []string{`a.list[y] null {"name":"y"}`}},
		{"objects by another key", `{"a":{"list":[{"interface":"en0","v":1}]}}`, `{"a":{"list":[{"interface":"en0","v":2}]}}`, []string{"a.list[en0].v 1 2"}},
		{"two with the same key are a set", `{"a":{"list":[{"name":"x","v":1},{"name":"x","v":2}]}}`, `{"a":{"list":[{"name":"x","v":2},{"name":"x","v":1}]}}`, nil},
		{"and a set that changed", `{"a":{"list":[{"name":"x","v":1},{"name":"x","v":2}]}}`, `{"a":{"list":[{"name":"x","v":1}]}}`,
			[]string{`a.list [{"name":"x","v":1},{"name":"x","v":2}] [{"name":"x","v":1}]`}},
		{"a part of each element", `{"a":{"list":[{"name":"x","flags":"U"}]}}`, `{"a":{"list":[{"name":"x","flags":"UG"}]}}`, nil},
		{"some elements", `{"a":{"list":[{"name":"x","static":true},{"name":"y","static":false}]}}`, `{"a":{"list":[{"name":"x","static":true},{"name":"z","static":false}]}}`, nil},
		{"one that is of them no more", `{"a":{"list":[{"name":"x","static":true}]}}`, `{"a":{"list":[{"name":"x","static":false}]}}`, []string{`a.list[x] {"name":"x","static":true} null`}},
		{"hostile keys", `{"a":{"list":[{"name":"x].y\n\u001b[31m","v":1}]}}`, `{"a":{"list":[{"name":"x].y\n\u001b[31m","v":2}]}}`, []string{"a.list[x].y\n\x1b[31m].v 1 2"}},
		{"no objects", `{"a":1,"b":[[["x"]]]}`, `{"a":2,"b":[[["y"]]]}`, []string{"a 1 2", `b [[["x"]]] [[["y"]]]`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range compile(left).changes(facts(t, c.from), facts(t, c.to)) {
				from, _ := json.Marshal(f.From)
				to, _ := json.Marshal(f.To)
				got = append(got, fmt.Sprintf("%s %s %s", f.Path, from, to))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A fact is as it is since the oldest run from which on each that read it found it so.
func TestFactsSince(t *testing.T) {
	k := &kept{hosts: map[string]*outcome.Host{}}
	for i, text := range []string{
		`{"os":{"text":"a"},"if":{"list":[{"name":"en0","mtu":1}]},"lost":{"x":1}}`,
		`{"os":{"text":"b"},"if":{"list":[{"name":"en0","mtu":9}]},"lost":{"x":2}}`,
		`{"os":{"text":"a"},"if":{"list":[{"name":"en0","mtu":9}]}}`,
		`{"os":{"text":"b"},"if":{"list":[{"name":"en0","mtu":9}]},"lost":{"x":2}}`,
		`{"os":{"text":"b"},"if":{"list":[{"name":"en0","mtu":9}]},"lost":{"x":2}}`,
	} {
		k.add("a=H")
		k.hosts[fmt.Sprint(i)+"/a"] = &outcome.Host{Facts: facts(t, text)}
	}
	d, err := Comparer{History: k}.Between(k.runs[0], k.runs[4])
	if err != nil || len(d.Hosts) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	var got []string
	for _, f := range d.Hosts[0].Facts {
		got = append(got, fmt.Sprintf("%s @%d", f.Path, int(f.Since.Sub(night).Hours())/24))
	}
	if diff := cmp.Diff("if.list[en0].mtu @1, lost.x @1, os.text @3", strings.Join(got, ", ")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !d.Hosts[0].Since.IsZero() {
		t.Errorf("only facts changed, and the outcome is said to since %s", d.Hosts[0].Since)
	}
}

// Facts of many elements take no square of the time, and hostile depth no stack.
func TestHugeFacts(t *testing.T) {
	suite.Unraced(t, "one goroutine")
	var from, to []string
	for i := range 20000 {
		from = append(from, fmt.Sprintf(`{"name":"x%d","v":1}`, i))
		to = append(to, fmt.Sprintf(`{"name":"x%d","v":2}`, i))
	}
	list := compile(nil).changes(facts(t, `{"a":{"list":[`+strings.Join(from, ",")+`]}}`), facts(t, `{"a":{"list":[`+strings.Join(to, ",")+`]}}`))
	if len(list) != 20000 {
		t.Errorf("%d changes", len(list))
	}
	deep := func(v string) string {
		return `{"a":` + strings.Repeat("[", 5000) + v + strings.Repeat("]", 5000) + `}`
	}
	if list := compile(nil).changes(facts(t, deep("1")), facts(t, deep("2"))); len(list) != 1 {
		t.Errorf("%d changes", len(list))
	}
}
