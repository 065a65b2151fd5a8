package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/terminal"
)

// screens are the calls whose screens are read, in their order. Those without -i or --state
// in their words need none.
var screens = []struct{ words, answer string }{
	{words: "inventory list -i inventory.yaml"},
	{words: "inventory check -i inventory.yaml"},
	{words: "inventory check -i missing.yaml"},
	{words: "init -o new.yaml root@127.0.0.1", answer: "no"},
	{words: "hostkeys -i inventory.yaml"},
	{words: "hostkeys -i inventory.yaml --known-hosts other", answer: "no"},
	{words: "audit -i inventory.yaml --state state"},
	{words: "audit -i inventory.yaml --state state -l nosuch"},
	{words: "audit -i inventory.yaml --state state --since latest"},
	{words: "plan -i inventory.yaml --state state --out plan.json"},
	{words: "plan -i inventory.yaml --state state -v"},
	{words: "plan show plan.json"},
	{words: "plan show plan.json -l aixvm002"},
	{words: "recover --plan plan.json --state state", answer: "no"},
	{words: "capture -i inventory.yaml --state state --label before-the-change-of-the-boot-image"},
	{words: "capture list --state state"},
	{words: "capture show aixvm002 latest --state state"},
	{words: "recover -i inventory.yaml --state state --deadline 1ms --yes --ticket CHG0012345"},
	{words: "runs --state state"},
	{words: "resume --state state", answer: "no"},
	{words: "recover -i inventory.yaml --state state --set settle=60ms --set wait=2s", answer: "yes"},
	{words: "recover -i inventory.yaml --state state", answer: "no"},
	{words: "recover --undo latest --state state --dry-run"},
	{words: "recover --undo latest --state state", answer: "no"},
	{words: "report latest --state state"},
	{words: "report latest --host aixvm002 --state state"},
	{words: "explain aixvm002 --state state"},
	{words: "explain aixvm005 --state state"},
	{words: "explain aixvm099 --state state"},
	{words: "diff latest latest --state state"},
	{words: "runs --state state"},
	{words: "runs prune --keep 1 --dry-run --state state"},
	{words: "capture prune --keep 1 --dry-run --state state"},
	{words: "capture list --state state"},
	{words: "record -i inventory.yaml --out recordings"},
	{words: "replay recordings/aixvm002.recording.json --state state"},
	{words: "playbook list"},
	{words: "playbook check"},
	{words: "runbook"},
	{words: "runbook rmc-disconnected"},
	{words: "runbook sources"},
	{words: "resume nosuch --state state"},
	{words: "version"},
	{words: "help"},
	{words: "recover --help"},
}

// wide are the lines that may be longer than the terminal.
var wide = []struct {
	line   *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`^\S+$`), "one word, such as a path: broken it could not be copied"},
	{regexp.MustCompile(`^\(?(\S*/)?aixmend [a-z][^;]*[;)]?$`), "a command of this program: it is to be pasted"},
	{regexp.MustCompile(`^(ran|runs|undo:?|aixvm[0-9]+: [a-z-]+:)\s+[^n]`), "the first line of a command for a host: it is shown as it is sent"},
}

// answer matches a command in report --host, or the answer of the host: they are evidence.
var answer = regexp.MustCompile(`^(    [$!] |      )`)

// Every screen can be read on a terminal of any usual width: no line is longer than the
// terminal, but for those in wide, the evidence in report --host, and the lines of commands for hosts, which are
// shown as they are sent; and no word is broken.
func TestScreensFit(t *testing.T) {
	for _, width := range []uint16{60, 80} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			screensFit(t, width)
		})
	}
}

func screensFit(t *testing.T, width uint16) {
	dir := t.TempDir()
	hosts, err := simulated.Hosts([]string{
		"healthy", "address-removed-smitty", "address-of-clone", "session-on-rmc-nic", "rmc-nic-ambiguous", "daemon-down", "rsct-below-minimum", "not-aix",
		"node-id-mismatch", "var-full", "healthy", "address-removed-live", "daemon-down", "not-aix", "healthy",
	}, 15)
	noError(t, err)
	fleet, err := simulated.Start(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	shown := make([]string, len(screens))
	seen := map[string]bool{} // all words
	for i, s := range screens {
		shown[i] = onScreen(t, dir, width, s.answer, strings.Fields(s.words)...)
		for word := range strings.FieldsSeq(shown[i]) {
			seen[strings.Trim(word, ".,;:()'\"")] = true
		}
	}
	sent := sentLines(t, filepath.Join(dir, "plan.json"))
	for i, text := range shown {
		lines := strings.Split(text, "\n")
		evidence := strings.Contains(screens[i].words, "--host")
		for n, line := range lines {
			if fitsScreen(line, int(width), sent) || evidence && answer.MatchString(line) {
				continue
			}
			t.Errorf("%s: line %d has %d columns: %q", screens[i].words, n+1, ansi.StringWidth(line), line)
		}
		for n, line := range lines[:len(lines)-1] {
			if word := broken(line, lines[n+1], seen); word != "" && !isSent(line, sent) && !evidence {
				t.Errorf("%s: line %d: %q is broken:\n%s\n%s", screens[i].words, n+1, word, line, lines[n+1])
			}
		}
	}
}

// onScreen is the text on a terminal of a width after a call of the command.
func onScreen(t *testing.T, dir string, width uint16, answer string, args ...string) string {
	t.Helper()
	k := &watching{dir: dir, dialogue: &dialogue{t: t}}
	k.person, k.side = terminal.Open(t)
	k.resize(width, 24)
	k.cmd = exec.Command(program(t), args...)
	k.cmd.Dir, k.cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TERM=dumb", "AIXMEND_SSH_CONFIG=" + request.None}
	k.cmd.Stdin, k.cmd.Stderr, k.cmd.Stdout = k.side, k.side, k.side
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	noError(t, k.cmd.Start())
	k.read()
	if answer != "" {
		k.says("Type 'yes' to continue: ", answer)
	}
	_ = k.cmd.Wait()
	const last = "(the last word)"
	_, err := k.side.WriteString(last)
	noError(t, err)
	k.sees(last)
	text, _, _ := strings.Cut(strings.ReplaceAll(k.shown.String(), "\r\n", "\n"), last)
	if strings.Contains(text, "panic: ") || strings.Contains(text, "\x1b") {
		t.Fatalf("%v:\n%s", args, text)
	}
	return text
}

// sentLines are the lines of the commands in a plan, without the ids of runs.
func sentLines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	noError(t, err)
	var plan struct {
		Hosts []struct {
			Plan []struct{ Command, Undo string }
		}
	}
	noError(t, json.Unmarshal(text, &plan))
	var list []string
	for _, h := range plan.Hosts {
		for _, s := range h.Plan {
			for line := range strings.SplitSeq(s.Command+"\n"+s.Undo, "\n") {
				list = append(list, strings.TrimSpace(ownRun.ReplaceAllString(line, "RUN")))
			}
		}
	}
	return list
}

func fitsScreen(line string, width int, sent []string) bool {
	if ansi.StringWidth(line) <= width {
		return true
	}
	for _, w := range wide {
		if w.line.MatchString(strings.TrimSpace(line)) {
			return true
		}
	}
	return isSent(line, sent)
}

// isSent reports whether a line is one of the commands for hosts.
func isSent(line string, sent []string) bool {
	return slices.Contains(sent, ownRun.ReplaceAllString(strings.TrimSpace(line), "RUN"))
}

// openList matches a line that ends within a list of hosts.
var openList = regexp.MustCompile(`[a-z][a-z0-9.-]*\[[0-9,-]*$`)

// broken is the word that is broken between two lines, "" for none.
func broken(line, next string, seen map[string]bool) string {
	ends, begins := strings.Fields(line), strings.Fields(next)
	if len(ends) == 0 || len(begins) == 0 {
		return ""
	}
	last, first := ends[len(ends)-1], begins[0]
	if openList.MatchString(last) {
		return last
	}
	joined := strings.Trim(last+first, ".,;:")
	if plainWord.MatchString(joined) && seen[joined] {
		return joined
	}
	return ""
}

// plainWord matches a word that is no part of a script.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9/:._-]+[A-Za-z0-9]$`)
