package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// workflowCommand matches what runners take for commands. They may overlook control
// characters and parts of characters beyond ASCII.
var workflowCommand = regexp.MustCompile(`(?m)(^[\s` + overlooked + `]*:[` + overlooked + `]*:|#[` + overlooked + `]*#[` + overlooked + `\w.-]*\[)`)

const overlooked = `\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x{10FFFF}`

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
		// Azure Pipelines, TeamCity, Octopus Deploy and runners with the same syntax
		"a##vso[task.setvariable variable=x]y": "a##vso [task.setvariable variable=x]y",
		"##teamcity[buildProblem]":             "##teamcity [buildProblem]",
		"##octopus[setVariable]":               "##octopus [setVariable]",
		"####my-runner_2.0[x]##[y]":            "####my-runner_2.0 [x]## [y]",
		"##vso##vso[x]":                        "##vso##vso [x]",
		"##vso #[x] ## vso[x] #vso[x]":         "##vso #[x] ## vso[x] #vso[x]",
		// .NET overlooks these while it searches
		"#\u034f#v\ufe0fs\x00o\u200d[x]": "#\u034f#v\ufe0fs\x00o\u200d [x]",
		":\ufe0f:error::x":               ":\ufe0f :error::x",
		// a colour of ours
		"##\x1b[0m": "##\x1b[0m",
	} {
		for _, step := range []int{1, 2, 3, 100} { // however the writes are cut
			var b bytes.Buffer
			w := newDefused(&b, true)
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

// Only a GitHub runner executes lines that begin with ::, and many addresses do. Nothing
// is changed for a terminal.
func TestWhoReadsAlong(t *testing.T) {
	const said = "::1 is an address\n##vso[x]\n"
	for _, c := range []struct {
		name, github string
		terminal     bool
		want         string
	}{
		{"terminal", "", true, said},
		{"pipe", "", false, "::1 is an address\n##vso [x]\n"},
		{"GitHub", "true", false, ": :1 is an address\n##vso [x]\n"},
		{"GitHub with a terminal", "true", true, ": :1 is an address\n##vso [x]\n"},
	} {
		var out, errs bytes.Buffer
		console := New(Streams{Out: &out, Err: &errs, OutTerminal: c.terminal, ErrTerminal: c.terminal}, nil,
			func(name string) string { return map[string]string{"GITHUB_ACTIONS": c.github}[name] })
		fmt.Fprint(console.Out, said)
		fmt.Fprint(console.Err, said)
		if out.String() != c.want || errs.String() != c.want {
			t.Errorf("%s: %q, %q, want %q", c.name, out.String(), errs.String(), c.want)
		}
	}
}

// A JSON document is safe before it is written: a space would change its values.
func TestDefusedLeavesJSON(t *testing.T) {
	for _, said := range []string{"##vso[x]", "##[x]", "a\n::error::x", "##\u034fteamcity\x01[x] ##[", "##"} {
		var out bytes.Buffer
		c := New(Streams{Out: &out}, nil, func(string) string { return "true" })
		if err := c.JSON(map[string]any{said: []string{said}}); err != nil {
			t.Fatal(err)
		}
		var back map[string][]string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back[said]) != 1 || back[said][0] != said {
			t.Errorf("%q became %q: %v", said, out.String(), err)
		}
		if workflowCommand.MatchString(out.String()) {
			t.Errorf("%q is a command", out.String())
		}
	}
}

// FuzzDefused: no output is a command, and only blanks are added.
func FuzzDefused(f *testing.F) {
	for _, s := range []string{"::error::x", " ::x\n ##[y]", "\r::", "#\x00#[", "\u0085::x", "##vso[x]", "#\u200d#a\ufe0f[", ":\u034f:x::"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, at int) {
		var b bytes.Buffer
		w := newDefused(&b, true)
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
