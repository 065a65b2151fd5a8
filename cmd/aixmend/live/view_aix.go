package live

import (
	"aixmend/controller"
	"aixmend/controller/outcome"
	"time"
)

// View is nil on AIX: the drawing libraries do not support it.
type View struct{}

// Start shows nothing.
func Start(Options) *View { return nil }

// Write does nothing on AIX.
func (*View) Write(p []byte) (int, error) { return len(p), nil }

// Hold does nothing on AIX.
func (*View) Hold() (release func()) { return func() {} }

// Stop does nothing on AIX.
func (*View) Stop() {}

// Moved does nothing on AIX.
func (*View) Moved(string, controller.State, string, time.Time) {}

// Transferred does nothing on AIX.
func (*View) Transferred(_, _ string, _, _ int64) {}

// WaveBegun does nothing on AIX.
func (*View) WaveBegun(_, _, _ int) {}

// Ended does nothing on AIX.
func (*View) Ended(outcome.HostSummary) {}
