//go:build unix

package main

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/help"
)

// Every flag that names a file or a folder answers a wrong one with its name, the path, the
// reason and a remedy, before anything is run or written.
func TestWrongFilesOfFlags(t *testing.T) {
	callPlace(t)
	noError(t, os.Mkdir("folder", 0o700))
	noError(t, syscall.Mkfifo("fifo", 0o600))
	write(t, "empty", "")
	write(t, "huge", "")
	noError(t, os.Truncate("huge", 3<<30))
	write(t, "locked", "x")
	noError(t, os.Chmod("locked", 0))
	seen := 0
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, o := range help.Options(c) {
			if c == c.Root() || o.Value != "FILE" && o.Value != "DIR" && o.Flag.Name != "playbook" {
				continue
			}
			for _, path := range wrongFiles(o) {
				seen++
				call := append(strings.Fields(c.CommandPath())[1:], placeholders(c)...)
				said := refused(t, append(call, "--"+o.Flag.Name+"="+path)...)
				if !strings.Contains(said, "--"+o.Flag.Name) || !strings.Contains(said, path) || !strings.Contains(said, "hint: ") {
					t.Errorf("%s --%s=%s: the flag, the path or a hint is missing:\n%s", c.CommandPath(), o.Flag.Name, path, said)
				}
				if _, err := os.Stat("aixmend-state"); err == nil {
					t.Fatalf("%s --%s=%s: something was run first:\n%s", c.CommandPath(), o.Flag.Name, path, said)
				}
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(tree(t))
	if seen < 200 {
		t.Errorf("only %d paths were tried", seen)
	}
}

// wrongFiles are paths that a flag refuses, by its help: a file or a folder, read or written.
func wrongFiles(o help.Option) []string {
	written := strings.Contains(o.Usage, "write")
	switch {
	case o.Value == "DIR":
		return []string{"inventory.yaml", "inventory.yaml/x", "./fifo"}
	case written:
		return []string{"missing/x", "folder", "inventory.yaml/x"}
	}
	list := []string{"missing/x", "folder/", "./fifo", "inventory.yaml/x", "./huge"}
	switch o.Flag.Name {
	case "known-hosts": // hostkeys creates it
		list = slices.Delete(list, 0, 1)
	case "inventory": // it may be a folder
		list = append(slices.Delete(list, 1, 2), "./empty")
	case "identity", "plan", "playbook":
		list = append(list, "./empty")
	}
	if os.Geteuid() != 0 {
		list = append(list, "./locked")
	}
	return list
}
