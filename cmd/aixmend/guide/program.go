package guide

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"aixmend/transport/shell"
)

// Program returns the words that call this program again in the folder where it was called
// as arg0: its plain name where PATH leads to it. The binary of go run is gone when it has
// ended.
func Program(arg0 string) string {
	path := filepath.ToSlash(arg0)
	if strings.Contains(path, "/go-build") && strings.HasSuffix(filepath.ToSlash(filepath.Dir(arg0)), "/exe") {
		return "go run ./cmd/aixmend"
	}
	name := filepath.Base(arg0)
	if found, err := exec.LookPath(name); err == nil && oneFile(found, arg0) {
		return shell.Word(name)
	}
	return shell.Word(arg0)
}

// oneFile reports whether two paths lead to the same file.
func oneFile(a, b string) bool {
	x, err := os.Stat(a)
	y, other := os.Stat(b)
	return err == nil && other == nil && os.SameFile(x, y)
}
