package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/terminal"
)

// dialogue is a call of the command on a terminal.
type dialogue struct {
	t            *testing.T
	person, side *os.File // the two ends of the terminal: the person's, the command's
	cmd          *exec.Cmd
	shown        both // what the person sees
	out          both
}

// onATerminal starts the command on a terminal: it reads and asks there.
func onATerminal(t *testing.T, args ...string) *dialogue {
	t.Helper()
	person, side := terminal.Open(t)
	k := &dialogue{t: t, person: person, side: side, cmd: exec.Command(program(t), args...)}
	k.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=dumb"}
	k.cmd.Stdin, k.cmd.Stderr, k.cmd.Stdout = side, side, &k.out
	if err := k.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	k.read()
	return k
}

// read reads the person's end until the terminal is closed.
func (k *dialogue) read() {
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := k.person.Read(buffer)
			_, _ = k.shown.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
}

// sees waits for a question, wherever its lines are broken.
func (k *dialogue) sees(question string) {
	k.t.Helper()
	terminal.Until(k.t, "it asks: "+question, func() bool { return strings.Contains(oneLine(k.shown.String()), oneLine(question)) })
}

// oneLine is a text as one line, without what moves the cursor.
func oneLine(text string) string { return strings.Join(strings.Fields(ansi.Strip(text)), " ") }

// says answers a question.
func (k *dialogue) says(question, answer string) {
	k.t.Helper()
	k.sees(question)
	if _, err := k.person.WriteString(answer + "\n"); err != nil {
		k.t.Fatal(err)
	}
}

// ends waits for the end, and until the person has seen everything, and checks the exit
// code.
func (k *dialogue) ends(code int) {
	k.t.Helper()
	var exit *exec.ExitError
	if err := k.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		k.t.Fatal(err)
	}
	const last = "(the last word)"
	if _, err := k.side.WriteString(last); err == nil { // else the terminal is gone
		terminal.Until(k.t, "everything is shown", func() bool { return k.shown.cut(last) })
	}
	if got := k.cmd.ProcessState.ExitCode(); got != code {
		k.t.Errorf("exit code %d, want %d\n%s%s", got, code, k.shown.String(), k.out.String())
	}
}

// On a terminal new keys are stored after a yes, and each changed host is asked
// for by itself.
func TestHostKeysOnATerminal(t *testing.T) {
	dir := t.TempDir()
	hosts, err := namedHosts([]string{"healthy", "not-aix"})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	known := filepath.Join(dir, "new", "known_hosts")
	args := []string{"hostkeys", "-i", filepath.Join(dir, "inventory.yaml"), "--state", filepath.Join(dir, "state"), "--known-hosts", known}
	const store = "? Compare them with the consoles first. Type 'yes' to continue: "

	for _, answer := range []string{"no", "y", ""} {
		k := onATerminal(t, args...)
		k.says("Store the keys of 2 new hosts in "+known+": healthy not-aix"+store, answer)
		k.ends(3)
	}
	k := onATerminal(t, args...)
	k.sees(store)
	if err := k.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	k.ends(130)
	if _, err := os.Stat(filepath.Dir(known)); err == nil {
		t.Fatal("something was stored without a yes")
	}
	k = onATerminal(t, args...)
	k.says(store, "yes")
	k.sees("stored the keys of 2 hosts in " + known)
	k.ends(0)
	if shown := k.shown.String(); strings.Count(shown, "SHA256:") != 2 {
		t.Errorf("shown\n%s", shown)
	}

	right, err := os.ReadFile(known)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(right, []byte("\n"))
	change := func() { // both hosts have been redeployed
		var old bytes.Buffer
		for _, line := range lines[:2] {
			key, err := sshtest.NewKey()
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := bytes.Cut(line, []byte(" "))
			old.Write(append(append(bytes.Clone(name), ' '), gossh.MarshalAuthorizedKey(key.PublicKey())...))
		}
		write(t, known, old.String())
	}
	change()
	k = onATerminal(t, args...)
	k.says("Replace the known keys? Type 'yes' or healthy: ", "healthy")
	k.says("Replace the known keys? Type 'yes' or not-aix: ", "healthy") // the name of another one
	k.ends(3)
	after, err := os.ReadFile(known)
	if healthy, other := bytes.Contains(after, lines[0]), bytes.Contains(after, lines[1]); err != nil || !healthy || other {
		t.Errorf("healthy replaced: %v, not-aix replaced: %v, %v\n%s", healthy, other, err, after)
	}
	if shown := k.shown.String(); !strings.Contains(shown, "known  ssh-ed25519 SHA256:") || !strings.Contains(shown, "not seen in any run in") {
		t.Errorf("shown\n%s", shown)
	}
	change()
	k = onATerminal(t, append(args, "--replace")...)
	k.says("Replace the known keys of 2 hosts in "+known+": healthy not-aix? Type 'yes' to continue: ", "yes")
	k.ends(0)
	onATerminal(t, args...).ends(0)
}
