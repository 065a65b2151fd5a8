package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	gossh "golang.org/x/crypto/ssh"

	"aixmend/transport/aixsim"
	"aixmend/transport/sshtest"
)

func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){
		"aixmend":    main,
		"benchfleet": benchFleet,
		"fulldisk":   fullDisk,
	})
}

// scriptFleet is the fleet that every script finds: one host of each name.
var scriptFleet = []string{
	"healthy", "address-removed-smitty", "rsct-below-minimum", "not-aix", "not-root",
	"hostile-log", "daemon-down", "rsct-below-recommended", "session-on-rmc-nic",
}

// TestScripts runs the scripts of testdata/script against the real main, each
// with a simulated fleet of its own: $WORK/fleet/inventory.yaml.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			dir := filepath.Join(env.WorkDir, "fleet")
			if err := os.Mkdir(dir, 0o700); err != nil {
				return err
			}
			hosts, err := namedHosts(scriptFleet)
			if err != nil {
				return err
			}
			fleet, err := startFleet(dir, hosts, 0)
			if err != nil {
				return err
			}
			env.Defer(fleet.Close)
			env.Values["fleet"] = fleet
			env.Setenv("FAST", "--set=settle=60ms --set=wait=600ms")
			playbook, err := filepath.Abs("../../playbooks/rmc-restore.yaml")
			env.Setenv("PLAYBOOK", playbook)
			return err
		},
		Condition: conditions,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     exits,
			"unchanged": unchanged,
			"modes":     modes,
			"lingers":   lingers,
			"awaits":    awaits,
			"signals":   signals,
			"sent":      sentTimes,
			"newest":    newestRun,
			"readonly":  readOnly,
			"otherkeys": otherKeys,
		},
	})
}

// namedHosts makes a host for each illness, called like it.
func namedHosts(illnesses []string) ([]aixsim.FleetHost, error) {
	var hosts []aixsim.FleetHost
	for i, name := range illnesses {
		illness, err := aixsim.FindIllness(name)
		if err != nil {
			return nil, err
		}
		state := aixsim.Healthy(name, i+1)
		state.RMC.ConnectDelay = aixsim.Duration(20 * time.Millisecond)
		illness.Apply(state)
		hosts = append(hosts, aixsim.FleetHost{State: state, Illness: name})
	}
	return hosts, nil
}

// exits runs a command and compares its exit code: exits CODE COMMAND...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		coded, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = coded.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, wanted %d", got, want)
	}
}

// unchanged fails when a host of the fleet was changed by anything.
func unchanged(ts *testscript.TestScript, neg bool, args []string) {
	fleet := ts.Value("fleet").(*aixsim.Fleet)
	names := args
	if len(names) == 0 {
		names = scriptFleet
	}
	for _, name := range names {
		changed := false
		for _, entry := range fleet.Host(name).Log() {
			changed = changed || entry.Mutated
			if entry.Mutated && !neg {
				ts.Fatalf("%s was changed by %q", name, entry.Argv)
			}
		}
		if neg && !changed {
			ts.Fatalf("%s was not changed", name)
		}
	}
}

// modes fails when a file below a folder is not 0600, or a folder not 0700.
func modes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: modes DIR")
	}
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch mode := info.Mode(); {
		case mode.IsDir() && mode.Perm() != 0o700, mode.IsRegular() && mode.Perm() != 0o600:
			return fmt.Errorf("%s has mode %o", path, mode.Perm())
		}
		return nil
	}))
}

// benchFleet serves N healthy hosts with an emulated round trip until its
// stdin ends: benchfleet DIR N RTT. Their answers are those of one simulated
// host, remembered: what is measured is the client, not the simulator.
func benchFleet() {
	n, err1 := strconv.Atoi(os.Args[2])
	latency, err2 := time.ParseDuration(os.Args[3])
	if err1 != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, "usage: benchfleet DIR N RTT")
		os.Exit(2)
	}
	if err := serveReplay(os.Args[1], n, latency); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveReplay starts the servers, writes what a client needs, says ready and
// waits for the end of stdin.
func serveReplay(dir string, n int, latency time.Duration) error {
	host := aixsim.NewHost(aixsim.Healthy("aixvm", 1), aixsim.HostOptions{LogLimit: -1})
	defer host.Close()
	login, err := writeKey(dir)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(host.Snapshot().Files["/etc/ct_node_id"].Content, "\n")
	record := &replay{host: host, known: map[string]replayed{}}
	var inventory, known strings.Builder
	inventory.WriteString(demoInventoryHead)
	for i := range n {
		own := strings.NewReplacer(id, fmt.Sprintf("%016x", i+1)) // each host has a node id of its own
		handler := sshtest.HandlerFunc(func(ctx context.Context, x *sshtest.Exec) int { return record.answer(ctx, x, own) })
		server, err := sshtest.Serve(handler, sshtest.Options{AuthorizedKeys: []gossh.PublicKey{login}, Latency: latency, LogLimit: -1})
		if err != nil {
			return err
		}
		defer server.Close()
		address := server.Addr().(*net.TCPAddr)
		fmt.Fprintf(&inventory, "  aixvm%05d: {address: %q, ssh: {port: %d}}\n", i, address.IP.String(), address.Port)
		known.WriteString(server.KnownHostsLine(address.String()) + "\n")
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "inventory.yaml"), []byte(inventory.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(known.String()), 0o600))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString(0)
	return nil
}

// replay answers a script as the host answered the same one before; only the
// words that mark the frames differ.
type replay struct {
	host  *aixsim.Host
	mu    sync.Mutex
	known map[string]replayed
}

type replayed struct {
	out, err string
	exit     int
}

var nonces = regexp.MustCompile(`aixmend-[0-9a-f]{24}`)

// answer replays a script's answer, with what is the host's own in it.
func (r *replay) answer(ctx context.Context, x *sshtest.Exec, own *strings.Replacer) int {
	nonce := nonces.FindString(x.Command)
	key := strings.ReplaceAll(x.Command, nonce, "NONCE")
	r.mu.Lock()
	answer, ok := r.known[key]
	if !ok {
		var out, errs strings.Builder
		one := *x
		one.Command, one.Stdout, one.Stderr = key, &out, &errs
		exit := r.host.ServeExec(ctx, &one)
		answer = replayed{out.String(), errs.String(), exit}
		r.known[key] = answer
	}
	r.mu.Unlock()
	_, _ = io.WriteString(x.Stdout, strings.ReplaceAll(own.Replace(answer.out), "NONCE", nonce))
	_, _ = io.WriteString(x.Stderr, strings.ReplaceAll(answer.err, "NONCE", nonce))
	return answer.exit
}
