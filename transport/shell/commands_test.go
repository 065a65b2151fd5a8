package shell

import (
	"slices"
	"testing"
)

// The commands of a script that may change something are those outside of $(...) with a path.
func TestCommands(t *testing.T) {
	for script, want := range map[string][]string{
		"/usr/sbin/chdev -l en1 -a state=up": {"/usr/sbin/chdev -l en1 -a state=up"},
		"case \"$(/usr/sbin/lsattr -El en1)\" in\n\"\") /usr/sbin/chdev -l en1 || exit 1 ;;\nesac": {"/usr/sbin/chdev -l en1"},
		"for a in fe80::1; do /c \"$a/64\" delete; done\nfor a in ; do /c \"$a\" alias; done":      {`/c "$a/64" delete`},
		"for a; do /c \"$a\"; done":                          {`/c "$a"`},
		"if [ -f x ]; then /a >y 2>&1; else : ; fi; echo /b": {"/a"},
		"( /a & ) ; f() { /b; }; x=/c /d":                    {"/a", "/b", "/d"},
		"if then":                                            nil,
		"":                                                   nil,
	} {
		if got := Commands(script); !slices.Equal(got, want) {
			t.Errorf("%s\n%q, want %q", script, got, want)
		}
	}
}
