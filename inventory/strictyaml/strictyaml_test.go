package strictyaml

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-multierror"
	"gopkg.in/yaml.v3"
)

// sample has a field of every type.
type sample struct {
	Pos      Pos                  `yaml:"-"`
	Name     string               `yaml:"name,required"`
	Version  string               `yaml:"version,scalar"`
	On       bool                 `yaml:"enabled"`
	Count    int                  `yaml:"count"`
	Small    int8                 `yaml:"small"`
	Wait     time.Duration        `yaml:"wait"`
	List     []string             `yaml:"list"`
	Numbers  []int                `yaml:"numbers"`
	Labels   map[string]string    `yaml:"labels"`
	Optional *inner               `yaml:"optional"`
	Port     *int                 `yaml:"port"`
	Where    Value[string]        `yaml:"where"`
	Many     []Value[string]      `yaml:"many"`
	Ordered  Map[inner]           `yaml:"ordered"`
	Command  command              `yaml:"command"`
	Commands []command            `yaml:"commands"`
	Deep     map[string][]sample  `yaml:"deep"`
	Words    Map[Value[string]]   `yaml:"words,scalar"`
	Times    Value[time.Duration] `yaml:"times"`
	shared
	hidden int //nolint:unused // the decoder must leave it alone
}

type shared struct {
	Common string `yaml:"common"`
}

type inner struct {
	Pos Pos    `yaml:"-"`
	A   string `yaml:"a"`
	B   int    `yaml:"b,required"`
}

// command is text, or a map with run.
type command struct {
	Run  string
	Form Kind
	Keys []string
}

func (c *command) UnmarshalStrict(n *Node) {
	c.Form, c.Keys = n.Kind(), n.Keys()
	switch n.Kind() {
	case Scalar:
		n.Decode(&c.Run)
	case Dict:
		var doc struct {
			Run string `yaml:"run,required"`
		}
		n.Decode(&doc)
		c.Run = doc.Run
		if run := n.Get("run"); run != nil && run.Text() == "rm" {
			run.Problem("think again", "%q is dangerous", run.Text())
		}
	default:
		n.Wrong("a command, or a map with run")
	}
}

func TestDecode(t *testing.T) {
	const text = `# a comment
name: "007"
version: 1.10
enabled: true
count: -12
wait: 1h30m
list: [a, '1', 2027-01-31]
numbers: [0, 1]
labels: {x: y, "on": z}
optional: {a: text, b: 1}
port: 22
where: here
many:
  - one
  - two
ordered:
  zeta: {b: 1}
  alpha: {b: 2, a: |-
    block
    text}
command: ls -l
commands:
  - run: df
  - ps
common: c
words: {w: on, n: 7}
times: 30s
`
	var got sample
	text2 := strings.ReplaceAll(text, "a: |-\n    block\n    text}", `a: "block\ntext"}`)
	if problems := Decode("f", []byte(text2), &got); problems != nil {
		t.Fatal(problems)
	}
	port := 22
	at := func(line, column int) Pos { return Pos{"f", line, column} }
	want := sample{
		Pos: at(2, 1), Name: "007", Version: "1.10", On: true, Count: -12, Wait: 90 * time.Minute,
		List: []string{"a", "1", "2027-01-31"}, Numbers: []int{0, 1},
		Labels:   map[string]string{"x": "y", "on": "z"},
		Optional: &inner{Pos: at(10, 11), A: "text", B: 1}, Port: &port,
		Where: Value[string]{"here", at(12, 8)},
		Many:  []Value[string]{{"one", at(14, 5)}, {"two", at(15, 5)}},
		Ordered: Map[inner]{
			{Key: "zeta", KeyPos: at(17, 3), Value: inner{Pos: at(17, 9), B: 1}},
			{Key: "alpha", KeyPos: at(18, 3), Value: inner{Pos: at(18, 10), A: "block\ntext", B: 2}},
		},
		Command:  command{Run: "ls -l", Form: Scalar},
		Commands: []command{{Run: "df", Form: Dict, Keys: []string{"run"}}, {Run: "ps", Form: Scalar}},
		shared:   shared{Common: "c"},
		Words: Map[Value[string]]{
			{Key: "w", KeyPos: at(24, 9), Value: Value[string]{"on", at(24, 12)}},
			{Key: "n", KeyPos: at(24, 16), Value: Value[string]{"7", at(24, 19)}},
		},
		Times: Value[time.Duration]{30 * time.Second, at(25, 8)},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sample{}, shared{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An embedded struct that is a pointer is made where one of its keys is given.
func TestEmbeddedPointer(t *testing.T) {
	type Settings struct {
		Common string     `yaml:"common"`
		Port   Value[int] `yaml:"port"`
	}
	type host struct {
		Name string `yaml:"name"`
		*Settings
	}
	var got Map[host]
	if problems := Decode("f", []byte("a: {name: x}\nb: {port: 22}\n"), &got); problems != nil {
		t.Fatal(problems)
	}
	want := Map[host]{
		{Key: "a", KeyPos: Pos{"f", 1, 1}, Value: host{Name: "x"}},
		{Key: "b", KeyPos: Pos{"f", 2, 1}, Value: host{Settings: &Settings{Port: Value[int]{22, Pos{"f", 2, 11}}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Maps, lists and structs may be given without a value; that is not so of text.
func TestNothing(t *testing.T) {
	var got sample
	problems := Decode("f", []byte("name: x\nlist:\nlabels: ~\noptional:\nordered: null\n"), &got)
	if want := (sample{Pos: Pos{"f", 1, 1}, Name: "x"}); problems != nil || !cmp.Equal(want, got, cmp.AllowUnexported(sample{}, shared{})) {
		t.Errorf("%v, %+v", problems, got)
	}
}

// Each row is a document and all that is wrong with it.
func TestProblems(t *testing.T) {
	cases := map[string]string{
		"":                              "f:1:1: is empty",
		"# x\n":                         "f:1:1: is empty",
		"--- ~\n":                       "f:1:1: is empty",
		"\xef\xbb\xbf":                  "f:1:1: is empty",
		"x":                             `f:1:1: the document must be a map, found the text "x"`,
		"[]":                            "f:1:1: the document must be a map, found a list",
		"{}":                            `f:1:1: "name" is missing`,
		"name: x\nnane: y":              "f:2:1: unknown key \"nane\"\n  hint: did you mean \"name\"?",
		"name: x\nname: y":              `f:2:1: key "name" is already given at f:1:1`,
		"name: 7":                       "f:1:7: name must be text, found the number 7\n  hint: if it is to be text, quote it: \"7\"",
		"name: 1e3":                     "f:1:7: name must be text, found the number 1e3\n  hint: if it is to be text, quote it: \"1e3\"",
		"name: true":                    "f:1:7: name must be text, found true\n  hint: if it is to be text, quote it: \"true\"",
		"name: Off":                     "f:1:7: name must be text, found Off, which some YAML readers take for true or false\n  hint: if it is to be text, quote it: \"Off\"",
		"name:":                         "f:1:6: name must be text, found nothing\n  hint: write \"\" for empty text",
		"name: {a: b}":                  "f:1:7: name must be text, found a map",
		"name: x\nversion: ~":           "f:2:10: version must be text, found nothing\n  hint: if it is to be text, quote it: \"~\"",
		"name: x\nenabled: yes":         `f:2:10: enabled must be true or false, found the text "yes"`,
		"name: x\ncount: '1'":           "f:2:8: count must be a whole number, found the text \"1\"\n  hint: leave the quotes out",
		"name: x\ncount: 0x10":          "f:2:8: count must be a whole number, found the number 0x10\n  hint: write it in decimal, without leading zeros",
		"name: x\ncount: 010":           "f:2:8: count must be a whole number, found the number 010\n  hint: write it in decimal, without leading zeros",
		"name: x\ncount: []":            "f:2:8: count must be a whole number, found a list",
		"name: x\nport:":                "f:2:6: port must be a whole number, found nothing",
		"name: x\nsmall: 128":           "f:2:8: small is too large: 128",
		"name: x\nwait: 15":             "f:2:7: wait must be a duration such as 30s, 15m or 1h30m, found the number 15",
		"name: x\nlist: a":              `f:2:7: list must be a list, found the text "a"`,
		"name: x\nlist: [a, 2]":         "f:2:11: item 2 of list must be text, found the number 2\n  hint: if it is to be text, quote it: \"2\"",
		"name: x\nlabels: [a]":          "f:2:9: labels must be a map, found a list",
		"name: x\nlabels: {a: {}}":      "f:2:13: a must be text, found a map",
		"name: x\nlabels: {1: b}":       "f:2:10: a key must be text, found the number 1\n  hint: if it is to be text, quote it: \"1\"",
		"name: x\nlabels: {[a]: b}":     "f:2:10: a key must be text, found a list\n  hint: if it is to be text, quote it",
		"name: x\nlabels: {a: b, a: c}": `f:2:16: key "a" is already given at f:2:10`,
		"name: x\noptional: {a: b}":     `f:2:11: "b" is missing`,
		"name: x\nordered: {k: {b: x}, l: {c: 1, b: 1}}": "f:2:18: b must be a whole number, found the text \"x\"\n" +
			"f:2:26: unknown key \"c\"\n  hint: known keys: a, b",
		"name: x\ncommand: [a]":       "f:2:10: command must be a command, or a map with run, found a list",
		"name: x\ncommand: {rum: a}":  "f:2:10: \"run\" is missing\nf:2:11: unknown key \"rum\"\n  hint: did you mean \"run\"?",
		"name: x\ncommand: {run: rm}": "f:2:16: \"rm\" is dangerous\n  hint: think again",
		"name: &a x":                  "f:1:7: anchors and aliases are not supported: the anchor &a\n  hint: write the value out",
		"name: *a":                    "f:1:1: anchors and aliases are not supported: 'a' referenced",
		"name: x\n<<: {count: 1}":     "f:2:1: merge keys (<<) are not supported\n  hint: write the value out",
		"name: !x y":                  "f:1:7: tags are not supported: !x\n  hint: leave the tag out; quote what is to be text",
		"name: x\n--- \nname: y":      "f:2:1: holds more than one YAML document\n  hint: keep one and move the others to files of their own",
		"name: x\n--- [\n":            "f:3:1: a value is missing here, or it begins with a character that must be quoted",
		"name: a\x00":                 "f:1:8: holds a NUL byte (U+0000), this is not a text file\n  hint: delete the character",
		"name: \xff":                  "f:1:7: is not UTF-8 text (byte 0xff)\n  hint: save the file as UTF-8",
		"name: é\x1b":                 "f:1:8: holds a control character (U+001B), this is not a text file\n  hint: delete the character",
		`name: "\0"`:                  "f:1:7: holds a control character (U+0000)\n  hint: delete the escape sequence",
		"name: x\nlist:\n\t- a":       "f:3:1: no value can begin with this character\n  hint: indent with spaces, not with tabs",
		"name: [a":                    "f:1:1: a list in brackets does not end\n  hint: a bracket or brace that opens here is not closed, or a comma is missing",
	}
	for text, want := range cases {
		var got sample
		problems := Decode("f", []byte(text), &got)
		if diff := cmp.Diff(want, problems.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// What is right is decoded in spite of problems elsewhere, and what is wrong
// stays unset, so that later checks can go on.
func TestPartial(t *testing.T) {
	var got sample
	problems := Decode("f", []byte("name: x\nwhere: 7\nmany: [a, 1, b]\ncount: 3\nnope: 1\n"), &got)
	if len(problems) != 3 {
		t.Errorf("problems %v", problems)
	}
	if got.Count != 3 || got.Where.Set() || len(got.Many) != 2 || got.Many[1].V != "b" {
		t.Errorf("got %+v", got)
	}
}

// A panic of yaml.v3 is a problem like any other.
func TestPanic(t *testing.T) {
	root, problems := guard("f", func() (*yaml.Node, Problems) { panic("runtime error: hash of unhashable type") })
	const want = "f:1:1: cannot be read as YAML: runtime error: hash of unhashable type\n  hint: look for maps or lists used as keys"
	if root != nil || problems.Error() != want {
		t.Errorf("got %v", problems)
	}
	var got map[string]string
	if problems := Decode("f", []byte("{<<: {? [a] : b}}: c\n? {<<: [x]}\n: d\n"), &got); len(problems) == 0 {
		t.Error("maps as keys are accepted")
	}
}

func TestDepth(t *testing.T) {
	var got map[string]string
	deepest := strings.Repeat("[", 99) + strings.Repeat("]", 99)
	if problems := Decode("f", []byte("a: "+deepest), &got); len(problems) != 1 || !strings.Contains(problems[0].Message, "must be text") {
		t.Errorf("100 levels: %v", problems)
	}
	problems := Decode("f", []byte("a: ["+deepest+"]"), &got)
	if len(problems) != 2 || problems[1].Error() != "f:1:103: is nested deeper than 100 levels" {
		t.Errorf("101 levels: %v", problems)
	}
}

func TestAliasHint(t *testing.T) {
	var got map[string]string
	problems := Decoder{AliasHint: "use defaults"}.Decode("f", []byte("a: &x y\nb: *x\n"), &got)
	if len(problems) != 2 || problems[0].Hint != "use defaults" || problems[1].Hint != "use defaults" {
		t.Errorf("problems %v", problems)
	}
}

func TestTooLarge(t *testing.T) {
	var got sample
	problems := Decode("f", make([]byte, MaxBytes+1), &got)
	if want := "f: is 67108865 bytes, the limit is 67108864\n  hint: split it into several files"; problems.Error() != want {
		t.Errorf("got %v", problems)
	}
	problems = Decode("f", []byte("list: ["+strings.Repeat("a,", maxItems+1)+"]"), &got)
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "keys and values, the limit is 3000000") {
		t.Errorf("got %v", problems)
	}
}

func TestErr(t *testing.T) {
	if err := Problems(nil).Err(); err != nil {
		t.Errorf("no problems are %v", err)
	}
	var list Problems
	list.Add(Pos{"f", 10, 1}, "", "third")
	list.Add(Pos{"f", 9, 2}, "do", "second")
	list.Add(Pos{"f", 9, 1}, "", "first")
	list.Add(Pos{"f", 9, 1}, "", "first")
	list = append(list, Problem{Pos: Pos{File: "a"}, Message: "cut", Err: io.ErrUnexpectedEOF})
	err := fmt.Errorf("load: %w", list.Err())
	const want = "load: a: cut\nf:9:1: first\nf:9:2: second\n  hint: do\nf:10:1: third"
	if err.Error() != want {
		t.Errorf("got %v", err)
	}
	var one Problem
	var aggregate *multierror.Error
	if !errors.As(err, &one) || !errors.As(err, &aggregate) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("errors.As or Is does not see through %#v", err)
	}
	if got := ProblemsOf(err); len(got) != 4 || got[3].Message != "third" {
		t.Errorf("ProblemsOf: %v", got)
	}
	if !errors.As(error(list), &one) || !errors.Is(list, io.ErrUnexpectedEOF) {
		t.Error("errors.As or Is does not see through Problems")
	}
	if got := ProblemsOf(io.EOF); got != nil {
		t.Errorf("ProblemsOf another error: %v", got)
	}
	aggregate = multierror.Append(aggregate, io.EOF)
	if !strings.HasPrefix(aggregate.Error(), "EOF\n") || len(ProblemsOf(aggregate)) != 5 {
		t.Errorf("an error that was appended is lost: %v", aggregate)
	}
}

func TestManyProblems(t *testing.T) {
	var list Problems
	for i := range MaxShown + 7 {
		list.Add(Pos{"f", i + 1, 1}, "", "wrong")
	}
	text := list.Err().Error()
	if strings.Count(text, "wrong") != MaxShown || !strings.HasSuffix(text, "\nand 7 more problems") {
		t.Errorf("got %s", text[len(text)-60:])
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"address", "groups", "ssh", "rmc_nic", "waive", "user", "port"}
	for word, want := range map[string]string{
		"adress": "address", "adddress": "address", "addresss": "address", "group": "groups", "grps": "",
		"shs": "ssh", "SSH": "ssh", "prot": "port", "host": "", "x": "", "": "", "use": "user", "rmcnic": "rmc_nic",
		"completely": "", strings.Repeat("address", 20): "",
	} {
		if got := Nearest(word, candidates); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

// Whatever the bytes: no panic, every problem has a place, the same bytes give
// the same answer, and what is decoded holds no control characters.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"name: x\nlist: [a, b]\n", "a: &x y\nb: *x\n", "<<: {? [a] : b}\n", "{<<: [x]}", "? {a: b}\n: c", "--- !x\n...\n---\n",
		"name: |\n  text\n", "\t", "a: \"\\0\"", "%YAML 1.1\n---\n", "[[[[", "deep: {a: [{name: x}]}", "command: {run: rm}",
		"words: {a: on}", "- - - a", "a:\n  # c\n", "\xef\xbb\xbfname: x",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, again sample
		problems := Decode("f", data, &got)
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" || p.File != "f" {
				t.Fatalf("a problem without a place: %#v", p)
			}
		}
		if diff := cmp.Diff(problems.Error(), Decode("f", data, &again).Error()); diff != "" {
			t.Fatalf("not the same again: %s", diff)
		}
		if len(problems) == 0 && got.Pos.Line == 0 {
			t.Fatal("nothing decoded and no problem")
		}
		for _, s := range append(got.List, got.Name, got.Where.V) {
			if strings.IndexFunc(s, badRune) >= 0 {
				t.Fatalf("control character in %q", s)
			}
		}
	})
}
