package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkSites audits 10,000 hosts through a hub with five workers and, in turn, from one
// machine; all processes share this one. It prints both times, and the peak of the hub.
func BenchmarkSites(b *testing.B) {
	const hosts, sites = 10_000, 5
	y := &yard{t: b, dir: benchState(b, *benchQuick), alive: killable{}}
	defer serveBench(b, y.dir, hosts, 0)()
	defer y.killAll()
	y.must("hub", "init", "--name", "127.0.0.1", "--listen", freeAddress(b))
	y.must("hub", "operator", "add", "ops")
	y.hub()
	for i := range sites {
		site, first := fmt.Sprint("s", i), i*hosts/sites
		y.must("hub", "site", "add", site)
		y.start(site, "connected", "worker", "--join", site+".join", "-i", "inventory.yaml", "-c", "100", "--state", site+"-state",
			"-l", fmt.Sprintf("aixvm[%05d-%05d]", first, first+hosts/sites-1))
	}
	status := func() string { // its exit code says whether all sites are connected
		text, _ := y.command("hub", "status").CombinedOutput()
		return string(text)
	}
	for strings.Count(status(), fmt.Sprintf("connected, %d hosts", hosts/sites)) < sites {
		continue
	}
	alone, over := measured{tool: "alone"}, measured{tool: "over a hub"}
	for b.Loop() {
		alone.add(measure(b, y.command("audit", "-q", "-i", "inventory.yaml", "-c", "500", "--state", filepath.Join(b.TempDir(), "state"))))
		over.add(measure(b, y.command("audit", "-q", "--hub", "ops.join")))
	}
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", y.alive["hub"].Process.Pid))
	noError(b, err)
	peak, err := strconv.Atoi(regexp.MustCompile(`VmHWM:\s+(\d+)`).FindStringSubmatch(string(own))[1])
	noError(b, err)
	fmt.Printf("\n%s; %d hosts, %d sites: alone %.1f s, over a hub %.1f s (x %.2f), peak of the hub %d MB\n\n",
		benchMachine(), hosts, sites, alone.wall(), over.wall(), over.wall()/alone.wall(), peak/1024)
}
