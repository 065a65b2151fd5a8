package guide

import (
	"path/filepath"
	"strings"

	"aixmend/transport/shell"
)

// Program returns the words that call this program again in the folder where it was called
// as arg0. The binary of go run is gone when it has ended.
func Program(arg0 string) string {
	path := filepath.ToSlash(arg0)
	if strings.Contains(path, "/go-build") && strings.HasSuffix(filepath.ToSlash(filepath.Dir(arg0)), "/exe") {
		return "go run ./cmd/aixmend"
	}
	return shell.Word(arg0)
}
