package controller

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/golden"
)

const architecture = "../docs/architecture.md"

var begunRung = outcome.Entry{Event: outcome.EventRung, Rung: "some"}

// actions is the table of what a course can decide for, and where it is shown.
func actions() string {
	var b strings.Builder
	b.WriteString("| action | shown as, before a rung was begun | and after |\n| --- | --- | --- |\n")
	begun := course.New()
	begun.Apply(course.Event{Entry: begunRung})
	for _, do := range course.Dos() {
		a := course.Action{Do: do}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", do, stateOf(a, course.New(), "as before"), stateOf(a, begun, "as before"))
	}
	return b.String()
}

// The table in the documentation is made from what Next can return.
func TestActionsInTheDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	begin := strings.Index(string(text), "| action | shown as")
	if begin < 0 {
		t.Fatal("there is no table of actions in " + architecture)
	}
	end := begin + strings.Index(string(text)[begin:], "\n\n") + 1
	want := string(text)[:begin] + actions() + string(text)[end:]
	if golden.Updating() {
		if err := os.WriteFile(architecture, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Error("the table is another than the code: go test ./controller -run Documentation -update")
	}
}
