package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/manual"
	"aixmend/controller/report"
)

// tree is the command as it is, unconnected.
func tree(t *testing.T) *cobra.Command {
	t.Helper()
	root := newRoot(&cli{Console: console.New(console.Streams{}, console.NewInterrupts(), os.Getenv)})
	root.InitDefaultHelpCmd()
	return root
}

// checker returns the path of a program that checks what is written here. Where it is
// missing the test is skipped, but not in CI.
func checker(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") != "" {
		t.Fatalf("%v: install %s", err, debian)
	}
	t.Skipf("this test needs a program: %v: install %s", err, debian)
	return ""
}

// A folder that is missing is no internal error, and the hint makes it.
func TestManWithoutAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not there")
	got := call(t, nil, "man", dir)
	if got.code != 2 || !strings.Contains(got.err, "hint: mkdir -p '"+dir+"' makes it\n") {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
}

func TestManPages(t *testing.T) {
	dir := t.TempDir()
	root := tree(t)
	if err := manual.Write(root, dir, manual.Imprint{Date: "2026-01-31"}); err != nil {
		t.Fatal(err)
	}
	read := func(page string) string {
		text, err := os.ReadFile(filepath.Join(dir, page))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	for page, wants := range map[string][]string{
		"aixmend.1":                 {".SH EXIT STATUS", ".B 143", "AIXMEND_FLAG", "STATE/runs/RUN/run.json", "aixmend\\-audit(1)"},
		"aixmend-audit.1":           {".TH AIXMEND\\-AUDIT 1 \"2026-01-31\"", ".B \\-l, \\-\\-limit PATTERN", "(default 200)"},
		"aixmend-recover.1":         {"roll back the changes of RUN"},
		"aixmend-playbook-show.1":   {"NAME|FILE [flags]", "aixmend\\-playbook(1)"},
		"aixmend-completion.1":      {"bash|zsh|fish|powershell"},
		"aixmend-inventory-check.1": {"aixmend inventory check"},
	} {
		text := read(page)
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", page, want)
			}
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) < 20 {
		t.Fatal(len(pages), "pages", err)
	}
	lint := exec.CommandContext(t.Context(), checker(t, "mandoc", "mandoc"), append([]string{"-Tlint", "-Wwarning"}, pages...)...)
	if out, err := lint.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("mandoc: %v\n%s", err, out)
	}
}

// A line is not broken within a command, however the program is called: report knows all verbs.
func TestVerbsAreKnown(t *testing.T) {
	root := tree(t)
	root.InitDefaultCompletionCmd()
	var verbs []string
	for _, c := range root.Commands() {
		if !c.Hidden && !c.IsAdditionalHelpTopicCommand() {
			verbs = append(verbs, c.Name())
		}
	}
	slices.Sort(verbs)
	if diff := cmp.Diff(verbs, report.Verbs); diff != "" {
		t.Errorf("report.Verbs (-want +got):\n%s", diff)
	}
}
