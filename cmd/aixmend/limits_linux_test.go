package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

// limited is an audit by the real main, in a process of its own under a limit
// on open files of which held are taken before it begins.
type limited struct {
	exit     int
	out, err string
	run      outcome.Run
}

func auditLimited(t *testing.T, dir string, limit, held, concurrency int) limited {
	t.Helper()
	c := exec.Command("/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, limit),
		program(t), "audit", "-i", filepath.Join(dir, "inventory.yaml"), "-c", fmt.Sprint(concurrency),
		"--state", filepath.Join(t.TempDir(), "state"), "--format", "json")
	for range held {
		null, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer null.Close()
		c.ExtraFiles = append(c.ExtraFiles, null)
	}
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	got := limited{exit: c.ProcessState.ExitCode(), out: out.String(), err: errs.String()}
	if err != nil && got.exit < 0 {
		t.Fatalf("%v\n%s", err, got.err)
	}
	if json.Unmarshal([]byte(got.out), &got.run) != nil && got.out != "" {
		t.Fatalf("stdout is no run.json:\n%s", got.out)
	}
	return got
}

// 300 hosts and a limit of 128 open files: a warning, 32 hosts at the same time,
// and every host is judged.
func TestOpenFileLimit(t *testing.T) {
	dir := t.TempDir()
	defer serveBench(t, dir, 300, 0)()
	got := auditLimited(t, dir, 128, 0, 500)
	const word = "warning: the open-file limit is 128: 32 hosts at the same time, not 300; raise it with ulimit -n 664\n"
	if got.exit != 0 || !strings.Contains(got.err, word) || got.run.Counts[outcome.Healthy] != 300 {
		t.Errorf("exit code %d, %v\n%s", got.exit, got.run.Counts, got.err)
	}

	got = auditLimited(t, dir, 40, 0, 500)
	const none = "error: the open-file limit is 40: too low to connect to even one host\nhint: raise it with ulimit -n 66\n"
	if got.exit != 2 || got.err != none || got.out != "" {
		t.Errorf("exit code %d\n%s%s", got.exit, got.err, got.out)
	}
}

// Files that came open with the process are no room for hosts.
func TestOpenFileLimitThatIsHalfUsed(t *testing.T) {
	dir := t.TempDir()
	defer serveBench(t, dir, 40, 0)()
	const limit, held = 160, 52
	got := auditLimited(t, dir, limit, held, 500)
	var taken, atOnce, enough int
	said := regexp.MustCompile(`(?m)^warning: .*`).FindString(got.err)
	_, err := fmt.Sscanf(said, "warning: the open-file limit is 160, with %d files open already: %d hosts at the same time, not 40; raise it with ulimit -n %d", &taken, &atOnce, &enough)
	if err != nil || got.exit != 0 || got.run.Counts[outcome.Healthy] != 40 {
		t.Fatalf("%v, exit code %d, %v\n%s", err, got.exit, got.run.Counts, got.err)
	}
	// What the process that runs the tests has open besides comes with them.
	const ownFiles, reservedFiles, filesPerHost = 16, 64, 2
	if taken < held+3 || atOnce != (limit-reservedFiles-(taken-ownFiles))/filesPerHost || enough != taken-ownFiles+reservedFiles+40*filesPerHost {
		t.Errorf("%s", said)
	}
	got = auditLimited(t, dir, 128, 110, 500)
	if got.exit != 2 || !strings.Contains(got.err, "too low to connect to even one host") {
		t.Errorf("exit code %d\n%s", got.exit, got.err)
	}
}

// A connection uses one file: its socket.
func TestFilesOfAConnection(t *testing.T) {
	dir := t.TempDir()
	hosts, err := namedHosts([]string{"healthy"})
	if err != nil {
		t.Fatal(err)
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	target := fleetTarget(dir, fleet)
	dialer := ssh.NewDialer(ssh.Options{Keys: &auth.Keys{}, Hosts: &hostkeys.KnownHosts{}})
	first, err := dialer.Dial(t.Context(), target) // it reads the key and known_hosts, too
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	before := job.OpenFiles().Taken
	const n = 10
	for range n {
		conn, err := dialer.Dial(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Run(t.Context(), []transport.Command{{ID: "x", Line: "uname -s"}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := job.OpenFiles().Taken - before; got != 2*n { // the server's end is in this process too
		t.Errorf("%d connections cost %d files, with the server's ends", n, got)
	}
}

// fleetTarget is the first host of a fleet that simulated.Start has started.
func fleetTarget(dir string, fleet *aixsim.Fleet) transport.Target {
	m := fleet.Inventory()[0]
	return transport.Target{
		Name: m.Name, Address: m.Address, Port: m.Port, User: "root",
		Identity: filepath.Join(dir, "id_ed25519"), KnownHosts: filepath.Join(dir, "known_hosts"),
	}
}
