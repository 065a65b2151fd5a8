package facts

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// A condition in a playbook and the report name a field alike.
func TestTagsAgree(t *testing.T) {
	types := map[reflect.Type]bool{}
	for _, p := range Parsers() {
		types[p.Type] = true
	}
	for _, d := range Derivations() {
		types[d.Type] = true
		for i := range d.Input.NumField() {
			field := d.Input.Field(i)
			if name, _ := inputName(field); name == problemsTag && field.Type == reflect.TypeFor[map[string]string]() {
				continue
			}
			if field.Type.Kind() != reflect.Pointer || field.Tag.Get("fact") == "" {
				t.Errorf("%s: input field %s is no pointer or has no fact tag", d.Name, field.Name)
				continue
			}
			types[field.Type.Elem()] = true
		}
	}
	types[reflect.TypeFor[Upload]()] = true // given by the controller, read by no derivation
	for kind := range types {
		checkTags(t, kind)
	}
}

func checkTags(t *testing.T, kind reflect.Type) {
	t.Helper()
	switch kind.Kind() {
	case reflect.Slice:
		checkTags(t, kind.Elem())
	case reflect.Struct:
		seen := map[string]bool{}
		for i := range kind.NumField() {
			field := kind.Field(i)
			name := field.Tag.Get("json")
			if name == "-" { // not repeated in the report
				name = field.Tag.Get("cel")
			}
			if name == "" || name != field.Tag.Get("cel") || seen[name] {
				t.Errorf("%s.%s: json %q, cel %q", kind.Name(), field.Name, name, field.Tag.Get("cel"))
			}
			seen[name] = true
			checkTags(t, field.Type)
		}
	case reflect.Pointer, reflect.Interface, reflect.Func:
		t.Errorf("%s cannot be part of a fact", kind)
	}
}

func TestNamesAreUniqueAndSorted(t *testing.T) {
	last := ""
	for _, p := range Parsers() {
		if p.Name <= last {
			t.Errorf("parser %q after %q", p.Name, last)
		}
		last = p.Name
	}
	last = ""
	for _, d := range Derivations() {
		if d.Name <= last {
			t.Errorf("derivation %q after %q", d.Name, last)
		}
		last = d.Name
	}
}

// Every parser reads its healthy sample, gives its own type, and says "cut off"
// when the host sent more than was kept.
func TestHealthySamples(t *testing.T) {
	if len(healthy) != len(Parsers()) {
		t.Errorf("%d samples for %d parsers", len(healthy), len(Parsers()))
	}
	for _, p := range Parsers() {
		t.Run(p.Name, func(t *testing.T) {
			sample, ok := healthy[p.Name]
			if !ok {
				t.Fatal("no sample")
			}
			fact, err := p.Parse(sample)
			if err != nil {
				t.Fatal(err)
			}
			if reflect.TypeOf(fact) != p.Type {
				t.Errorf("type %T, want %s", fact, p.Type)
			}
			if problem := unfit(reflect.ValueOf(fact), "fact"); problem != "" {
				t.Error(problem)
			}
			cut := sample
			cut.Truncated = true
			_, err = p.Parse(cut)
			// A status may be the whole answer, and of a node id's file only the
			// first line is asked.
			wantError := sample.Exit == 0 && p.Name != "node_id" || p.Name == "lscluster" || p.Name == "clstrmgr"
			if (err != nil) != wantError {
				t.Errorf("cut off: error %v, want one: %v", err, wantError)
			}
		})
	}
}

// No parser takes a command that the shell can't run for an answer: whether it is
// there is asked of the file system.
func TestCommandNotThere(t *testing.T) {
	for _, p := range Parsers() {
		for _, status := range []int{exitNotFound, exitNotExecutable} {
			fact, err := p.Parse(exit(status, "", "ksh: something:  not found.\n"))
			if err == nil {
				t.Errorf("%s, exit %d: no error, fact %+v", p.Name, status, fact)
			} else if !strings.Contains(err.Error(), "is not ") {
				t.Errorf("%s, exit %d: %v", p.Name, status, err)
			}
		}
	}
}

// A failure that nothing explains is never an answer. That images can't be read
// is one, and says what was said.
func TestUnexplainedFailure(t *testing.T) {
	for _, p := range Parsers() {
		for _, status := range []int{1, 2, 3, 139, 255} {
			fact, err := p.Parse(exit(status, "", "sudo: a password is required\n"))
			if images, ok := fact.(Images); ok && err == nil && !images.Readable && images.Why == "sudo: a password is required" {
				continue
			}
			if err == nil {
				t.Errorf("%s, exit %d: no error, fact %+v", p.Name, status, fact)
			}
		}
	}
}

// Ten megabytes of anything neither panic nor get into a fact or an error.
func TestHugeOutput(t *testing.T) {
	const size = 10 << 20
	floods := map[string][]byte{
		"one line":     bytes.Repeat([]byte("A"), size),
		"empty lines":  bytes.Repeat([]byte("\n"), size),
		"NUL":          bytes.Repeat([]byte{0}, size),
		"not UTF-8":    bytes.Repeat([]byte("\xff\xfe \x1b[31m\n"), size/9),
		"short words":  bytes.Repeat([]byte("a b "), size/4),
		"device lines": bytes.Repeat([]byte("hdisk0 none None\n"), size/17),
	}
	for kind, flood := range floods {
		for _, p := range Parsers() {
			for _, status := range []int{0, 1} {
				fact, err := p.Parse(Output{Stdout: flood, Stderr: flood, Exit: status, At: readAt})
				var problem string
				if err != nil {
					problem = unfitText(err.Error(), 512)
				} else {
					problem = unfit(reflect.ValueOf(fact), "fact")
				}
				if problem != "" {
					t.Errorf("%s of %s: %s", p.Name, kind, problem)
				}
			}
		}
	}
}

// answering are the derivations for which nothing known is an answer: no guard
// is clear, nothing is compared, the machine is not ready.
var answering = map[string]bool{"cluster": true, "lost": true, "swap": true, "metadata_nic": true, "identity": true, "failover": true}

func TestDerivationRefusesForeignInput(t *testing.T) {
	for _, d := range Derivations() {
		if _, err := d.Derive(42); err == nil {
			t.Errorf("%s takes a number", d.Name)
		}
		if _, err := d.Derive(reflect.Zero(d.Input).Interface()); (err == nil) != answering[d.Name] {
			t.Errorf("%s of nothing: error %v", d.Name, err)
		}
	}
}

// Every parser has a fuzz target of its own.
func TestEveryParserIsFuzzed(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	fuzzed := map[string]bool{}
	target := regexp.MustCompile(`(?m)^func Fuzz\w+\(f \*testing\.F\)\s*\{\s*fuzzParser\(f, "(\w+)"`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range target.FindAllStringSubmatch(string(text), -1) {
			fuzzed[m[1]] = true
		}
	}
	for _, p := range Parsers() {
		if !fuzzed[p.Name] {
			t.Errorf("parser %q has no fuzz target", p.Name)
		}
		delete(fuzzed, p.Name)
	}
	for name := range fuzzed { // its target would fuzz nothing
		t.Errorf("there is no parser %q to be fuzzed", name)
	}
}
