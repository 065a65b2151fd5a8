package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"aixmend/controller/journal"
	"aixmend/transport/lab/aixsim"
)

// lingers makes a command of a host wait after it has done its work:
// lingers HOST COMMAND DURATION.
func lingers(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: lingers HOST COMMAND DURATION")
	}
	d, err := time.ParseDuration(args[2])
	ts.Check(err)
	ts.Value("fleet").(*aixsim.Fleet).Host(args[0]).Mutate(func(s *aixsim.State) {
		if s.Behaviours == nil {
			s.Behaviours = map[string]aixsim.Behaviour{}
		}
		s.Behaviours[args[1]] = aixsim.Behaviour{Linger: aixsim.Duration(d)}
	})
}

// awaits waits for a change of a host, a line of a file, or one of the newest run's
// journal, which must be newer than RUN where that is asked for; REGEXP may go over
// several lines: awaits HOST|./FILE|journal|newer REGEXP.
func awaits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: awaits HOST|./FILE|journal|newer REGEXP")
	}
	text := func() string {
		switch {
		case args[0] == "newer" && filepath.Base(newest(ts)) <= ts.Getenv("RUN"):
			return ""
		case args[0] == "newer", args[0] == "journal":
			lines, _ := os.ReadFile(filepath.Join(newest(ts), "journal.jsonl"))
			return string(lines)
		case strings.HasPrefix(args[0], "./"):
			lines, _ := os.ReadFile(ts.MkAbs(args[0]))
			return string(lines)
		}
		return strings.Join(ts.Value("fleet").(*aixsim.Fleet).Host(args[0]).Effects(), "\n")
	}
	wanted, err := regexp.Compile("(?s)" + args[1])
	ts.Check(err)
	late := time.NewTimer(killLong)
	defer late.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !wanted.MatchString(text()) {
		select {
		case <-tick.C:
		case <-late.C:
			ts.Fatalf("%q did not come; there is\n%s", args[1], text())
		}
	}
}

// newest is the folder of the newest run, "" when there is none.
func newest(ts *testscript.TestScript) string {
	store, err := journal.OpenExisting(ts.MkAbs("aixmend-state"))
	if err != nil {
		return ""
	}
	ids, err := store.RunIDs()
	if err != nil || len(ids) == 0 {
		return ""
	}
	return store.RunDir(ids[0])
}

// newestRun puts the id of the newest run into RUN.
func newestRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: newest")
	}
	id := filepath.Base(newest(ts))
	day, end := id[:len("20261124")], id[strings.LastIndex(id, "-")+1:]
	ts.Setenv("RUN", id)
	ts.Setenv("DAY", day)   // a short form that all runs of a script have
	ts.Setenv("SHORT", end) // one that it has alone
}

// signals sends a signal to the command in the background: signals INT|TERM.
func signals(ts *testscript.TestScript, neg bool, args []string) {
	known := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}
	running := ts.BackgroundCmds()
	if neg || len(args) != 1 || known[args[0]] == nil {
		ts.Fatalf("usage: signals INT|TERM")
	}
	if len(running) != 1 {
		ts.Fatalf("%d commands are in the background, wanted one", len(running))
	}
	ts.Check(running[0].Process.Signal(known[args[0]]))
}

// sentTimes fails unless so many commands with a text were sent to a host:
// sent N HOST TEXT.
func sentTimes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sent N HOST TEXT")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	for _, command := range ts.Value("fleet").(*aixsim.Fleet).Server(args[1]).Commands() {
		if strings.Contains(command, "( "+args[2]) {
			got++
		}
	}
	if got != want {
		ts.Fatalf("sent %d times, wanted %d", got, want)
	}
}

// readOnly makes a folder one that nobody can write to, until the script ends:
// readonly DIR.
func readOnly(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: readonly DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(mountReadOnly(dir))
	ts.Defer(func() { _ = exec.Command("umount", dir).Run() })
}

// mountReadOnly mounts a folder over itself: modes don't bind root.
func mountReadOnly(dir string) error {
	return errors.Join(exec.Command("mount", "--bind", dir, dir).Run(), exec.Command("mount", "-o", "remount,bind,ro", dir).Run())
}

// conditions are those of the scripts: [readonly] where readonly works, [root] for root.
func conditions(name string) (bool, error) {
	switch name {
	case "readonly":
	case "root":
		return os.Geteuid() == 0, nil
	default:
		return false, fmt.Errorf("unknown condition %q", name)
	}
	dir, err := os.MkdirTemp("", "readonly")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	err = mountReadOnly(dir)
	_ = exec.Command("umount", dir).Run()
	return err == nil, nil
}

// fullDisk runs the command with a bound on the size of files, in the place of a
// full disk: that of a file and so many bytes: fulldisk BYTES FILE ARG...
func fullDisk() {
	more, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	info, err := os.Stat(os.Args[2])
	if err != nil {
		panic(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := uint64(info.Size() + int64(more))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		panic(err)
	}
	os.Args = append([]string{"aixmend"}, os.Args[3:]...)
	main()
}
