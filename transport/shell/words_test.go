package shell

import (
	"slices"
	"testing"
)

func TestWordsOfALine(t *testing.T) {
	for line, want := range map[string][]string{
		"less":                   {"less"},
		"less -R  -X":            {"less", "-R", "-X"},
		`'/opt/my pager' "a b"`:  {"/opt/my pager", "a b"},
		`more\ or\ less`:         {"more or less"},
		"":                       nil,
		"  ":                     nil,
		"less | cat":             nil,
		"less; rm -rf /":         nil,
		"less &":                 nil,
		"! less":                 nil,
		"less >file":             nil,
		"LESS=R less":            nil,
		"LESS=R":                 nil,
		"less $(id)":             nil,
		"less $HOME":             nil,
		"less 'unclosed":         nil,
		"if true; then less; fi": nil,
		"less\nmore":             nil,
	} {
		got, ok := Words(line)
		if ok != (want != nil) || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", line, got, ok, want)
		}
	}
}
