package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

var benchFigures = flag.String("fleet-figures", "", "append what the benchmarks measure to this `file`, for BenchmarkTargets")

// figure is one result of a benchmark. A target has the same name.
type figure struct {
	Name   string
	Value  float64
	Others float64 // the share of the machine that others drew meanwhile; negative: not known
	Not    string  `json:",omitempty"` // why it was not measured; "": it was
}

// noteFigure keeps a figure for BenchmarkTargets.
func noteFigure(b *testing.B, f figure) {
	b.Helper()
	if *benchFigures == "" {
		return
	}
	line, err := json.Marshal(f)
	noError(b, err)
	file, err := os.OpenFile(*benchFigures, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	noError(b, err)
	_, err = file.Write(append(line, '\n'))
	noError(b, errors.Join(err, file.Close()))
}

// target is an upper bound of a figure.
type target struct {
	name  string
	bound float64
}

// fleetTargets are the bounds that docs/performance.md is about, CPU before wall time: a machine
// that others use, too, changes the ratios of CPU least.
var fleetTargets = []target{
	{"CPU x batch, 1000 hosts, c=100", 2.3},
	{"CPU x batch, 1000 hosts, c=1000", 2.6},
	{"CPU, ms a host, 1000 hosts", 3.0},
	{"CPU, ms a host, 10,000 hosts", 2.6},
	{"CPU a host, the worst of 1000 to 30,000 x that of 1000", 1.1},
	{"wall x batch, 1000 hosts, c=100", 1.10},
	{"wall x batch, 1000 hosts, c=1000", 1.9},
	{"wall x batch, 10,000 hosts, c=500", 1.9},
	{"page ready after the last host of 1000, s", 0.05},
	{"peak, MB, 10,000 hosts, c=500", 320},
	{"memory of one more connection x batch", 1.8},
	{"forks of a look in mksh", 60},
	{"capture: CPU, ms a host", 8},
	{"capture: wall x an audit of the same hosts", 3},
	{"capture: syncs a host", 1},
	{"recover: syncs a changed host", 12},
	{"runs: s", 0.5},
	{"runs: MB more than without runs", 64},
	{"completion of --undo: s", 0.5},
	{"the end of a run: s more than without other runs", 0.5},
	{"the end of a run: MB more than without other runs", 64},
	{"the list of serve: s", 0.5},
	{"the list of serve: MB more than without runs", 64},
	{"diff: s", 8},
	{"runs prune --dry-run: s", 5},
	{"100,000 hosts loaded and selected, s", 2},
}

// BenchmarkTargets prints the targets beside what the other benchmarks have left in the file of
// figures: make bench runs it last.
func BenchmarkTargets(b *testing.B) {
	if *benchFigures == "" {
		b.Skip("there is no file of figures: make bench names one")
	}
	text, err := os.ReadFile(*benchFigures)
	noError(b, err)
	figures := map[string]figure{}
	for line := range strings.Lines(string(text)) {
		var f figure
		noError(b, json.Unmarshal([]byte(line), &f))
		figures[f.Name] = f
	}
	printTargets(os.Stdout, figures)
}

// printTargets prints a row for each target.
func printTargets(to io.Writer, figures map[string]figure) {
	fmt.Fprintf(to, "\n%-56s %9s %9s  %-4s %s\n", "TARGET", "AT MOST", "MEASURED", "MET", "OTHERS %")
	for _, t := range fleetTargets {
		f, found := figures[t.name]
		switch {
		case !found:
			fmt.Fprintf(to, "%-56s %9.4g %9s  %-4s\n", t.name, t.bound, "-", "-")
		case f.Not != "":
			fmt.Fprintf(to, "%-56s %9.4g %9s  %-4s not measured: %s\n", t.name, t.bound, "-", "-", f.Not)
		default:
			met := "no"
			if f.Value <= t.bound {
				met = "yes"
			}
			fmt.Fprintf(to, "%-56s %9.4g %9.2f  %-4s %s\n", t.name, t.bound, f.Value, met, percent(f.Others))
		}
	}
	fmt.Fprintf(to, "\nOTHERS %%: the share of the machine that other processes drew meanwhile; ! marks more than %.0f.\n", 100*notable)
}
