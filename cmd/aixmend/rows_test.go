package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every row of the procedure is named by a test: what is judged (D), kept (C),
// repaired (R) and proved (V). D15 is about the API of Power Virtual Server,
// which nothing here talks to yet.
func TestRowsAreNamed(t *testing.T) {
	named := map[string]bool{}
	row := regexp.MustCompile(`\b[DCRV][0-9]{1,2}\b`)
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".txtar") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, r := range row.FindAllString(string(text), -1) {
			named[r] = true
		}
		return err
	})
	noError(t, err)
	for letter, last := range map[string]int{"D": 14, "C": 5, "R": 6, "V": 5} {
		for i := 1; i <= last; i++ {
			if r := fmt.Sprint(letter, i); !named[r] {
				t.Errorf("no test names row %s", r)
			}
		}
	}
}
