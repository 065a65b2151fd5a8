// Package naming checks names that become file names in the state folder, or environment
// variables.
package naming

import (
	"fmt"
	"regexp"
)

// Max is how long the name of a file may be, in bytes.
const Max = 200

// Patterns of the rules, as regular expressions.
const (
	FilePattern     = `^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$` // 199 is Max - 1
	VariablePattern = `^[A-Za-z_][A-Za-z0-9_]*$`
)

var (
	file     = regexp.MustCompile(FilePattern)
	variable = regexp.MustCompile(VariablePattern)
)

// IsFile reports whether a name can be a file name on every system: 1 to Max
// letters, digits, dots, underscores and hyphens, the first a letter or digit. The
// names of hosts, groups, runs, captures and plans follow it, and those of files
// that travel between a host and this machine.
func IsFile(name string) bool { return file.MatchString(name) }

// CheckFile returns an error that quotes the name unless IsFile. kind is the noun
// to begin with, such as "host".
func CheckFile(kind, name string) error {
	if !IsFile(name) {
		return fmt.Errorf("%s %q can't be a file name", kind, name)
	}
	return nil
}

// IsVariable reports whether a name can be that of an environment variable.
func IsVariable(name string) bool { return variable.MatchString(name) }
