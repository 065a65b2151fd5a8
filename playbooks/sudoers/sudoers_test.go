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
		step, _ := Rules(changing(run, "none: x"), "ops", true)
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
		return strings.Contains(line, onhost.LeasePath) || strings.Contains(line, "/etc/aixmend.plan.")
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
		text, err := Rules(changing(run, "none: x"), "ops", true)
		if diff := cmp.Diff(want, withoutLease(t, linesOf(text))); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", run, err, diff)
		}
	}
}

// What needs a root shell, or a person to write the line, says so with the
// reason.
func TestSudoersComments(t *testing.T) {
	files := changing("/usr/bin/a", "/usr/bin/b")
	files.Rungs[0].Steps = append(files.Rungs[0].Steps, document.Step{ID: "up", Upload: &document.Upload{}}, document.Step{ID: "down", Fetch: document.Text{V: "/x"}},
		document.Step{ID: "net", Run: document.Text{V: "/usr/bin/c"}, Undo: document.Text{V: "/usr/bin/d"}, TimedUndo: true})
	for want, p := range map[string]*document.Playbook{
		"# - step s of rung r: it writes a file by redirection\n":                                       changing("/usr/bin/a >/etc/x", "none: x"),
		"# - the undo of step s of rung r: \"kill\" is no absolute path\n":                              changing("/usr/bin/a", "kill 1"),
		"# - step s of rung r: \"{{ tool }}\" is no absolute path\n":                                    changing("{{ tool }} -x", "none: x"),
		"# These commands depend on the host; write a line for each:\n# - step s of rung r: \"* -x\"\n": changing(`"$p" -x`, "none: x"),
		"# - step up of rung r: it uploads files to the host\n":                                         files,
		"# - step down of rung r: it fetches files from the host\n":                                     files,
		"# - step net of rung r: its timed undo waits on the host in the background\n":                  files,
		"    /usr/bin/mv /etc/aixmend.undo.net /etc/aixmend.undo.net.disarmed, \\\n":                    files,
	} {
		if text, err := Rules(p, "ops", true); err != nil || !strings.Contains(text, want) {
			t.Errorf("%v: %q is not in\n%s", err, want, text)
		}
	}
	audit, _ := Rules(files, "%admins", false)
	if strings.Contains(audit, "recover") || !strings.Contains(audit, "Defaults:%admins !requiretty") {
		t.Errorf("for audit alone:\n%s", audit)
	}
}

func TestSudoersUser(t *testing.T) {
	for _, user := range []string{"", "a b", "ops,root", "ALL=(ALL) ALL #", "-u", "#0", `dom\ops`, "a\nb", strings.Repeat("a", 70)} {
		if text, err := Rules(&document.Playbook{Name: "x"}, user, false); err == nil {
			t.Errorf("user %q: %s", user, text)
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
	line := regexp.MustCompile(`^/(\\.|[^\n*\\])* ((\\[,:=\\*?\[\]^#!]|[^,:=\\?\[\]^#!\n])*)$`)
	f.Fuzz(func(t *testing.T, text string) {
		r := newRules(changing("", ""))
		r.add("step", text)
		for _, l := range r.lines {
			if !line.MatchString(l) {
				t.Errorf("%q has the line %q", text, l)
			}
		}
	})
}
