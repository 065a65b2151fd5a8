package playbooks

import (
	"os/exec"
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
		"findings: [{id: f, severity: info, when: 'me.text == \"\"', title: t, evidence: [e], source: s}]\n"
	p, err := Parse("one.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
