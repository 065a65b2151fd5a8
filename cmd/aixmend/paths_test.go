package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docPath is a path of the repository in backquotes.
var docPath = regexp.MustCompile("`((?:cmd|controller|docs|examples|inventory|packaging|playbooks|tools|transport)/[A-Za-z0-9_./-]+)`")

// Every path that the pages for developers name is there.
func TestPathsInDocs(t *testing.T) {
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "docs/architecture.md"} {
		text, err := os.ReadFile(filepath.Join(repository, name))
		noError(t, err)
		paths := docPath.FindAllStringSubmatch(string(text), -1)
		for _, m := range paths {
			if _, err := os.Stat(filepath.Join(repository, strings.TrimSuffix(m[1], "/"))); err != nil {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
		if len(paths) == 0 && name != "README.md" {
			t.Errorf("%s names no path: this test sees nothing", name)
		}
	}
}
