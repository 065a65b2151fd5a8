package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	gocmp "github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
)

// planners are the ways to read one plan on a terminal.
type planners struct {
	t   *testing.T
	dir string
}

// prints runs the command with stdout on a terminal of a width; 0: in a pipe.
func (p planners) prints(width int, args ...string) string {
	p.t.Helper()
	var out, errs bytes.Buffer
	code := run(args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, OutTerminal: width > 0, Width: func() int { return width }})
	if code != 0 && code != 3 {
		p.t.Fatalf("%v: exit code %d\n%s", args, code, errs.String())
	}
	return out.String()
}

// plan are the arguments of a verb that plans.
func (p planners) plan(verb ...string) []string {
	return append(verb, "-i", filepath.Join(p.dir, "inventory.yaml"), "--state", filepath.Join(p.dir, "state"), "--ssh-config", request.None)
}

// shownPlan is the plan in an output: from its first host to its totals.
func shownPlan(t *testing.T, text string) string {
	t.Helper()
	begin := strings.Index(text, "address-removed-")
	total := strings.Index(text, "\nPlan: ")
	if begin < 0 || total < begin {
		t.Fatalf("no plan:\n%s", text)
	}
	end := strings.Index(text[total:], ".\n")
	return text[begin : total+end+2]
}

// unlaid is a text without its spaces and the ids of runs, which break lines at other places
// each time.
func unlaid(text string) string {
	return ownRun.ReplaceAllString(strings.Join(strings.Fields(text), ""), "RUN")
}

// plan, recover --dry-run and plan show print one plan: folded on a terminal, in full in a
// pipe, with -v and for one host.
func TestPlansAreShownAlike(t *testing.T) {
	p := planners{t, t.TempDir()}
	hosts, err := namedHosts([]string{"address-removed-live", "address-removed-smitty", "daemon-down", "healthy", "rsct-below-minimum"})
	noError(t, err)
	fleet, err := simulated.Start(p.dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	file := filepath.Join(p.dir, "plan.json")
	p.prints(0, append(p.plan("plan"), "--out", file)...)
	for _, width := range []int{60, 80, 120, 200} {
		shown := p.prints(width, "plan", "show", file)
		folded := shownPlan(t, shown)
		for _, other := range [][]string{p.plan("plan"), p.plan("recover", "--dry-run")} {
			if diff := gocmp.Diff(unlaid(folded), unlaid(shownPlan(t, p.prints(width, other...)))); diff != "" {
				t.Errorf("%d columns: plan show differs from %v (-show +%s):\n%s", width, other, other[0], diff)
			}
		}
		if !strings.Contains(folded, "\x1b[33m~\x1b[0m") || !strings.Contains(folded, "\x1b[31m!\x1b[0m") {
			t.Errorf("%d columns: no colours: %q", width, folded)
		}
		for line := range strings.Lines(ansi.Strip(folded)) {
			if n := ansi.StringWidth(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}

	const undo = "      undo: /usr/sbin/rsct/bin/rmcctrl -z\n"
	for name, text := range map[string]string{
		"in a pipe":        p.prints(0, "plan", "show", file),
		"with -v":          p.prints(80, "plan", "show", "-v", file),
		"with -l":          p.prints(80, "plan", "show", "-l", "daemon-down,healthy", file),
		"plan in a pipe":   p.prints(0, p.plan("plan")...),
		"plan -v":          p.prints(80, append(p.plan("plan"), "-v")...),
		"plan of one host": p.prints(80, append(p.plan("plan"), "-l", "daemon-down")...),
	} {
		if !strings.Contains(text, undo) || strings.Contains(text, "\x1b[33m~") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	if one := p.prints(80, "plan", "show", "-l", "daemon-down", file); strings.Contains(one, "address-removed") {
		t.Errorf("-l shows other hosts:\n%s", one)
	}
	t.Setenv("NO_COLOR", "1")
	if text := p.prints(80, "plan", "show", file); strings.Contains(text, "\x1b") {
		t.Errorf("NO_COLOR: %q", text)
	}
}
