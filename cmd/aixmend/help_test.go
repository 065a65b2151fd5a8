package main

import (
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
