package main

import (
	"strings"
	"syscall"
	"testing"

	"aixmend/controller/outcome"
)

// What a signal has cut off before anything was run is no usage error.
func TestInterruptedBeforeAnythingWasRun(t *testing.T) {
	var said strings.Builder
	a := &app{interrupts: &interrupts{first: syscall.SIGTERM}}
	a.err = &said
	if code := a.exit(usagef("", "the source could not be read: %w", errInterrupted)); code != outcome.ExitTerminated || !strings.Contains(said.String(), "could not be read: interrupted") {
		t.Errorf("exit code %d, said %q", code, said.String())
	}
}
