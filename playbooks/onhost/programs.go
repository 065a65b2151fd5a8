package onhost

import (
	"path"
	"slices"
	"strings"

	"aixmend/transport/shell"
)

// helpers are programs that steps use on the side: they end at once, and others on
// the host run them all the time.
var helpers = []string{
	"awk", "basename", "cat", "chmod", "chown", "cp", "cut", "date", "dirname", "echo", "expr", "false", "grep", "head", "ln", "ls",
	"mkdir", "mv", "printf", "rm", "rmdir", "sed", "sh", "sleep", "sort", "tail", "test", "touch", "tr", "true", "uname", "wc",
}

// Programs returns the absolute paths of the programs that shell text runs, sorted,
// each once, without plain helpers. Paths that only the host knows are left out: the
// list serves to find a process, never to prove that there is none.
func Programs(text string) []string {
	var list []string
	for _, call := range shell.Split(text).Calls() {
		for _, form := range call.Forms() {
			name := form[0]
			if strings.HasPrefix(name, "/") && !strings.ContainsAny(name, shell.Any+" \t\n") && !slices.Contains(helpers, path.Base(name)) {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
