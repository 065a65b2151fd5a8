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

// Outside skips a test under the race detector, because the work is done in processes that
// run without it: the detector would slow the test down and see nothing of them.
func Outside(t testing.TB, work string) {
	t.Helper()
	if Race {
		t.Skipf("%s: make test runs it, without the race detector", work)
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
