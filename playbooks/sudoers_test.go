package playbooks

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/lab/golden"
)

// sudoersOf is the fragment of a playbook, for changes too.
func sudoersOf(t *testing.T, p *Playbook) string {
	t.Helper()
	text, err := p.Sudoers("ops", true)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSudoersGolden(t *testing.T) {
	var b strings.Builder
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(sudoersOf(t, p) + "\n")
	}
	golden.Check(t, "testdata/sudoers.golden", b.String())
}

// What is printed is what sudo reads.
func TestSudoersIsAccepted(t *testing.T) {
	visudo, err := exec.LookPath("visudo")
	if err != nil {
		if visudo, err = exec.LookPath("/usr/sbin/visudo"); err != nil {
			t.Skip("visudo is not installed on this machine")
		}
	}
	texts := map[string]string{"odd characters": sudoersOf(t, probing(t, `/usr/bin/a '^x$' '#y' 'a#b' '!z' 'p,q:r=s\t' '[*?]' '' '"' "it's" 'a b' '(c)' '{d}' '$e' '%f' '@g' '~' 'é'; /usr/bin/b`))}
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = sudoersOf(t, p)
	}
	for name, text := range texts {
		cmd := exec.Command(visudo, "-cf", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", name, err, out, text)
		}
	}
}

// probing is a playbook with one probe.
func probing(t *testing.T, run string) *Playbook {
	t.Helper()
	text := "apiVersion: aixmend/v1\nname: one\ntitle: one\nprobes:\n  - id: p\n    run: |\n      " + strings.ReplaceAll(run, "\n", "\n      ") + "\n" +
		"  - {id: me, run: /usr/bin/me, parse: word}\n" +
		"findings: [{id: f, row: D1, severity: info, when: 'me.text == \"\"', title: t, evidence: [e], source: s}]\n"
	p, err := Parse("one.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// changing is a playbook with one step.
func changing(run, undo string) *Playbook {
	paths := func(key string, list ...string) strictyaml.Entry[[]Text] {
		e := strictyaml.Entry[[]Text]{Key: key}
		for _, path := range list {
			e.Value = append(e.Value, Text{V: path})
		}
		return e
	}
	probe := Probe{ID: "rsct_paths", Login: true, Paths: strictyaml.Map[[]Text]{ // run as the login: it takes no line itself
		paths("bin", "/opt/rsct/bin", "/usr/sbin/rsct/bin"),
		paths("install", "/opt/rsct/install/bin", "/usr/sbin/rsct/install/bin"),
		paths("refresh_md", "/opt/rsct/bin/rmcrefreshMD", "/usr/sbin/rsct/bin/rmcrefreshMD"),
	}}
	return &Playbook{Name: "one", Probes: []Probe{probe}, Rungs: []Rung{{ID: "r", Steps: []Step{{ID: "s", Run: Text{V: run}, Undo: Text{V: undo}}}}}}
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
	for run, want := range map[string][]string{
		"/usr/bin/a":                                           {`/usr/bin/a ""`},
		"/usr/bin/a -x 'b,c:d=e'":                              {`/usr/bin/a -x b\,c\:d\=e`},
		`/usr/bin/a 'r.*' '^[[:space:]]' \\`:                   {`/usr/bin/a r.\* \^\[\[\:space\:\]\] \\`},
		`/usr/bin/a "$x" "n=$x" '' b`:                          {`/usr/bin/a * n\=* * b`},
		"/usr/bin/a 'two\nlines'":                              {`/usr/bin/a two*lines`},
		`p=/a/x; [ -x "$p" ] || p=/b/x; "$p"`:                  {`/a/x ""`, `/b/x ""`},
		`for a in b c; do /usr/bin/x "$a"; done; /usr/bin/x b`: {`/usr/bin/x b`, `/usr/bin/x c`},
		`/usr/bin/a | /usr/bin/b -n 1; printf x`:               {`/usr/bin/a ""`, `/usr/bin/b -n 1`},
		`echo x >/etc/y`:                                       {},
	} {
		step, _ := changing(run, "none: x").Sudoers("ops", true)
		if diff := cmp.Diff(want, withoutLease(t, linesOf(step))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", run, diff)
		}
	}
}

// withoutLease takes the lines away that every playbook needs that changes
// anything.
func withoutLease(t *testing.T, lines []string) []string {
	t.Helper()
	rest := slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return strings.Contains(line, LeasePath) || strings.Contains(line, planMarkPath)
	})
	if len(lines)-len(rest) != 8 {
		t.Errorf("the lease takes six lines and the mark of a plan two, found %d", len(lines)-len(rest))
	}
	return rest
}

func TestSudoersInterpolations(t *testing.T) {
	for run, want := range map[string][]string{
		"/usr/bin/a {{ nic.name }} -a x={{ nic.addr }}/64":                  {`/usr/bin/a * -a x\=*/64`},
		"/usr/bin/a x{{ a }}{{ b }}y":                                       {`/usr/bin/a x*y`},
		"{{ rsct_paths.bin }}/rmcctrl -p":                                   {`/opt/rsct/bin/rmcctrl -p`, `/usr/sbin/rsct/bin/rmcctrl -p`},
		"{{ rsct_paths.refresh_md }} -s ctrmc":                              {`/opt/rsct/bin/rmcrefreshMD -s ctrmc`, `/usr/sbin/rsct/bin/rmcrefreshMD -s ctrmc`},
		`/usr/bin/a b {{ ["-a", "c=" + d].filter(x, d != "") }} -e`:         {`/usr/bin/a b * -e`, `/usr/bin/a b -e`},
		`d={{ rsct_paths.install }}; "$d/recfgct" -n; /usr/bin/a "{{ x }}"`: {`/opt/rsct/install/bin/recfgct -n`, `/usr/bin/a *`, `/usr/sbin/rsct/install/bin/recfgct -n`},
	} {
		text, err := changing(run, "none: x").Sudoers("ops", true)
		if diff := cmp.Diff(want, withoutLease(t, linesOf(text))); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", run, err, diff)
		}
	}
}

// What needs a root shell, or a person to write the line, says so with the
// reason.
func TestSudoersComments(t *testing.T) {
	files := changing("/usr/bin/a", "/usr/bin/b")
	files.Rungs[0].Steps = append(files.Rungs[0].Steps, Step{ID: "up", Upload: &Upload{}}, Step{ID: "down", Fetch: Text{V: "/x"}},
		Step{ID: "net", Run: Text{V: "/usr/bin/c"}, Undo: Text{V: "/usr/bin/d"}, TimedUndo: true})
	for want, p := range map[string]*Playbook{
		"# - step s of rung r: it writes a file by redirection\n":                                                     changing("/usr/bin/a >/etc/x", "none: x"),
		"# - the undo of step s of rung r: \"kill\" is no absolute path\n":                                            changing("/usr/bin/a", "kill 1"),
		"# - step s of rung r: \"{{ tool }}\" is no absolute path\n":                                                  changing("{{ tool }} -x", "none: x"),
		"# Only the host can tell which commands these are; write a line for each:\n# - step s of rung r: \"* -x\"\n": changing(`"$p" -x`, "none: x"),
		"# - step up of rung r: it brings files to the host\n":                                                        files,
		"# - step down of rung r: it fetches files of the host\n":                                                     files,
		"# - step net of rung r: its undo is armed on the host before it, and that waits in the background\n":         files,
		"    /usr/bin/mv /etc/aixmend.undo.net /etc/aixmend.undo.net.disarmed, \\\n":                                  files,
	} {
		if text, err := p.Sudoers("ops", true); err != nil || !strings.Contains(text, want) {
			t.Errorf("%v: %q is not in\n%s", err, want, text)
		}
	}
	audit, _ := files.Sudoers("%admins", false)
	if strings.Contains(audit, "recover") || !strings.Contains(audit, "Defaults:%admins !requiretty") {
		t.Errorf("for audit alone:\n%s", audit)
	}
}

func TestSudoersUser(t *testing.T) {
	for _, user := range []string{"", "a b", "ops,root", "ALL=(ALL) ALL #", "-u", "#0", `dom\ops`, "a\nb", strings.Repeat("a", 70)} {
		if text, err := (&Playbook{Name: "x"}).Sudoers(user, false); err == nil {
			t.Errorf("user %q: %s", user, text)
		}
	}
}

// The paths that a fact can be are those that its probe looks at.
func TestCommandPaths(t *testing.T) {
	p, err := Load("rmc-restore")
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
		paths := p.newRules().paths[fact]
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
	line := regexp.MustCompile(`^/(\\.|[^\n*\\])* ((\\[,:=\\*?\[\]^#!]|[^,:=\\?\[\]^#!\n])*)$`)
	f.Fuzz(func(t *testing.T, text string) {
		r := changing("", "").newRules()
		r.add("step", text)
		for _, l := range r.lines {
			if !line.MatchString(l) {
				t.Errorf("%q has the line %q", text, l)
			}
		}
	})
}
