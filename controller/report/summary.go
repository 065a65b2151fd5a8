package report

import "io"

// Markdown is not written yet.
func Markdown(io.Writer, Evidence) error { return nil }
