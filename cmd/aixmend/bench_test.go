package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// roundTrips is what connecting, authenticating and one exec cost with
// x/crypto/ssh: TCP, version, key exchange, service, "none", key query, signed
// request, channel, exec.
const roundTrips = 9

// BenchmarkFleet audits simulated hosts behind an emulated round trip, server
// and client each in a process of its own, with everything on: parsing,
// findings, reports. It prints the share of the ideal (round trips only), the
// client's CPU a host and its peak memory.
func BenchmarkFleet(b *testing.B) {
	for _, c := range []struct {
		hosts, window int
		rtt           time.Duration
	}{
		{100, 100, 50 * time.Millisecond},
		{1000, 100, 50 * time.Millisecond},
		{1000, 1000, 50 * time.Millisecond},
	} {
		b.Run(fmt.Sprintf("hosts=%d/c=%d/rtt=%s", c.hosts, c.window, c.rtt), func(b *testing.B) {
			dir := b.TempDir()
			stop := serveBench(b, dir, c.hosts, c.rtt)
			defer stop()
			ideal := roundTrips * c.rtt * time.Duration(c.hosts) / time.Duration(c.window)
			var wall, cpu time.Duration
			var memory int64
			for b.Loop() {
				began := time.Now()
				state := auditBench(b, dir, c.window)
				wall += time.Since(began)
				cpu += state.UserTime() + state.SystemTime()
				memory = max(memory, state.SysUsage().(*syscall.Rusage).Maxrss)
			}
			n := time.Duration(b.N)
			b.ReportMetric(100*float64(ideal)/float64(wall/n), "%ideal")
			b.ReportMetric(float64((cpu/n).Microseconds())/1000/float64(c.hosts), "client-ms/host")
			b.ReportMetric(float64(memory)/1024, "peak-MB")
		})
	}
}

// command is the test binary as one of the commands of TestMain.
func command(b testing.TB, name string, args ...string) *exec.Cmd {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	link := filepath.Join(b.TempDir(), name)
	if err := os.Symlink(self, link); err != nil {
		b.Fatal(err)
	}
	c := exec.Command(link, args...)
	c.Stderr = os.Stderr
	return c
}

func serveBench(b testing.TB, dir string, hosts int, rtt time.Duration) (stop func()) {
	b.Helper()
	server := command(b, "benchfleet", dir, fmt.Sprint(hosts), rtt.String())
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		b.Fatalf("the fleet said %q: %v", line, err)
	}
	return func() {
		_ = in.Close()
		_ = server.Wait()
	}
}

func auditBench(b *testing.B, dir string, window int) *os.ProcessState {
	b.Helper()
	client := command(b, "aixmend", "audit", "-i", filepath.Join(dir, "inventory.yaml"), "-c", fmt.Sprint(window),
		"--state", filepath.Join(b.TempDir(), "state"), "--connect-timeout", "60s")
	if out, err := client.Output(); err != nil {
		b.Fatalf("audit: %v\n%s", err, out)
	}
	return client.ProcessState
}
