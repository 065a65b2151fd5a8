package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/console"
	"aixmend/transport/lab/terminal"
)

// On a terminal approve asks for the passphrase without echo, shows the plan and asks; only a yes
// signs, and the passphrase is nowhere.
func TestApproveOnATerminal(t *testing.T) {
	r := newTrial(t, "daemon-down")
	r.plan()
	const passphrase = "correct-horse-battery"
	key, signers := approver(t, r.dir, passphrase)
	args := []string{"approve", r.dir + "/plan.json", "--key", key, "--allowed-signers", signers, "--comment", "CHG-1"}
	asks := func(k *dialogue, answer string) {
		t.Helper()
		terminal.Until(t, "it asks for the passphrase", func() bool {
			return strings.Contains(k.shown.String(), "passphrase of "+key+": ") && !terminal.Echoes(t, k.side)
		})
		k.says("passphrase of "+key+": ", answer)
	}
	k := onATerminal(t, args...)
	asks(k, passphrase)
	k.says("Type 'yes' to continue: ", "no")
	k.ends(2)
	if !strings.Contains(k.shown.String(), "not confirmed: nothing was changed, and nothing was signed") {
		t.Errorf("not said:\n%s", k.shown.String())
	}
	if found, _ := filepath.Glob(r.dir + "/plan.json.*"); len(found) > 0 {
		t.Errorf("written: %q", found)
	}
	k = onATerminal(t, args...)
	asks(k, passphrase)
	k.says("Type 'yes' to continue: ", "yes")
	k.ends(0)
	for _, want := range []string{
		"plan plan.json, id ", "not signed: anybody who could write plan.json may have changed it", "daemon-down (127.0.0.1, login root)", "/usr/sbin/rsct/bin/rmcctrl -A",
		"undo: /usr/sbin/rsct/bin/rmcctrl -z", "approve signs plan plan.json of ", "1 host, 1 would change.", "The approval is good for 24h; key SHA256:", ") signs it as ben.",
	} {
		if !strings.Contains(oneLine(k.shown.String()), oneLine(want)) {
			t.Errorf("no %q in\n%s", want, k.shown.String())
		}
	}
	for _, name := range []string{"plan.json.approval", "plan.json.approval.sig"} {
		text, err := os.ReadFile(filepath.Join(r.dir, name))
		noError(t, err)
		if strings.Contains(string(text), passphrase) {
			t.Errorf("%s holds the passphrase", name)
		}
	}
	if strings.Contains(k.shown.String()+k.out.String(), passphrase) {
		t.Error("the passphrase is shown")
	}
	for _, answer := range []string{"wrong", "wrong again", "still wrong"} {
		if k.cmd.ProcessState != nil {
			k = onATerminal(t, args...)
		}
		asks(k, answer)
		k.shown.cut("passphrase of " + key + ": ")
	}
	k.ends(2)
	if !strings.Contains(oneLine(k.shown.String()), "3 passphrases were typed, and none opens it") {
		t.Errorf("wrong passphrases:\n%s", k.shown.String())
	}
}

// An approval is checked again after the question, which may have waited for long.
func TestApprovalAfterTheQuestion(t *testing.T) {
	r := newTrial(t, "daemon-down")
	r.plan()
	key, signers := approver(t, r.dir, "")
	var out, errs bytes.Buffer
	if code := run([]string{"approve", r.dir + "/plan.json", "--key", key, "--yes"}, console.Streams{Out: &out, Err: &errs}); code != 0 {
		t.Fatalf("%d\n%s", code, errs.String())
	}
	k := onATerminal(t, "recover", "-i", r.dir+"/inventory.yaml", "--plan", r.dir+"/plan.json", "--ssh-config", "none", "--state", r.dir+"/state", "--require-approval", "--allowed-signers", signers)
	k.sees("Type 'yes' to continue: ")
	if !strings.Contains(k.shown.String(), "approved by ben (key SHA256:") {
		t.Errorf("not shown:\n%s", k.shown.String())
	}
	noError(t, os.Remove(r.dir+"/plan.json.approval"))
	k.says("Type 'yes' to continue: ", "yes")
	k.ends(2)
	if !strings.Contains(oneLine(k.shown.String()), "plan.json.approval is not there") {
		t.Errorf("not said:\n%s", k.shown.String())
	}
	if effects := r.fleet.Host(r.host).Effects(); len(effects) > len(r.ill.Effects) {
		t.Errorf("changed: %q", effects)
	}
}
