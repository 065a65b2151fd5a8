package report

import "io"

// HTML is not written yet.
func HTML(io.Writer, Evidence) error { return nil }
