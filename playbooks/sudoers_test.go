package playbooks

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

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

// sudoTool returns a program of the sudo package.
func sudoTool(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
		t.Fatal(name + " is not installed: apt-get install sudo")
	}
	t.Skip(name + " is not installed on this machine")
	return ""
}

// What is printed is what sudo reads, also where the rules of several playbooks and of
// several logins stand side by side.
func TestSudoersIsAccepted(t *testing.T) {
	visudo := sudoTool(t, "visudo")
	odd := probing(t, `/usr/bin/a '^x$' '#y' 'a#b' '!z' 'p,q:r=s\t' '[*?]' '"' "it's" '(c)' '{d}' '$e' '%f' '@g' '~' 'é'; /usr/bin/b`)
	texts := map[string]string{"odd characters": sudoersOf(t, odd)}
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = sudoersOf(t, p)
		texts["all"] += texts[name]
		for _, user := range []string{"auditor", "%ops"} {
			text, err := p.Sudoers(user, user == "auditor")
			if err != nil {
				t.Fatal(err)
			}
			texts["all"] += text
		}
	}
	if !strings.Contains(texts["odd characters"], "\n    /usr/bin/a ") {
		t.Errorf("not granted:\n%s", texts["odd characters"])
	}
	for name, text := range texts {
		cmd := exec.Command(visudo, "-csf", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", name, err, out, text)
		}
	}
}

// No argument has a pattern that matches more than one character, whatever the playbook: a
// * or ? in sudoers also matches blanks.
func TestSudoersHaveNoWildcards(t *testing.T) {
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(sudoersOf(t, p)) {
			granting := !strings.HasPrefix(line, "#")
			if bare := strings.NewReplacer(`\*`, "", `\?`, "").Replace(line); granting && strings.ContainsAny(bare, "*?") || granting && strings.Contains(line, "/sh ") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// Of each name, sudo says itself whether it is a user; what it reads otherwise is refused.
func TestSudoersUserAsSudoReadsIt(t *testing.T) {
	cvt := sudoTool(t, "cvtsudoers")
	read := regexp.MustCompile(`"User_List": \[\s*\{ "(username|usergroup)": "([^"]*)" \}\s*\]`)
	book := probing(t, "/usr/bin/a")
	taken := 0
	for _, user := range []string{
		"ops", "OPS", "ALL", "O9_X", "O_", "O", "_", "_O", "__", "_9", "O-P", "O.P", "Ops", "oPS", "a1", "%ops", "%OPS", "%ALL", "%Defaults", "%User_Alias", "root", "ops.", "list", "Defaults", "Defaults_x", "Defaults.x", "Defaults-x", "DefaultsX", "defaults", "User_Alias",
		"Host_Alias", "Cmnd_Alias", "Cmd_Alias", "Runas_Alias", "User_Aliases", "xUser_Alias", "user_alias", "sudoedit", "sudoedit_x", "include", "includedir", "include_x", "CWD", "CHROOT", "ROLE", "TYPE", "PRIVS", "LIMITPRIVS", "APPARMOR_PROFILE", "TIMEOUT", "NOTBEFORE", "NOTAFTER",
		"NOPASSWD", "PASSWD", "SETENV", "NOSETENV", "EXEC", "NOEXEC", "FOLLOW", "NOFOLLOW", "MAIL", "NOMAIL", "INTERCEPT", "NOINTERCEPT", "LOG_INPUT", "LOG_OUTPUT", "sha224", "sha256", "sha384", "sha512", "sha1", "md5", "true", "false", "on", "off", "all", "Host_List", "Option_x",
	} {
		text, err := book.Sudoers(user, false)
		if err != nil {
			continue
		}
		cmd := exec.Command(cvt, "-f", "json", "-")
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.Output()
		m := read.FindStringSubmatch(string(out))
		if err != nil || m == nil || strings.TrimPrefix(user, "%") != m[2] || user == "ALL" || strings.HasPrefix(user, "%") != (m[1] == "usergroup") {
			t.Errorf("%s: %v: sudo reads %q in\n%s", user, err, m, out)
		}
		taken++
	}
	if taken < 20 {
		t.Errorf("only %d names were taken", taken)
	}
}

// probing is a playbook with one probe.
func probing(t *testing.T, run string) *Playbook {
	t.Helper()
	text := "apiVersion: aixmend/v1\nname: one\ntitle: one\nprobes:\n  - id: p\n    run: |\n      " + strings.ReplaceAll(run, "\n", "\n      ") + "\n" +
		"  - {id: me, run: /usr/bin/me, parse: word}\n" +
		"findings: [{id: f, severity: info, when: 'me.text == \"\"', title: t, evidence: [e], source: s}]\n"
	p, err := Parse("one.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
