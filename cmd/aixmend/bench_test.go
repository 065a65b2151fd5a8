package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
)

var (
	benchSet     = flag.String("fleet", "some", "which fleets BenchmarkFleet measures: some or all")
	benchQuick   = flag.String("fleet-quick", "", "keep the state of audits in this `folder`, best in memory, where CPU is measured")
	benchDisk    = flag.String("fleet-disk", "", "keep the state of captures and recoveries in this `folder`, on a disk")
	benchProfile = flag.String("fleet-profile", "", "write CPU and allocation profiles of each measured aixmend into this `folder`")
)

// roundTrips is what connecting, authenticating and one exec cost with
// x/crypto/ssh: TCP, version, key exchange, service, "none", key query, signed
// request, channel, exec.
const roundTrips = 9

// fleetSize is a fleet of the benchmark and how it is asked.
type fleetSize struct {
	rtt           time.Duration
	hosts, window int
}

// ideal is how long the round trips alone take.
func (f fleetSize) ideal() time.Duration {
	return roundTrips * f.rtt * time.Duration(f.hosts) / time.Duration(f.window)
}

// fleetSizes are those to be measured; neighbours share their servers.
func fleetSizes() []fleetSize {
	const ms = time.Millisecond
	if *benchSet != "all" {
		return []fleetSize{
			{0, 1000, 100},
			{50 * ms, 100, 100},
			{50 * ms, 1000, 100}, {50 * ms, 1000, 500}, {50 * ms, 1000, 1000},
			{50 * ms, 10000, 500}, {50 * ms, 30000, 500},
			{200 * ms, 1000, 500},
		}
	}
	var all []fleetSize
	for _, rtt := range []time.Duration{0, 50 * ms, 200 * ms} {
		for _, hosts := range []int{100, 1000, 10000, 30000} {
			for _, window := range []int{100, 500, 1000} {
				if window <= hosts {
					all = append(all, fleetSize{rtt, hosts, window})
				}
			}
		}
	}
	return all
}

// most is how many rounds of a fleet are worth their time: figures of many hosts differ less.
func (f fleetSize) most() int { return max(1, 30000/f.hosts) }

// BenchmarkFleet audits simulated hosts behind an emulated round trip, with
// everything on: host keys, parsing, findings, reports. Beside it, in turn on the
// same servers, runs batch, the least that a client of x/crypto/ssh can do, once more
// with the audit's own script. Server and clients are processes of their own. A table of
// all stands at the end.
func BenchmarkFleet(b *testing.B) {
	var all results
	var server *benchServer
	defer func() { server.close() }()
	for _, f := range fleetSizes() {
		b.Run(fmt.Sprintf("rtt=%s/hosts=%d/c=%d", f.rtt, f.hosts, f.window), func(b *testing.B) {
			if server == nil || server.rtt != f.rtt || server.hosts != f.hosts {
				server.close()
				server = startBenchServer(b, f.hosts, f.rtt, "healthy")
				server.verb(b, benchState(b, *benchQuick), 1, "audit", "-l", "aixvm00000") // for its script
			}
			rows := []measured{{fleetSize: f, tool: batchTool}, {fleetSize: f, tool: "batch, the audit's script"}, {fleetSize: f, tool: auditTool}}
			for b.Loop() {
				if len(rows[0].costs) < f.most() {
					rows[0].add(server.batch(b, f.window))
					rows[1].add(server.batch(b, f.window, filepath.Join(server.dir, "script")))
					rows[2].add(server.audit(b, f.window))
				}
			}
			rows[1].floor, rows[2].floor = &rows[0], &rows[0]
			rows[2].report(b)
			rows[2].note(b)
			all.rows = append(all.rows, rows...)
		})
	}
	all.print(os.Stdout)
	all.note(b)
}

// cost is what one run of a client took.
type cost struct {
	wall, cpu time.Duration // cpu with that of its children
	peak      int64         // KiB; 0: not known
	wire      int64         // bytes both ways; 0: not counted
	page      time.Duration // from the last host's end until the page is there
	others    float64       // the share of the machine that others drew; negative: not known
}

// measure runs a command to its end. An exit code that is listed is fine, too.
func measure(b *testing.B, c *exec.Cmd, codes ...int) cost {
	b.Helper()
	stats := filepath.Join(b.TempDir(), "stats")
	if c.Env == nil {
		c.Env = os.Environ()
	}
	c.Env = append(c.Env, statsVariable+"="+stats)
	// A file, no pipe: what a client leaves behind in the background may hold it.
	said, err := os.Create(filepath.Join(b.TempDir(), "said"))
	if err != nil {
		b.Fatal(err)
	}
	defer said.Close()
	c.Stdout, c.Stderr = said, said
	before, began := drawnYet(), time.Now()
	err = c.Run()
	wall, others := time.Since(began), before.others()
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(codes, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		text, _ := os.ReadFile(said.Name())
		b.Fatalf("%s: %v\n%.2000s", c.Args[0], err, text)
	}
	text, _ := os.ReadFile(stats) // none where it is not known
	peak, _ := strconv.ParseInt(string(text), 10, 64)
	return cost{wall: wall, cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peak: peak, others: others}
}

// benchServer is the process of the simulated hosts.
type benchServer struct {
	hosts int
	rtt   time.Duration
	dir   string
	in    io.WriteCloser
	out   *bufio.Reader
	wait  func() error
}

func startBenchServer(b testing.TB, hosts int, rtt time.Duration, illness string) *benchServer {
	b.Helper()
	s := &benchServer{hosts: hosts, rtt: rtt}
	var err error
	if s.dir, err = os.MkdirTemp("", "aixmend-bench"); err != nil { // it outlives the benchmark that starts it
		b.Fatal(err)
	}
	c := command(b, s.dir, "benchfleet", s.dir, strconv.Itoa(hosts), rtt.String(), illness)
	c.Stderr = os.Stderr
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err := errors.Join(err1, err2, c.Start()); err != nil {
		b.Fatal(err)
	}
	s.in, s.out, s.wait = in, bufio.NewReader(out), c.Wait
	if line, err := s.out.ReadString('\n'); line != "ready\n" {
		b.Fatalf("the fleet said %q: %v", line, err)
	}
	return s
}

// close ends the process; nil is fine.
func (s *benchServer) close() {
	if s == nil {
		return
	}
	_ = s.in.Close()
	_ = s.wait()
	_ = os.RemoveAll(s.dir)
}

// bytes is how many came and went since it was asked last.
func (s *benchServer) bytes(b *testing.B) int64 {
	b.Helper()
	_, err := fmt.Fprintln(s.in, "bytes")
	line, err2 := s.out.ReadString('\n')
	n, err3 := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err := errors.Join(err, err2, err3); err != nil {
		b.Fatal(err)
	}
	return n
}

func (s *benchServer) batch(b *testing.B, window int, script ...string) cost {
	b.Helper()
	s.bytes(b)
	got := measure(b, command(b, s.dir, "benchbatch", append([]string{s.dir, "root", strconv.Itoa(window)}, script...)...))
	got.wire = s.bytes(b)
	return got
}

// verb runs a verb of aixmend on the hosts.
func (s *benchServer) verb(b *testing.B, state string, window int, verb string, flags ...string) cost {
	b.Helper()
	return measure(b, s.command(b, state, window, verb, flags...))
}

func (s *benchServer) command(b *testing.B, state string, window int, verb string, flags ...string) *exec.Cmd {
	b.Helper()
	return command(b, s.dir, "benchaixmend", append([]string{verb, "-i", filepath.Join(s.dir, "inventory.yaml"), "-c", strconv.Itoa(window),
		"--state", state, "--connect-timeout", "60s"}, flags...)...)
}

func (s *benchServer) audit(b *testing.B, window int) cost {
	b.Helper()
	s.bytes(b)
	state := benchState(b, *benchQuick)
	c := s.command(b, state, window, "audit")
	if *benchProfile != "" {
		c.Env = append(os.Environ(), fmt.Sprintf("%s=%s/rtt%s-hosts%d-c%d", profileVariable, *benchProfile, s.rtt, s.hosts, window))
	}
	got := measure(b, c)
	got.wire, got.page = s.bytes(b), pageAfter(b, state)
	if strings.HasPrefix(state, memoryFiles) {
		noError(b, os.RemoveAll(state)) // what is removed there costs the next one nothing
	}
	return got
}

// memoryFiles is the file system in memory of Linux.
const memoryFiles = "/dev/shm"

// benchState is a new folder below the folder of a flag, else in one that the benchmark removes.
func benchState(b *testing.B, in string) string {
	b.Helper()
	if in == "" {
		in = b.TempDir()
	}
	dir, err := os.MkdirTemp(in, "state")
	noError(b, err)
	return dir
}

// pageAfter is how long after the end of its last host the page of the only run was there.
func pageAfter(b *testing.B, state string) time.Duration {
	b.Helper()
	runs, _ := filepath.Glob(filepath.Join(state, "runs", "2*")) // the pattern is good
	if len(runs) != 1 {
		b.Fatalf("there are %d runs in %s", len(runs), state)
	}
	page, err := os.Stat(filepath.Join(runs[0], "report.html"))
	noError(b, err)
	file, err := os.Open(filepath.Join(runs[0], "journal.jsonl"))
	noError(b, err)
	defer file.Close()
	var last time.Time
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var entry outcome.Entry
		noError(b, json.Unmarshal(lines.Bytes(), &entry))
		if entry.Event == outcome.EventEnded && entry.Time.After(last) {
			last = entry.Time
		}
	}
	return page.ModTime().Sub(last)
}

// command is the test binary as one of the commands of TestMain, by a link in a
// folder.
func command(b testing.TB, dir, name string, args ...string) *exec.Cmd {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	link := filepath.Join(dir, name)
	if err := os.Symlink(self, link); err != nil && !errors.Is(err, os.ErrExist) {
		b.Fatal(err)
	}
	return exec.Command(link, args...)
}

// serveBench serves hosts whose inventory is in a folder, until stop is called.
func serveBench(t testing.TB, dir string, hosts int, rtt time.Duration) (stop func()) {
	t.Helper()
	s := startBenchServer(t, hosts, rtt, "healthy")
	for _, name := range []string{"inventory.yaml", "known_hosts", "id_ed25519"} {
		text, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s.close
}
