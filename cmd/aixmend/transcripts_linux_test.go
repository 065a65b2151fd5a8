package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/terminal"
)

// transcript is a command in a page, with the lines that a terminal shows for it.
type transcript struct {
	line    int
	command string
	shows   string
}

// transcripts are the commands in the indented blocks of a page.
func transcripts(t *testing.T, name string) []transcript {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	noError(t, err)
	var list []transcript
	open := false
	for i, line := range strings.Split(string(text), "\n") {
		code, indented := strings.CutPrefix(line, "    ")
		command, typed := strings.CutPrefix(code, "$ aixmend ")
		switch {
		case indented && typed:
			list = append(list, transcript{line: i + 1, command: command})
			open = true
		case !indented && line != "":
			open = false
		case open:
			list[len(list)-1].shows += code + "\n"
		}
	}
	return list
}

// reader is somebody at a terminal of 80 columns, in a folder with an inventory.yaml.
type reader struct {
	t     *testing.T
	dir   string
	fleet *aixsim.Fleet
}

// newReader starts the fleet of the demo, whose hosts are in the group prod and whose keys are
// not known yet.
func newReader(t *testing.T) reader {
	t.Helper()
	d := reader{t: t, dir: t.TempDir()}
	hosts, err := simulated.Hosts(simulated.Story(), len(simulated.Story()))
	noError(t, err)
	d.fleet, err = simulated.Start(d.dir, hosts, 0)
	noError(t, err)
	t.Cleanup(d.fleet.Close)
	noError(t, os.Remove(filepath.Join(d.dir, "known_hosts")))
	inventory := strings.Replace(simulated.InventoryHead, "hosts:\n", "groups: {prod: {}}\nhosts:\n", 1)
	for _, m := range d.fleet.Inventory() {
		inventory += fmt.Sprintf("  %s: {address: %q, ssh: {port: %d}, groups: [prod]}\n", m.Name, m.Address, m.Port)
	}
	write(t, filepath.Join(d.dir, "inventory.yaml"), inventory)
	return d
}

// types runs a command, answers its questions with yes and returns what the terminal shows.
func (d reader) types(command string) string {
	d.t.Helper()
	person, side := terminal.Open(d.t)
	noError(d.t, unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 80, Row: 40}))
	cmd := exec.Command(program(d.t), strings.Fields(command)...)
	cmd.Dir, cmd.Env = d.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + d.dir, "TERM=dumb", "PAGER=cat", "AIXMEND_SSH_CONFIG=" + request.None}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = side, side, side
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	noError(d.t, cmd.Start())
	noError(d.t, side.Close())
	const question = "Type 'yes' to continue: "
	shown, answered := "", 0
	buffer := make([]byte, 4096)
	for {
		n, err := person.Read(buffer)
		shown += string(buffer[:n])
		if asked := strings.Count(shown, question); asked > answered {
			answered = asked
			_, _ = person.WriteString("yes\n")
		}
		if err != nil { // the command has ended
			break
		}
	}
	_ = cmd.Wait()
	return strings.ReplaceAll(shown, "\r\n", "\n")
}

var (
	// waits are the flags that only simulated hosts need.
	waits = regexp.MustCompile(` (?:--set \S+|--ssh-config none)`)
	// continued is the end of a line of a command that goes on below.
	continued = regexp.MustCompile(` \\\n +`)
	spaces    = regexp.MustCompile(`[ \t]+`)
	keyPrint  = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`)
	// addressed is a host with its address on loopback.
	addressed = regexp.MustCompile(`(aixvm0*([0-9]+)[ (]+)127\.0\.0\.1([ :][0-9]+)?`)
	portOf    = regexp.MustCompile(`10\.1\.2\.[0-9]+([ :])[0-9]+`)
)

// comparable are the lines of a text as far as they are the same in each run: without the
// addresses, keys, ids and times, and however commands and columns are laid out.
func comparable(text string) []string {
	text = continued.ReplaceAllString(text, " ")
	text = spaces.ReplaceAllString(text, " ")
	text = waits.ReplaceAllString(text, "")
	text = addressed.ReplaceAllString(text, "${1}10.1.2.$2$3")
	text = portOf.ReplaceAllString(text, "10.1.2.N${1}22")
	text = keyPrint.ReplaceAllString(ownRun.ReplaceAllString(text, "RUN"), "KEY")
	var list []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// missing returns the first line of a transcript that the lines shown do not have at its
// place, "" where they are the same. A line "..." stands for any lines, and "..." within a
// line for any text.
func missing(transcript, shown []string) string {
	if len(transcript) == 0 {
		if len(shown) == 0 {
			return ""
		}
		return "the end, but there is: " + shown[0]
	}
	if transcript[0] == "..." {
		first := ""
		for i := 0; i <= len(shown); i++ {
			wrong := missing(transcript[1:], shown[i:])
			if wrong == "" {
				return ""
			}
			if len(transcript) > 1 && i < len(shown) && alike(transcript[1], shown[i]) {
				first = wrong // the lines behind it differ
			}
		}
		if first == "" && len(transcript) > 1 {
			first = transcript[1]
		}
		return first
	}
	if len(shown) == 0 || !alike(transcript[0], shown[0]) {
		return transcript[0]
	}
	return missing(transcript[1:], shown[1:])
}

// alike reports whether a line is that of a transcript.
func alike(pattern, line string) bool {
	parts := strings.Split(pattern, "...")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(line)
}

// Each transcript of the page is what a terminal shows when the page is worked through.
func TestGettingStartedIsReal(t *testing.T) {
	t.Parallel()
	d := newReader(t)
	list := transcripts(t, "docs/getting-started.md")
	for _, c := range list {
		command := c.command
		switch verb, _, _ := strings.Cut(command, " "); {
		case strings.Contains(command, "--undo"):
		case verb == "audit", verb == "plan":
			command += " --set " + simulated.ReadWait
		case verb == "recover":
			command += " --set " + strings.Join(simulated.Waits(), " --set ")
		}
		shown := d.types(command)
		if line := missing(comparable(c.shows), comparable(shown)); line != "" {
			t.Errorf("docs/getting-started.md:%d: aixmend %s: the terminal does not show: %s\nit shows:\n%s", c.line, c.command, line, shown)
		}
	}
	if len(list) < 10 {
		t.Errorf("%d transcripts: this test sees too little", len(list))
	}
}

func TestMissing(t *testing.T) {
	shown := []string{"a", "b one", "c", "b two", "d"}
	for transcript, want := range map[string]string{
		"a|b one|c|b two|d":     "",
		"...":                   "",
		"a|...":                 "",
		"...|b two|d":           "",
		"a|b ...|...|d":         "",
		"...|b ...|d":           "",
		"a|c":                   "c",
		"...|x|...":             "x",
		"a|b one":               "the end, but there is: c",
		"a|...|b two|e":         "e",
		"...|d|...|c":           "c",
		"a|b one|c|b two|d|...": "",
	} {
		if got := missing(strings.Split(transcript, "|"), shown); got != want {
			t.Errorf("%s: %q, wanted %q", transcript, got, want)
		}
	}
}
