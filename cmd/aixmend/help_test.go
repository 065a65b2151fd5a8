package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/help"
)

// The help of every verb fits the terminal, holds every flag, and says the same at each
// width. Commands to paste stay whole: those that begin with a tab, and examples.
func TestHelpFits(t *testing.T) {
	c := &cli{Console: console.New(console.Streams{}, console.NewInterrupts(), func(string) string { return "" })}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		words := strings.Join(strings.Fields(help.Text(cmd, 120)), "")
		for _, width := range []int{0, 60, 80, 120, 200} {
			text := help.Text(cmd, width)
			for line := range strings.Lines(text) {
				line = strings.TrimRight(line, "\n")
				limit := min(width, 120)
				if width == 0 {
					limit = 80
				}
				if got := ansi.StringWidth(line); got > limit && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "  aixmend ") {
					t.Errorf("%s, %d columns, there are %d: %q", cmd.CommandPath(), width, got, line)
				}
			}
			if got := strings.Join(strings.Fields(text), ""); got != words {
				t.Errorf("%s, %d columns: other words than at 120 columns:\n%s", cmd.CommandPath(), width, text)
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(c))
}

// The help of a verb is about the verb: its own flags come first, each flag stands in it
// once, its examples can be pasted, and one line names the table of exit codes, which the
// help of aixmend holds.
func TestHelpOfAVerb(t *testing.T) {
	const pointer, table = "Exit codes: aixmend help exit-codes\n", "Exit codes, gravest first:"
	root := tree(t)
	if text := help.Text(root, 80); !strings.Contains(text, table) {
		t.Errorf("the help of aixmend has no exit codes:\n%s", text)
	}
	for _, c := range below(root) {
		text := help.Text(c, 80)
		if strings.Contains(text, table) || !strings.HasSuffix(text, pointer) {
			t.Errorf("%s: the help must end with one line about exit codes:\n%s", c.CommandPath(), text)
		}
		for _, o := range help.Options(c) {
			if n := len(regexp.MustCompile(`(?m)^ +(-., )?--`+o.Flag.Name+`( |$)`).FindAllString(text, -1)); n != 1 {
				t.Errorf("%s: the help lists --%s %d times", c.CommandPath(), o.Flag.Name, n)
			}
		}
		for _, wrong := range wrongHints(c.Example) {
			t.Errorf("%s: %s", c.CommandPath(), wrong)
		}
	}
	text := help.Text(must(root.Find([]string{"recover"})), 80)
	at := -1
	for _, part := range []string{"Usage:", "\nFlags:", "--undo RUN", "\nHosts and connections:", "\nGlobal flags:", "--state DIR", "\nExamples:", pointer} {
		next := strings.Index(text, part)
		if next <= at {
			t.Errorf("%q does not come where it should:\n%s", part, text)
		}
		at = next
	}
}

// Every verb has examples, below its flags or in its text, but those that say all with their name.
func TestHelpHasExamples(t *testing.T) {
	for _, c := range tree(t).Commands() {
		said := c.Example != "" || strings.Contains(c.Long, "\n  aixmend "+c.Name())
		if !said && !slices.Contains([]string{"help", "version", "completion", "exit-codes"}, c.Name()) {
			t.Errorf("aixmend %s has no example", c.Name())
		}
	}
}

func must(c *cobra.Command, _ []string, err error) *cobra.Command {
	if err != nil {
		panic(err)
	}
	return c
}

// Each verb that takes a run says which one latest is, and which one is meant where none is named.
func TestHelpSaysWhichRunIsLatest(t *testing.T) {
	var walk func(cmd *cobra.Command)
	verbs := 0
	walk = func(cmd *cobra.Command) {
		takes := regexp.MustCompile(`\bRUN\b|\blatest\b`).MatchString(cmd.Use)
		for _, name := range []string{"undo", "since", "limit"} {
			takes = takes || cmd.HasParent() && cmd.Flags().Lookup(name) != nil
		}
		if takes {
			verbs++
			if !strings.Contains(cmd.Long, "latest") {
				t.Errorf("%s: the help does not say which run is the latest:\n%s", cmd.CommandPath(), cmd.Long)
			}
			if strings.Contains(cmd.Use, "[RUN]") && !strings.Contains(cmd.Long, "Without RUN") {
				t.Errorf("%s: the help does not say which run it is without RUN:\n%s", cmd.CommandPath(), cmd.Long)
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(&cli{Console: console.New(console.Streams{}, console.NewInterrupts(), func(string) string { return "" })}))
	if verbs < 8 {
		t.Errorf("only %d verbs take a run", verbs)
	}
}
