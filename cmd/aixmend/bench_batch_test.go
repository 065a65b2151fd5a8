package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/term"

	"aixmend/cmd/aixmend/console"
)

// benchCommands are what the clients of the benchmarks run on a host: they are
// there on Linux and on AIX.
var benchCommands = [...]string{
	"/usr/bin/uname -s", "/usr/bin/uname -n", "/usr/bin/uname -r", "/usr/bin/id -u", "/usr/bin/date -u +%Y%m%d", "/usr/bin/df -k /tmp",
	"/usr/bin/head -n 1 /etc/hosts", "/usr/bin/wc -l /etc/hosts", "/usr/bin/ls -d /etc", "/usr/bin/cat /etc/hosts",
	"/usr/bin/grep -c . /etc/hosts", "/usr/bin/test -d /tmp",
}

// batchScript frames the commands, as small as can be.
func batchScript() string {
	var b strings.Builder
	for i, c := range benchCommands {
		fmt.Fprintf(&b, "echo '@ B %d'; { %s; } </dev/null; echo \"@ E %d $?\"\n", i, c, i)
	}
	return b.String()
}

// benchBatch is the floor: it logs in to each address of a file with one key,
// checks no host key, sends one script over one session and looks for the end of
// its last frame: benchbatch DIR USER CONCURRENCY [SCRIPT].
func benchBatch() {
	dir, user := os.Args[1], os.Args[2]
	width, err1 := strconv.Atoi(os.Args[3])
	key, err2 := os.ReadFile(filepath.Join(dir, "id_ed25519"))
	list, err3 := os.ReadFile(filepath.Join(dir, "addresses"))
	signer, err4 := gossh.ParsePrivateKey(key)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	config := &gossh.ClientConfig{
		User: user, Auth: []gossh.AuthMethod{gossh.PublicKeys(signer)},
		HostKeyCallback: gossh.InsecureIgnoreHostKey(), //nolint:gosec // it dials only the sshd that this benchmark has started on loopback; checking its key is not measured
	}
	script, last := batchScript(), fmt.Sprintf("@ E %d ", len(benchCommands)-1)
	if len(os.Args) > 4 {
		text, err := os.ReadFile(os.Args[4])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		script, last = string(text), nonces.FindString(string(text))+" E "
	}
	addresses := make(chan string)
	var all sync.WaitGroup
	for range width {
		all.Go(func() {
			for address := range addresses {
				if err := batchHost(address, config, script, last); err != nil {
					fmt.Fprintf(os.Stderr, "%s: %v\n", address, err)
					os.Exit(1)
				}
			}
		})
	}
	for address := range strings.FieldsSeq(string(list)) {
		addresses <- address
	}
	close(addresses)
	all.Wait()
	leaveStats()
}

func batchHost(address string, config *gossh.ClientConfig, script, last string) error {
	network, err := net.DialTimeout("tcp", address, time.Minute)
	if err != nil {
		return err
	}
	defer network.Close()
	inner, channels, requests, err := gossh.NewClientConn(network, address, config)
	if err != nil {
		return err
	}
	client := gossh.NewClient(inner, channels, requests)
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	var out, errs bytes.Buffer
	session.Stdout, session.Stderr = &out, &errs
	var exit *gossh.ExitError
	if err := session.Run(script); err != nil && !errors.As(err, &exit) {
		return err
	}
	if !strings.Contains(out.String(), last) {
		return fmt.Errorf("the last frame is not in %.300q, %.300q", out.String(), errs.String())
	}
	return nil
}

// Where a measured process leaves its figures and its profiles.
const (
	statsVariable   = "AIXMEND_BENCH_STATS"
	profileVariable = "AIXMEND_BENCH_PROFILE"
)

// benchAixmend is main, measured.
func benchAixmend() {
	profile := os.Getenv(profileVariable)
	if profile != "" {
		runtime.MemProfileRate = 64 << 10
		file, err := os.Create(profile + ".cpu")
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			panic(err)
		}
	}
	code := run(os.Args[1:], console.Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal: term.IsTerminal(int(os.Stdin.Fd())),
	})
	leaveStats()
	if profile != "" {
		pprof.StopCPUProfile()
		file, err := os.Create(profile + ".allocs")
		if err == nil {
			err = pprof.Lookup("allocs").WriteTo(file, 0)
		}
		if err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

// leaveStats writes the process's peak memory in KiB to the file that is asked
// for. The rusage of a child also holds what its parent had when it forked.
func leaveStats() {
	if to, peak := os.Getenv(statsVariable), peakOf("/proc/self/status"); to != "" && peak > 0 {
		_ = os.WriteFile(to, []byte(strconv.FormatInt(peak, 10)), 0o600)
	}
}

// peakOf is the peak memory of a process in KiB, by its status file; 0: not known.
func peakOf(status string) int64 {
	text, err := os.ReadFile(status)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if peak, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(peak)[0], 10, 64) // the kernel wrote it
			return n
		}
	}
	return 0
}
