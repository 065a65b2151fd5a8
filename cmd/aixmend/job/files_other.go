//go:build !unix

package job

// OpenFiles returns how many files this process may open: this system sets no limit.
func OpenFiles() Files { return Files{limit: noLimit} }
