// Package suite decides how many rounds a repeating test runs: a share by default, all of
// them with -suite.whole.
package suite

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

var whole = flag.Bool("suite.whole", false, "run every round of the suites; make suites does")

// Whole reports whether -suite.whole was given.
func Whole() bool { return *whole }

// Rounds returns all under -suite.whole, else share.
func Rounds(share, all int) int {
	if Whole() {
		return all
	}
	return share
}

// Long skips a test without -suite.whole. The reason says why the test is long.
func Long(t testing.TB, reason string) {
	t.Helper()
	if !Whole() {
		t.Skipf("%s: make suites runs it (-suite.whole)", reason)
	}
}

// Unraced skips a test under the race detector that has nothing for it to see: the work is
// done by other processes, which run without it, or in one goroutine. The detector makes it
// ten times as long.
func Unraced(t testing.TB, by string) {
	t.Helper()
	if Race {
		t.Skipf("the work is done by %s: make test runs it, without the race detector", by)
	}
}

// Tell logs the figures of a suite and appends them to the file named by
// AIXMEND_FIGURES, because go test hides the log of a test that passes.
func Tell(t testing.TB, figures string) {
	t.Helper()
	t.Log(figures)
	name := os.Getenv("AIXMEND_FIGURES")
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := fmt.Fprintf(file, "%s: %s\n", t.Name(), figures); err != nil {
		t.Fatal(err)
	}
}
