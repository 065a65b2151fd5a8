package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/request"
	"aixmend/transport/lab/terminal"
)

// A question that is answered with Ctrl-C or with no ends the verb: a line says that nothing
// was changed, and nothing sounds like an error or like work in progress.
func TestQuestionsThatAreDeclined(t *testing.T) {
	k := newWatching(t)
	anew := func() { // a terminal hangs up with its session
		k.dialogue = &dialogue{t: t}
		k.person, k.side = terminal.Open(t)
		k.resize(80, 24)
	}
	at := func(name string) string { return filepath.Join(k.dir, name) }
	timing := []string{"--set", "settle=60ms", "--set", "wait=5s"}
	k.start(nil, slices.Concat([]string{"recover", "--yes", "-l", "daemon-down"}, timing)...)
	k.ends(0)
	anew()
	k.start(nil, slices.Concat([]string{"plan", "-l", "remote-clients-disabled", "--out", at("plan.json")}, timing)...)
	k.ends(3)

	const ctrlC, cancelled = "\x03", "\ncancelled: nothing was changed\r\n"
	const no, declined = "no\n", "\nnot confirmed: nothing was changed\r\n"
	for _, c := range []struct {
		asks, answer, says string
		code               int
		args               []string
	}{
		{"Type 'yes' to continue: ", ctrlC, cancelled, 130, slices.Concat([]string{"recover", "-l", "remote-clients-disabled"}, timing)},
		{"Type 'yes' to continue: ", no, declined, 2, slices.Concat([]string{"recover", "-l", "remote-clients-disabled"}, timing)},
		{"Type 'yes' to continue: ", ctrlC, cancelled, 130, []string{"recover", "--plan", at("plan.json")}},
		{"Type 'yes' to continue: ", no, declined, 2, []string{"recover", "--plan", at("plan.json")}},
		{"Type 'yes' to continue: ", ctrlC, cancelled, 130, []string{"recover", "--undo", "latest"}},
		{"Type 'yes' to continue: ", no, declined, 2, []string{"recover", "--undo", "latest"}},
		{"Type 'yes' to continue: ", ctrlC, cancelled, 130, []string{"hostkeys", "-l", "healthy", "--known-hosts", at("other")}},
		{"Hosts: ", ctrlC, cancelled, 130, []string{"init"}},
		{"Type 'yes' to continue: ", ctrlC, "\ncancelled: " + at("new.yaml") + " is written, and no host key was fetched\r\n", 130, []string{"init", "root@127.0.0.1"}},
	} {
		usual := []string{"-i", at("inventory.yaml"), "--state", at("state"), "--ssh-config", request.None}
		switch {
		case c.args[0] == "init":
			usual = []string{"-o", at("new.yaml"), "--ssh-config", request.None}
		case c.args[1] == "--undo":
			usual = usual[2:]
		}
		anew()
		if strings.HasPrefix(c.asks, "Type 'yes'") {
			k.press("yes\n") // before there was anything to read: it approves nothing
		}
		k.call(nil, append(c.args, usual...)...)
		k.sees(c.asks)
		k.press(c.answer)
		k.ends(c.code)
		shown := k.shown.String()
		if !strings.HasSuffix(oneLine(shown), oneLine(c.says)) || strings.Contains(shown, "error:") || strings.Contains(shown, "finishing work in progress") {
			t.Errorf("%v, %q:\n%s", c.args, c.answer, shown)
		}
	}
	// Where no step has an undo nothing is asked.
	for _, c := range []struct {
		answer string
		code   int
		args   []string
	}{
		{"yes\n", 0, []string{"recover", "--plan", at("plan.json"), "-i", at("inventory.yaml")}},
		{"", 0, []string{"recover", "--undo", "latest"}},
	} {
		anew()
		k.call(nil, append(c.args, "--state", at("state"), "--ssh-config", request.None)...)
		if c.answer != "" {
			k.sees("Type 'yes' to continue: ")
			k.press(c.answer)
		}
		k.ends(c.code)
		says := "can be rolled back on remote-clients-disabled: no step of it has an undo; aixmend report "
		if shown := k.shown.String(); c.answer == "" && !strings.Contains(oneLine(shown), says) {
			t.Errorf("%s", shown)
		}
	}
	if _, err := os.Stat(at("other")); err == nil {
		t.Error("a host key is stored without a yes")
	}
}
