package journal

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/outcome"
)

func benchStore(b *testing.B) *Run {
	b.Helper()
	s, err := Open(filepath.Join(b.TempDir(), "state"))
	if err != nil {
		b.Fatal(err)
	}
	r, err := s.NewRun("r1")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Close() })
	b.ReportAllocs()
	return r
}

// BenchmarkAppend writes journal lines: state changes, which are not synced, and intents,
// which are.
func BenchmarkAppend(b *testing.B) {
	for name, e := range map[string]outcome.Entry{
		"state":  {Time: at, Event: outcome.EventState, Host: "aixvm00001", State: "diagnosing", Detail: "connected"},
		"intent": {Time: at, Event: outcome.EventIntent, Host: "aixvm00001", Rung: "address", Step: "set-address", Change: 1, Command: "/usr/sbin/chdev -l en1 -a state=up", Undo: "/usr/sbin/chdev -l en1 -a state=down"},
	} {
		b.Run(name, func(b *testing.B) {
			r := benchStore(b)
			for b.Loop() {
				if err := r.Append(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWriteHost writes the two reports of a new host.
func BenchmarkWriteHost(b *testing.B) {
	r := benchStore(b)
	h := outcome.Host{Stages: []outcome.Stage{{Name: outcome.StageDiagnose}}}
	for i := range 43 {
		h.Stages[0].Steps = append(h.Stages[0].Steps, outcome.Command{ID: fmt.Sprint(i), Command: "/usr/bin/lssrc -s ctrmc", Stdout: strings.Repeat(" ctrmc rsct 6947312 active\n", 10)})
	}
	markdown := []byte(strings.Repeat("- source: D1: procedure\n", 800))
	for i := 0; b.Loop(); i++ {
		h.Host = fmt.Sprintf("aixvm%07d", i)
		if err := r.WriteHost(h, markdown); err != nil {
			b.Fatal(err)
		}
	}
}
