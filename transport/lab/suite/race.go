//go:build race

package suite

// Race reports whether the race detector runs, which makes everything several times
// slower.
const Race = true
