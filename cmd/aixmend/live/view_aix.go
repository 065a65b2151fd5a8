package live

import (
	"aixmend/controller"
	"aixmend/controller/outcome"
)

// View is nil here: the libraries that draw do not know this system.
type View struct{}

// Start shows nothing.
func Start(Options) *View { return nil }

// Write is there for the other systems.
func (*View) Write(p []byte) (int, error) { return len(p), nil }

// Hold is there for the other systems.
func (*View) Hold() (release func()) { return func() {} }

// Stop is there for the other systems.
func (*View) Stop() {}

// Moved is there for the other systems.
func (*View) Moved(string, controller.State, string) {}

// Transferred is there for the other systems.
func (*View) Transferred(_, _ string, _, _ int64) {}

// WaveBegun is there for the other systems.
func (*View) WaveBegun(_, _, _ int) {}

// Ended is there for the other systems.
func (*View) Ended(outcome.HostSummary) {}
