package console

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// workflowCommand matches the lines that a GitHub runner takes for commands.
var workflowCommand = regexp.MustCompile(`(?m)(^\s*::|##\[)`)

func TestDefused(t *testing.T) {
	for in, want := range map[string]string{
		"plain\n":                "plain\n",
		"::error::x\n":           ": :error::x\n",
		"  \t::error::x":         "  \t: :error::x",
		"a ::error::x":           "a ::error::x",
		"a\n::b":                 "a\n: :b",
		"a\r::b":                 "a\r: :b",
		"\u00a0\u2003::b":        "\u00a0\u2003: :b",
		": :b":                   ": :b",
		":::b":                   ": ::b",
		"a##[group]b":            "a## [group]b",
		"###[x]":                 "### [x]",
		"# #[x]":                 "# #[x]",
		"fe80::1 is the address": "fe80::1 is the address",
	} {
		for _, step := range []int{1, 2, 3, 100} { // however the writes are cut
			var b bytes.Buffer
			w := newDefused(&b)
			for rest := in; rest != ""; {
				n := min(step, len(rest))
				if wrote, err := w.Write([]byte(rest[:n])); err != nil || wrote != n {
					t.Fatal(wrote, err)
				}
				rest = rest[n:]
			}
			if b.String() != want {
				t.Errorf("%q in steps of %d: %q, want %q", in, step, b.String(), want)
			}
		}
	}
}

// FuzzDefused: no output is a command, and only blanks are added.
func FuzzDefused(f *testing.F) {
	for _, s := range []string{"::error::x", " ::x\n ##[y]", "\r::", "#\x00#[", "\u0085::x"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, at int) {
		var b bytes.Buffer
		w := newDefused(&b)
		at = max(0, min(at, len(s)))
		_, _ = w.Write([]byte(s[:at]))
		_, _ = w.Write([]byte(s[at:]))
		if workflowCommand.MatchString(strings.ReplaceAll(b.String(), "\r", "\n")) {
			t.Errorf("%q", b.String())
		}
		if strings.ReplaceAll(b.String(), " ", "") != strings.ReplaceAll(s, " ", "") {
			t.Errorf("%q became %q", s, b.String())
		}
	})
}
