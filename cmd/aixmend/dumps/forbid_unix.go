//go:build unix && !linux

package dumps

// Forbid forbids core files. Child processes keep the soft limit, and can raise it.
func Forbid() { noCoreFile() }
