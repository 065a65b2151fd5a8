package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/cloudsim"
	"aixmend/transport/lab/suite"
)

func TestMain(m *testing.M) {
	testscript.Main(testMain{m}, map[string]func(){
		"aixmend":      noticedMain,
		"benchaixmend": benchAixmend,
		"benchbatch":   benchBatch,
		"benchfleet":   benchFleet,
		"fulldisk":     fullDisk,
	})
}

// scriptFleet is the fleet that every script finds: one host of each name.
var scriptFleet = []string{
	"healthy", "address-removed-smitty", "rsct-below-minimum", "not-aix", "not-root",
	"hostile-log", "daemon-down", "rsct-below-recommended", "session-on-rmc-nic",
}

// concurrent matches a script in which processes of the command meet each other or a signal,
// or that runs the whole demo.
var concurrent = regexp.MustCompile(`&\w+&|(?m:^signals )|aixmend resume .*--yes|aixmend demo`)

// scripts lists the scripts. Under the race detector, where a process takes five times as
// long, they are those with concurrency that the tests of controller don't have.
func scripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/script/*.txtar")
	noError(t, err)
	if !suite.Race {
		return files
	}
	return slices.DeleteFunc(files, func(name string) bool {
		text, err := os.ReadFile(name)
		noError(t, err)
		return !concurrent.Match(text)
	})
}

// TestScripts runs the scripts of testdata/script against the real main, each
// with a simulated fleet of its own: $WORK/fleet/inventory.yaml.
func TestScripts(t *testing.T) {
	t.Parallel()
	pasting := newPasting(t)
	testscript.Run(t, testscript.Params{
		Files:               scripts(t),
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
			fleet, err := simulated.Start(dir, hosts, 0)
			if err != nil {
				return err
			}
			env.Defer(fleet.Close)
			env.Values["fleet"] = fleet
			if err := pasting.follow(env); err != nil {
				return err
			}
			env.Values[cloudValue] = new(*cloudsim.Cloud)
			if err := os.WriteFile(filepath.Join(dir, "ssh_config"), []byte(fleetSSHConfig(dir, fleet)), 0o600); err != nil {
				return err
			}
			env.Setenv("AIXMEND_SSH_CONFIG", request.None)
			env.Setenv("HUB", freeAddress(t))
			env.Setenv("FAST", "--set=settle=60ms --set=wait=600ms")
			for name, file := range map[string]string{"PLAYBOOK": "../../playbooks/rmc-restore.yaml", "SWEEP": "../../examples/ops-sweep.sh"} {
				path, err := filepath.Abs(file)
				if err != nil {
					return err
				}
				env.Setenv(name, path)
			}
			return nil
		},
		Condition: conditions,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":       exits,
			"unchanged":   unchanged,
			"modes":       modes,
			"lingers":     lingers,
			"awaits":      awaits,
			"signals":     signals,
			"sent":        sentTimes,
			"newest":      newestRun,
			"readonly":    readOnly,
			"otherkeys":   otherKeys,
			"pasted":      pasted,
			"ails":        ails,
			"cloud":       simulatedCloud,
			"later":       later,
			"valid":       validDocument,
			"fetches":     fetches,
			"certificate": certificate,
		},
	})
}

// fleetSSHConfig says how the hosts of a fleet are reached, for an inventory that
// says no more than their names.
func fleetSSHConfig(dir string, fleet *aixsim.Fleet) string {
	var b strings.Builder
	for _, m := range fleet.Inventory() {
		fmt.Fprintf(&b, "Host %s\n  HostName %s\n  Port %d\n", m.Name, m.Address, m.Port)
	}
	fmt.Fprintf(&b, "Host *\n  User root\n  IdentityFile %s\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile none\n",
		filepath.Join(dir, "id_ed25519"), filepath.Join(dir, "known_hosts"))
	return b.String()
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

// freeAddress is an address of loopback on which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	noError(t, err)
	defer l.Close()
	return l.Addr().String()
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
	if args[1] == "aixmend" && !slices.Contains(args, "json") {
		checkHints(ts.Fatalf, strings.Join(args[1:], " "), ts.ReadFile("stdout")+ts.ReadFile("stderr"))
		checkReports(ts.Fatalf, ts.MkAbs("aixmend-state"))
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
