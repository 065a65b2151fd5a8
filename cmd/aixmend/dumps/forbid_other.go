//go:build !unix

package dumps

// Forbid does nothing: this system writes no core files by itself.
func Forbid() {}
