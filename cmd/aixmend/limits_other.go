//go:build !unix

package main

// openFiles is what this process may open: this system sets no limit.
func openFiles() files { return files{limit: noLimit} }
