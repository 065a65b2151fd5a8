package sudoers

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/document"
	"aixmend/playbooks/onhost"
)

// changing is a playbook with one step.
func changing(run, undo string) *document.Playbook {
	paths := func(key string, list ...string) strictyaml.Entry[[]document.Text] {
		e := strictyaml.Entry[[]document.Text]{Key: key}
		for _, path := range list {
			e.Value = append(e.Value, document.Text{V: path})
		}
		return e
	}
	probe := document.Probe{ID: "rsct_paths", Login: true, Paths: strictyaml.Map[[]document.Text]{ // run as the login: it takes no line itself
		paths("bin", "/opt/rsct/bin", "/usr/sbin/rsct/bin"),
		paths("install", "/opt/rsct/install/bin", "/usr/sbin/rsct/install/bin"),
		paths("refresh_md", "/opt/rsct/bin/rmcrefreshMD", "/usr/sbin/rsct/bin/rmcrefreshMD"),
	}}
	return &document.Playbook{Name: "one", Probes: []document.Probe{probe}, Rungs: []document.Rung{{ID: "r", Steps: []document.Step{{ID: "s", Run: document.Text{V: run}, Undo: document.Text{V: undo}}}}}}
}

var aliasLine = regexp.MustCompile(`(?m)^    (.*?)(, \\)?$`)

// linesOf are the commands of the aliases.
func linesOf(text string) []string {
	lines := []string{}
	for _, m := range aliasLine.FindAllStringSubmatch(text, -1) {
		lines = append(lines, m[1])
	}
	return lines
}

func TestSudoersLines(t *testing.T) {
	run := strings.Repeat("[0-9]", 8) + "T" + strings.Repeat("[0-9]", 6) + "." + strings.Repeat("[0-9]", 3) + "Z-" + strings.Repeat("[0-9a-f]", 6)
	for text, want := range map[string][]string{
		"/usr/bin/a":                                           {`/usr/bin/a ""`},
		"/usr/bin/a -x 'b,c:d=e'":                              {`/usr/bin/a -x b\,c\:d\=e`},
		`/usr/bin/a 'r.*' '^[[:space:]]' \\`:                   {`/usr/bin/a r.\* \^\[\[\:space\:\]\] \\`},
		`p=/a/x; [ -x "$p" ] || p=/b/x; "$p"`:                  {`/a/x ""`, `/b/x ""`},
		`for a in b c; do /usr/bin/x "$a"; done; /usr/bin/x b`: {`/usr/bin/x b`, `/usr/bin/x c`},
		`/usr/bin/a | /usr/bin/b -n 1; printf x`:               {`/usr/bin/a ""`, `/usr/bin/b -n 1`},
		`n=$1; case "$n" in en[0-9]*) /usr/bin/a "$n" ;; esac`: {`/usr/bin/a en[0-9]`, `/usr/bin/a en[0-9][0-9]`},
		"/usr/bin/a /x.{{ run }}":                              {`/usr/bin/a /x.` + run},
		"{{ rsct_paths.bin }}/rmcctrl -p":                      {`/opt/rsct/bin/rmcctrl -p`, `/usr/sbin/rsct/bin/rmcctrl -p`},
		"{{ rsct_paths.refresh_md }} -s ctrmc":                 {`/opt/rsct/bin/rmcrefreshMD -s ctrmc`, `/usr/sbin/rsct/bin/rmcrefreshMD -s ctrmc`},
		`d={{ rsct_paths.install }}; "$d/recfgct" -n`:          {`/opt/rsct/install/bin/recfgct -n`, `/usr/sbin/rsct/install/bin/recfgct -n`},
	} {
		step, err := Rules(changing(text, "none: x"), "ops", true)
		if diff := cmp.Diff(want, withoutMarks(t, linesOf(step))); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

// withoutMarks takes the lines away that recover needs for the lease and for a plan.
func withoutMarks(t *testing.T, lines []string) []string {
	t.Helper()
	rest := slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return strings.Contains(line, onhost.LeasePath) || strings.Contains(line, "/etc/aixmend.plan.")
	})
	if len(lines)-len(rest) != 8 {
		t.Errorf("the lease takes six lines and the mark of a plan two, found %d", len(lines)-len(rest))
	}
	return rest
}

// What can't be said exactly is not granted: a rung with all its steps and their undo, or
// nothing of it. Without a rung, recover needs no lines at all.
func TestSudoersGrantARungOrNothingOfIt(t *testing.T) {
	const host, shellText = "a part of it is known only on the host", "it writes a file by redirection"
	for text, want := range map[string]string{
		`/usr/bin/a "$x"`:   `"/usr/bin/a ...": ` + host,
		`/usr/bin/a "n=$x"`: `"/usr/bin/a n=...": ` + host,
		"/usr/bin/a {{ nic.name }} -a x={{ nic.addr }}/64":          `"/usr/bin/a {{ nic.name }} -a x={{ nic.addr }}/64": ` + host,
		`/usr/bin/a b {{ ["-a", "c=" + d].filter(x, d != "") }} -e`: `"/usr/bin/a b {{ [\"-a\", \"c=\" + d].filter(x, d != \"\") }} -e": ` + host,
		"/usr/bin/a '' b":         `"/usr/bin/a  b": an argument is empty, which sudo can't tell from a blank`,
		"/usr/bin/a 'b c'":        `"/usr/bin/a b c": an argument has a blank in it, and sudo can't tell one argument from two`,
		"/usr/bin/a 'two\nlines'": `"/usr/bin/a two\nlines": an argument has a blank in it, and sudo can't tell one argument from two`,
		"/usr/bin/a 'b\x7fc'":     `"/usr/bin/a b\x7fc": an argument has a control character in it`,
		`"$p" -x`:                 `"... -x": its path is known only on the host`,
		`n=$1; case $n in x[0-9]) /usr/bin/$n;; esac`: `"/usr/bin/x[0-9]": its path can't stand in sudoers`,
		"/usr/bin/mv /x.{{ run }} /y.{{ run }}":       `"/usr/bin/mv /x.{{ run }} /y.{{ run }}": two parts of it vary, and sudo can't compare them`,
		"/usr/bin/a >/etc/x":                          shellText,
		"{{ tool }} -x":                               `"{{ tool }}" is no absolute path`,
		"kill 1":                                      `"kill" is no absolute path`,
		`{{ x ? ["/usr/bin/a"] : [":"] }} b`:          "the commands that it runs depend on the host",
		`for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8; do /usr/bin/rm $a $b; done; done`: `"/usr/bin/rm 1 ...": ` + host,
	} {
		for what, p := range map[string]*document.Playbook{"step s": changing("/usr/bin/first; "+text, "/usr/bin/last"), "the undo of step s": changing("/usr/bin/first", "/usr/bin/last; "+text)} {
			sheet, err := Rules(p, "ops", true)
			if note := "\n# - rung r: " + what + ": " + want + "\n"; !strings.Contains(sheet, note) || err != nil {
				t.Errorf("%v: %q is not in\n%s", err, note, sheet)
			}
			if lines := linesOf(sheet); len(lines) > 0 {
				t.Errorf("%s: granted: %q", text, lines)
			}
		}
	}
}

// What needs a root shell anyway says so.
func TestSudoersNameWhatNeedsAShell(t *testing.T) {
	p := changing("/usr/bin/a", "/usr/bin/b")
	p.Rungs = append(p.Rungs, document.Rung{ID: "up", Steps: []document.Step{{ID: "u", Upload: &document.Upload{}}}}, document.Rung{ID: "down", Steps: []document.Step{{ID: "d", Fetch: document.Text{V: "/x"}}}},
		document.Rung{ID: "net", Steps: []document.Step{{ID: "n", Run: document.Text{V: "/usr/bin/c"}, Undo: document.Text{V: "/usr/bin/d"}, TimedUndo: true}}})
	text, err := Rules(p, "ops", true)
	for _, want := range []string{
		"# - rung up: step u: it uploads files to the host\n", "# - rung down: step d: it fetches files from the host\n", "# - rung net: step n: its timed undo waits on the host in the background\n",
		"\n# What recover runs for the rungs r, and for the lease of the host.\n",
	} {
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("%v: %q is not in\n%s", err, want, text)
		}
	}
	if diff := cmp.Diff([]string{`/usr/bin/a ""`, `/usr/bin/b ""`}, withoutMarks(t, linesOf(text))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	audit, _ := Rules(p, "%admins", false)
	if len(linesOf(audit)) > 0 || strings.Contains(audit, "RECOVER") {
		t.Errorf("for audit alone:\n%s", audit)
	}
}

// A probe that can't be granted is named, with when it runs; nothing of it is granted.
func TestSudoersNameTheProbesThatAreNotGranted(t *testing.T) {
	p := changing("/usr/bin/a", "none: x")
	p.Probes = append(p.Probes, document.Probe{ID: "list", When: document.Text{V: "params.images !=\n  \"\""}, Run: document.Text{V: `/usr/bin/l; /usr/bin/m "$x"`}}, document.Probe{ID: "all", Run: document.Text{V: ": >/x"}})
	p.Capture.Files = []document.File{{Path: "/etc/a b"}, {Path: "/etc/c=d"}}
	text, err := Rules(p, "ops", false)
	want := "# - probe list, which runs when params.images != \"\": \"/usr/bin/m ...\": a part of it is known only on the host\n# - probe all: it writes a file by redirection\n# - the capture of \"/etc/a b\": "
	if !strings.Contains(text, want) || err != nil {
		t.Errorf("%v: %q is not in\n%s", err, want, text)
	}
	if diff := cmp.Diff([]string{`/usr/bin/cat /etc/c\=d`}, linesOf(text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The settings of sudo are for the commands alone, never for all that the login runs, and
// no line but those of the aliases grants anything. Rules for two logins stand side by side.
func TestSudoersSettings(t *testing.T) {
	for user, alias := range map[string]string{"ops": "OPS", "%adm.in-s": "_ADM_IN_S"} {
		text, err := Rules(changing("/usr/bin/a", "none: x"), user, true)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for line := range strings.Lines(text) {
			if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, " ") {
				got = append(got, line)
			}
		}
		name := "AIXMEND_ONE_RECOVER_" + alias
		want := []string{
			"Cmnd_Alias " + name + " = \\", "Defaults!" + name + ` env_reset, !setenv, !requiretty, secure_path="/usr/bin:/usr/sbin:/bin:/sbin:/etc", runcwd=/etc`,
			"Defaults!" + name + ` !env_keep, env_check="LC_ALL LANG"`, user + " ALL=(root) NOPASSWD: " + name,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

func TestSudoersUser(t *testing.T) {
	for user, want := range map[string]string{
		"": "letters, digits", "a b": "letters, digits", "ops,root": "letters, digits", "ALL=(ALL) ALL #": "letters, digits", "-u": "letters, digits", "#0": "letters, digits", `dom\ops`: "letters, digits",
		"a\nb": "letters, digits", strings.Repeat("a", 70): "letters, digits", "+net": "letters, digits", "!ops": "letters, digits", "%": "letters, digits", "%%x": "letters, digits", "%#0": "letters, digits", "%:x": "letters, digits",
		"ALL": "is every user", "OPS": "is an alias", "O": "is an alias", "O9_X": "is an alias", "CWD": "is an alias", "NOPASSWD": "is an alias",
		"Defaults": "is a keyword", "User_Alias": "is a keyword", "Host_Alias": "is a keyword", "Cmnd_Alias": "is a keyword", "Cmd_Alias": "is a keyword", "Runas_Alias": "is a keyword", "sudoedit": "is a keyword", "sha256": "is a keyword",
	} {
		if text, err := Rules(&document.Playbook{Name: "x"}, user, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("user %q: %v: %s", user, err, text)
		}
	}
	for _, user := range []string{"ops", "_ops", "Ops", "O-P", "O.P", "%ALL", "%OPS", "%Defaults", "all", "defaults", "list", "a1", "Defaults_x"} {
		if _, err := Rules(&document.Playbook{Name: "x"}, user, false); err != nil {
			t.Errorf("user %q: %v", user, err)
		}
	}
}

// The paths that a fact can be are those that its probe looks at.
func TestCommandPaths(t *testing.T) {
	text, err := os.ReadFile("../rmc-restore.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := document.Parse("rmc-restore.yaml", text, document.Embedded{})
	if err != nil {
		t.Fatal(err)
	}
	probe := ""
	for _, x := range p.Probes {
		if x.ID == "rsct_paths" {
			probe = x.Run.V
		}
	}
	for fact, mark := range map[string]string{"rsct_paths.bin": "rmcctrl", "rsct_paths.install": "recfgct", "rsct_paths.refresh_md": "rmcrefreshMD"} {
		paths := newRules(p).paths[fact]
		if len(paths) == 0 {
			t.Errorf("%s has no paths", fact)
		}
		for _, path := range paths {
			path = strings.TrimSuffix(path, "/"+mark)
			if want := regexp.MustCompile(fmt.Sprintf(`for d in [^;]*%s[ ;][^\n]*\n[^\n]*/%s"`, regexp.QuoteMeta(path), mark)); !want.MatchString(probe) {
				t.Errorf("%s: the probe does not look for %s in %s", fact, mark, path)
			}
		}
	}
}

// Whatever the text: the lines are lines.
func FuzzSudoers(f *testing.F) {
	for _, seed := range []string{"/a '^$' \"$x\" {{ y }}", "for a in b c; do /x/$a; done", "/a 'b\nc' \\", "{{ rsct_paths.bin }}/a", "/a\x01 é"} {
		f.Add(seed)
	}
	line := regexp.MustCompile(`^/(\\.|[^\n*\\])* ((\\[,:=\\*?\[\]^#!]|\[0-9\]|[^,:=\\*?\[\]^#!\n])*)$`)
	f.Fuzz(func(t *testing.T, text string) {
		lines, _ := newRules(changing("", "")).linesOf(text)
		for _, l := range lines {
			if !line.MatchString(l) {
				t.Errorf("%q has the line %q", text, l)
			}
		}
	})
}
