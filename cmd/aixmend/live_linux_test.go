package main

import (
	"crypto/ed25519"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/terminal"
)

// liveFleet is a fleet with a host that takes as long as probe_timeout says.
var liveFleet = []string{"healthy", "lscluster-hangs", "not-aix", "daemon-down", "remote-clients-disabled"}

// watching is a call on a terminal of its own, which is told of Ctrl-C and of its
// end, as a shell's is.
type watching struct {
	*dialogue
	dir    string
	fleet  *aixsim.Fleet
	before unix.Termios
}

// watch starts the command on the live fleet.
func watch(t *testing.T, env []string, args ...string) *watching {
	t.Helper()
	k := newWatching(t)
	k.start(env, args...)
	return k
}

// newWatching is a terminal, and the live fleet.
func newWatching(t *testing.T) *watching {
	t.Helper()
	dir := t.TempDir()
	hosts, err := namedHosts(liveFleet)
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	return (&watching{dir: dir, fleet: fleet}).again(t)
}

// again is another terminal, and the same fleet.
func (k *watching) again(t *testing.T) *watching {
	t.Helper()
	person, side := terminal.Open(t)
	k = &watching{dir: k.dir, fleet: k.fleet, dialogue: &dialogue{t: t, person: person, side: side}}
	k.resize(80, 24)
	k.before = k.modes()
	return k
}

// start starts the command on the fleet.
func (k *watching) start(env []string, args ...string) {
	k.t.Helper()
	k.call(env, append(args, "-i", filepath.Join(k.dir, "inventory.yaml"), "--state", filepath.Join(k.dir, "state"), "--ssh-config", request.None)...)
}

// call starts the command.
func (k *watching) call(env []string, args ...string) {
	k.t.Helper()
	k.cmd = exec.Command(program(k.t), args...)
	k.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + k.dir, "TERM=xterm-256color"}, env...)
	k.cmd.Stdin, k.cmd.Stderr, k.cmd.Stdout = k.side, k.side, &k.out
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.read()
}

func (k *watching) resize(width, height uint16) {
	k.t.Helper()
	if err := unix.IoctlSetWinsize(int(k.person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height}); err != nil {
		k.t.Fatal(err)
	}
}

func (k *watching) modes() unix.Termios {
	k.t.Helper()
	modes, err := unix.IoctlGetTermios(int(k.person.Fd()), unix.TCGETS)
	if err != nil {
		k.t.Fatal(err)
	}
	return *modes
}

// draws waits until something is drawn. What has been drawn before is drawn again
// for it: else the terminal is told no more than what is new.
func (k *watching) draws(text string) {
	k.t.Helper()
	width := uint16(80)
	terminal.Until(k.t, "it draws "+text, func() bool {
		width ^= 1
		k.resize(width, 24)
		return strings.Contains(k.shown.String(), text)
	})
}

// press presses a key.
func (k *watching) press(key string) {
	k.t.Helper()
	if _, err := k.person.WriteString(key); err != nil {
		k.t.Fatal(err)
	}
}

// leaves checks that the terminal is left as it was found: what the view has drawn
// is erased, its last words begin with these ("": there are none), and no mode is another.
func (k *watching) leaves(words string) {
	k.t.Helper()
	terminal.Until(k.t, "the last words are "+words, func() bool { // what was written last may be on its way
		const erased = "\r\x1b[J"
		shown := k.shown.String()
		at := strings.LastIndex(shown, erased)
		last := strings.ReplaceAll(shown[max(at, 0):], "\r\n", "\n")
		return at >= 0 && (last == erased+words || words != "" && strings.HasPrefix(last, erased+words))
	})
	shown := k.shown.String()
	if strings.LastIndex(shown, "\x1b[?25l") > strings.LastIndex(shown, "\x1b[?25h") {
		k.t.Error("the cursor is hidden")
	}
	for _, mode := range []string{"\x1b[?1049h", "\x1b[?2004h", "\x1b[?1000h", "\x1b[>", "\x1b[?u", " q"} {
		if strings.Contains(shown, mode) {
			k.t.Errorf("the terminal is told %q", mode)
		}
	}
	if now := k.modes(); now != k.before {
		k.t.Errorf("modes %+v, were %+v", now, k.before)
	}
}

// A run on a terminal is drawn while it goes on, in any window, and leaves the
// summary alone behind.
func TestLiveView(t *testing.T) {
	t.Parallel()
	k := watch(t, nil, "audit", "--set", "probe_timeout=10s")
	k.sees("audit of 5 hosts, ")
	k.sees("lscluster-hangs")
	for _, size := range [][2]uint16{{40, 8}, {20, 3}, {1, 1}, {300, 100}, {80, 24}} {
		k.resize(size[0], size[1])
	}
	k.draws("4 of 5 hosts ended")
	k.ends(3)
	k.leaves("")
	if out := k.out.String(); strings.Contains(out, "\x1b") || !strings.HasPrefix(out, " OUTCOME ") || !strings.Contains(out, "5 hosts: ") {
		t.Errorf("stdout is no terminal:\n%s", out)
	}
}

// Ctrl-C comes through: once, what runs comes to its end; twice, it is cut.
func TestLiveViewInterrupted(t *testing.T) {
	k := watch(t, nil, "audit", "--set", "probe_timeout=5m")
	k.draws("4 of 5 hosts ended")
	k.press("\x03")
	k.sees("interrupted: no new host and no new change begins; finishing work in progress; Ctrl-C again disconnects")
	k.press("\x03")
	k.ends(3) // hosts that need a person go before 130
	k.leaves("interrupted: exit code 3 (")
	if out := k.out.String(); !strings.Contains(out, "aixmend resume ") {
		t.Errorf("\n%s", out)
	}
}

// A terminal that goes away is a SIGHUP, and the run is written down all the same.
func TestLiveViewLosesItsTerminal(t *testing.T) {
	t.Parallel()
	k := watch(t, nil, "audit", "--set", "probe_timeout=10s")
	k.draws("4 of 5 hosts ended")
	if err := k.person.Close(); err != nil {
		t.Fatal(err)
	}
	k.ends(3) // hosts that need a person go before 143
	if _, err := os.Stat(filepath.Join(k.dir, "state", "runs", "latest", "run.json")); err != nil {
		t.Error(err)
	}
}

// Who is asked between waves has the terminal to himself.
func TestLiveViewAndQuestions(t *testing.T) {
	k := watch(t, nil, "recover", "--yes", "--pause", "--wave", "1,100%", "-l", "daemon-down,remote-clients-disabled", "--set", "settle=60ms", "--set", "wait=5s")
	k.says("wave 2: 1 host: remote-clients-disabled. Type 'yes' to continue: ", "yes")
	k.ends(0)
	k.leaves("")
	before, _, _ := strings.Cut(k.shown.String(), "wave 2: 1 host")
	if !strings.HasSuffix(before, "\r\x1b[J") {
		t.Errorf("the question stands among what was drawn: %q", before)
	}
}

// So has who is asked for a passphrase, when hosts are being connected to already.
func TestLiveViewAndPassphrases(t *testing.T) {
	k := newWatching(t)
	identity := filepath.Join(k.dir, "id_ed25519")
	text, err := os.ReadFile(identity)
	if err != nil {
		t.Fatal(err)
	}
	key, err := gossh.ParseRawPrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := gossh.MarshalPrivateKeyWithPassphrase(*key.(*ed25519.PrivateKey), "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, identity, string(pem.EncodeToMemory(locked)))
	k.start(nil, "audit", "-l", "healthy,not-aix")
	k.sees("passphrase of " + identity + ": ")
	terminal.Until(t, "it hides what is typed", func() bool { return !terminal.Echoes(t, k.person) })
	k.press("open sesame\n")
	k.ends(0)
	k.leaves("")
	before, _, _ := strings.Cut(k.shown.String(), "passphrase of ")
	if !strings.HasSuffix(before, "\r\x1b[J") || strings.Contains(k.shown.String(), "sesame") {
		t.Errorf("%q", k.shown.String())
	}
}

// Nothing is drawn on a terminal that can't, nor where more or less than that is
// asked for; colours are left away where nobody wants them.
func TestNoLiveView(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, escape string
		env, args    []string
	}{
		{"dumb", "\x1b", []string{"TERM=dumb"}, nil},
		{"no TERM", "\x1b", []string{"TERM="}, nil},
		{"quiet", "\x1b", nil, []string{"-q"}},
		{"verbose", "hosts ended", nil, []string{"-v"}},
		{"no colours", "\x1b[3", []string{"NO_COLOR=1"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := watch(t, c.env, append([]string{"audit", "-l", "healthy,not-aix"}, c.args...)...)
			k.ends(0)
			if shown := k.shown.String(); strings.Contains(shown, c.escape) {
				t.Errorf("%q", shown)
			}
		})
	}
}
