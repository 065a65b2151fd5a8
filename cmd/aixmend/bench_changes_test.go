package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/simulated"
)

// BenchmarkCapture captures hosts and, in turn, audits them, with the state on a disk: a capture
// is durable before it counts. Then it counts the syncs of one more capture.
func BenchmarkCapture(b *testing.B) {
	f := fleetSize{usualTrip, 1000, 100}
	server := startBenchServer(b, f.hosts, f.rtt, "healthy")
	defer server.close()
	audit, capture := measured{fleetSize: f, tool: auditTool}, measured{fleetSize: f, tool: "aixmend capture"}
	capture.floor = &audit
	for b.Loop() {
		audit.add(server.verb(b, benchState(b, *benchDisk), f.window, "audit"))
		capture.add(server.verb(b, benchState(b, *benchDisk), f.window, "capture"))
	}
	syncs := syncsOf(b, server.command(b, benchState(b, *benchDisk), f.window, "capture"))
	syncs.Name, syncs.Value = "capture: syncs a host", syncs.Value/capture.perHost()
	wall := ratio(&capture, &audit, wallOf)
	fmt.Printf("\n%s; %d hosts, %s, c=%d; medians of %d\n", benchMachine(), f.hosts, f.rtt, f.window, len(audit.costs))
	for _, r := range []*measured{&audit, &capture} {
		fmt.Printf("%-16s %6.2f ms CPU a host %6.2f s wall %5.0f MB; others drew %s %%\n", r.tool, r.cpu(), r.wall(), r.peak(), percent(r.others()))
	}
	fmt.Printf("a capture takes %.2f x the wall time of an audit, %.2f x its CPU, and %s\n\n", wall, ratio(&capture, &audit, cpuOf), syncsSaid(syncs))
	others := max(audit.others(), capture.others())
	noteFigure(b, figure{Name: "capture: CPU, ms a host", Value: capture.cpu(), Others: capture.others()})
	noteFigure(b, figure{Name: "capture: wall x an audit of the same hosts", Value: wall, Others: others})
	noteFigure(b, syncs)
}

// syncsSaid says how many syncs a host take.
func syncsSaid(syncs figure) string {
	if syncs.Not != "" {
		return "its syncs are not counted: " + syncs.Not
	}
	return fmt.Sprintf("%.2f syncs a host", syncs.Value)
}

// BenchmarkRecover heals hosts on which one rung helps, new ones in each round, with the state on
// a disk, and counts the syncs of another round.
func BenchmarkRecover(b *testing.B) {
	f := fleetSize{usualTrip, 1000, 100}
	flags := []string{"--yes", "--max-fail", "0", "--wave", "100%"}
	for _, wait := range simulated.Waits() {
		flags = append(flags, "--set", wait)
	}
	on := func(do func(*exec.Cmd)) {
		server := startBenchServer(b, f.hosts, f.rtt, "remote-clients-disabled")
		defer server.close()
		do(server.command(b, benchState(b, *benchDisk), f.window, "recover", flags...))
	}
	recovered := measured{fleetSize: f, tool: "aixmend recover"}
	for b.Loop() {
		on(func(c *exec.Cmd) { recovered.add(measure(b, c)) })
	}
	var syncs figure
	on(func(c *exec.Cmd) { syncs = syncsOf(b, c) })
	syncs.Name, syncs.Value = "recover: syncs a changed host", syncs.Value/recovered.perHost()
	fmt.Printf("\n%s; %d hosts, %s, c=%d, one rung each; medians of %d\n", benchMachine(), f.hosts, f.rtt, f.window, len(recovered.costs))
	fmt.Printf("%-16s %6.2f ms CPU a host %6.2f s wall %5.0f MB, %s; others drew %s %%\n\n", recovered.tool, recovered.cpu(), recovered.wall(), recovered.peak(), syncsSaid(syncs), percent(recovered.others()))
	noteFigure(b, figure{Name: "recover: CPU, ms a host", Value: recovered.cpu(), Others: recovered.others()})
	noteFigure(b, syncs)
}

// synced matches a call that waits for a disk, once, as strace prints it.
var synced = regexp.MustCompile(`(?m)^\d* *(fsync|fdatasync|syncfs|sync|sync_file_range)\(`)

// syncsOf runs a command and counts the calls that wait for the disk.
func syncsOf(b *testing.B, c *exec.Cmd) figure {
	b.Helper()
	trace := filepath.Join(b.TempDir(), "trace")
	traced, not := traced(c, trace, "fsync,fdatasync,syncfs,sync,sync_file_range")
	if not != "" {
		return figure{Not: not}
	}
	measure(b, traced)
	text, err := os.ReadFile(trace)
	noError(b, err)
	return figure{Value: float64(len(synced.FindAll(text, -1))), Others: -1}
}

// traced is a command under strace, which writes the named calls into a file; else why not.
func traced(c *exec.Cmd, trace, calls string) (*exec.Cmd, string) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, "strace is not installed"
	}
	with := exec.Command(strace, append([]string{"-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-e", "trace=" + calls, "-o", trace, c.Path}, c.Args[1:]...)...)
	with.Env, with.Dir = c.Env, c.Dir
	return with, ""
}

// started matches a call that has started a process.
var started = regexp.MustCompile(`(?m)(clone3?|v?fork)(\(| resumed>).* = [1-9]\d*$`)

// demanded matches the line by which a script ends where the host is not AIX, or the login not root.
var demanded = regexp.MustCompile(`(?m)^\[ "\$V" = .* \] \|\| exit 0$`)

// BenchmarkForks counts the processes that the script of an audit starts on a host whose shell
// has no printf, and in the shells that are here. Nearly none of its commands is here, so they
// are those of the frames, and a subshell for each command.
func BenchmarkForks(b *testing.B) {
	server := startBenchServer(b, 1, 0, "healthy")
	defer server.close()
	server.verb(b, benchState(b, *benchQuick), 1, "audit")
	text, err := os.ReadFile(filepath.Join(server.dir, "script"))
	noError(b, err)
	script := demanded.ReplaceAllString(string(text), ":")
	want := figure{Name: "forks of a look in mksh", Not: "mksh is not installed"}
	var line []string
	for b.Loop() {
		line = nil
		for _, shell := range []string{"mksh", "ksh93", "dash", "bash"} {
			path, err := exec.LookPath(shell)
			if err != nil {
				continue
			}
			f := forksOf(b, exec.Command(path, "-c", script))
			if f.Not != "" {
				line = append(line, "not counted: "+f.Not)
				want.Not = f.Not
				break
			}
			line = append(line, fmt.Sprintf("%s %.0f", shell, f.Value))
			if shell == "mksh" {
				want.Value, want.Others, want.Not = f.Value, -1, ""
			}
		}
	}
	fmt.Printf("\nprocesses of the script of an audit: %s\n\n", strings.Join(line, ", "))
	noteFigure(b, want)
}

// forksOf runs a command in an empty folder and counts the processes that it starts.
func forksOf(b *testing.B, c *exec.Cmd) figure {
	b.Helper()
	trace := filepath.Join(b.TempDir(), "trace")
	c.Dir = b.TempDir()
	traced, not := traced(c, trace, "process")
	if not != "" {
		return figure{Not: not}
	}
	_ = traced.Run() // its last command is not here
	text, err := os.ReadFile(trace)
	noError(b, err)
	return figure{Value: float64(len(started.FindAll(text, -1)))}
}
