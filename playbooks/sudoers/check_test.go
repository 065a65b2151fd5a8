package sudoers

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/playbooks/document"
)

// warned returns the warnings of a playbook with one probe, or with one step as well,
// without their common begin.
func warned(t *testing.T, probe, run, undo string) []string {
	t.Helper()
	text, err := os.ReadFile("../testdata/good/small.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := strings.NewReplacer(
		"run: /usr/bin/lslpp -Lcq bos.rte", "run: '"+strings.ReplaceAll(probe, "'", "''")+"'",
		"run: /usr/sbin/chdev -l sys0 -a name={{ uname.text }}", "run: '"+strings.ReplaceAll(run, "'", "''")+"'",
		`undo: "none: a test"`, "undo: '"+strings.ReplaceAll(undo, "'", "''")+"'",
	).Replace(string(text))
	p, err := document.Parse("small.yaml", []byte(file), document.Embedded{})
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, w := range Check(p) {
		list = append(list, strings.Replace(w.Error(), ": where sudo allows single commands only, it is not granted", "", 1))
	}
	return list
}

// Each form that sudo can't allow command by command is a warning with its place and a
// way out.
func TestCheckNamesWhatNeedsAShell(t *testing.T) {
	const fixed = "write the values out, or put the command into an arm of case whose pattern is like en[0-9]*"
	for text, want := range map[string]string{
		"LANG=C /usr/bin/a":          "it gives a variable to one command\n  hint: use an option of the command; LC_ALL, LANG and ODMDIR are set for every command already",
		"LANG=C; /usr/bin/a":         "it sets LANG\n  hint: leave the variable out: it is set for every command already",
		"a -x":                       "\"a\" is no absolute path\n  hint: write the absolute path of the command; kill, cd, umask and the like always need a root shell",
		"/usr/bin/a </etc/x":         "it reads a file by redirection\n  hint: name the file as an argument of the command",
		"/usr/bin/ls /etc/*.x":       "it looks for files by a pattern\n  hint: quote the pattern, or name the files",
		"/usr/bin/ls ~/x":            "it names a home folder by ~\n  hint: write the path of the folder",
		"/usr/bin/a `/usr/bin/b`":    "it holds backquotes\n  hint: write $(...) instead",
		"/usr/bin/a & :":             "it runs something in the background\n  hint: run it in the foreground",
		`/usr/bin/a "$(/usr/bin/b)"`: "\"/usr/bin/a ...\": a part of it is known only on the host\n  hint: " + fixed,
		`/usr/bin/a "b c"`:           "\"/usr/bin/a b c\": an argument has a blank in it, and sudo can't tell one argument from two\n  hint: write the argument without a blank",
		`/usr/bin/a "" b`:            "\"/usr/bin/a  b\": an argument is empty, which sudo can't tell from a blank\n  hint: leave the argument out",
		`p=$(/usr/bin/b); "$p"`:      "\"...\": its path is known only on the host\n  hint: " + fixed,
	} {
		if diff := cmp.Diff([]string{"small.yaml:9:25: probe filesets: " + want}, warned(t, text, "/usr/bin/x", "none: a test")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestCheckReadsStepsAndTheirUndo(t *testing.T) {
	want := []string{
		"small.yaml:26:14: step change: it writes a file by redirection\n  hint: let a command write the file, as cp does; only /dev/null can be redirected to",
		"small.yaml:27:15: the undo of step change: the commands that it runs depend on the host\n  hint: write each command out, and choose between them with if",
	}
	got := warned(t, "/usr/bin/a", "/usr/bin/x >/etc/y", `{{ uname.text == "x" ? ["/usr/bin/a"] : [":"] }} b`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Pipes, conditions, loops and variables of the text's own are taken apart; that a step
// needs a value of a fact is no mistake of its author.
func TestCheckLetsPlainTextPass(t *testing.T) {
	for _, text := range []string{
		"/usr/bin/a | /usr/bin/b; /usr/bin/c && exit 0", `p=/usr/bin/a; [ -x "$p" ] || p=/usr/bin/b; "$p" -x`,
		"for d in /a /b; do /usr/bin/ls $d 2>/dev/null; done", `case "$(/usr/bin/a)" in x) /usr/bin/b ;; esac`,
		`for n in $(/usr/bin/a); do case "$n" in en[0-9]*) /usr/bin/b "$n" ;; esac; done`, "/usr/bin/a {{ uname.text }}",
	} {
		if got := warned(t, text, text, "none: a test"); len(got) > 0 {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// What an embedded playbook says is not for the author of the one that extends it.
func TestCheckLeavesInheritedTextsOut(t *testing.T) {
	base, err := os.ReadFile("../rmc-restore.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own := "apiVersion: aixmend/v1\nname: own\ntitle: own\nextends: {playbook: rmc-restore, rungs: [address]}\nprobes: [{id: x, run: cat /x}]\n"
	p, err := document.Parse("own.yaml", []byte(own), document.Embedded{Names: []string{"rmc-restore"}, Source: func(string) ([]byte, error) { return base, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if w := Check(p); len(w) != 1 || w[0].File != "own.yaml" {
		t.Errorf("%v", w)
	}
}
