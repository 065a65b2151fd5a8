package controller

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

const architecture = "../docs/architecture.md"

// diagram draws the table of transitions.
func diagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> queued\n")
	for _, t := range Machine() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", t.From, t.To, t.On)
	}
	b.WriteString("    done --> [*]\n```\n")
	return b.String()
}

// The diagram in the documentation is drawn from the table that runs.
func TestDiagramIsDrawnFromTheTable(t *testing.T) {
	text, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	begin := strings.Index(string(text), "```mermaid\nstateDiagram")
	if begin < 0 {
		t.Fatal("there is no state diagram in " + architecture)
	}
	end := begin + strings.Index(string(text)[begin:], "\n```\n") + len("\n```\n")
	want := string(text)[:begin] + diagram() + string(text)[end:]
	if *update {
		if err := os.WriteFile(architecture, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Error("the diagram is another than the table: go test ./controller -run Diagram -update")
	}
}
