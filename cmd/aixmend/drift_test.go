package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"aixmend/playbooks/facts"
	"aixmend/transport/lab/aixsim"
)

// ails gives a host of the fleet an illness: ails HOST ILLNESS.
func ails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ails HOST ILLNESS")
	}
	illness, err := aixsim.FindIllness(args[1])
	ts.Check(err)
	ts.Value("fleet").(*aixsim.Fleet).Host(args[0]).Mutate(illness.Apply)
}

// later makes it some minutes later on every host: what goes on by itself has gone on.
func later(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: later")
	}
	for _, name := range scriptFleet {
		ts.Value("fleet").(*aixsim.Fleet).Host(name).Mutate(func(s *aixsim.State) {
			s.ClockOffset += aixsim.Duration(4 * time.Second)
			for i := range s.Subsystems {
				if s.Subsystems[i].PID > 0 {
					s.Subsystems[i].PID += 1000
				}
			}
			for i := range s.FileSystems {
				s.FileSystems[i].FreeKB -= 16
			}
		})
	}
}

// docs/drift.md lists the volatile facts of the code, with reasons.
func TestVolatileFactsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/drift.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, v := range facts.Volatiles() {
		b.WriteString("| `" + v.Path + "` | " + v.Why + " |\n")
	}
	if !strings.Contains(string(text), b.String()) {
		t.Errorf("docs/drift.md wants these rows:\n%s", b.String())
	}
}
