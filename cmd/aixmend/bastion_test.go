package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// A fleet behind a bastion: audited over one connection to it, and where it does
// not forward, that is the reason of each host.
func TestAuditBehindABastion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var hosts []aixsim.FleetHost
	for i := range 3 {
		hosts = append(hosts, aixsim.FleetHost{State: aixsim.Healthy(fmt.Sprintf("aix%d", i), i+1), Illness: "healthy"})
	}
	fleet, err := simulated.Start(dir, hosts, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	for name, c := range map[string]struct {
		faults sshtest.Faults
		code   int
		want   outcome.Outcome
	}{
		"forwards":  {sshtest.Faults{}, 0, outcome.Healthy},
		"prohibits": {sshtest.Faults{Forward: sshtest.ForwardRefuse, ForwardReason: gossh.Prohibited}, 4, outcome.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			var login atomic.Value
			bastion, err := sshtest.Serve(nil, sshtest.Options{Faults: c.faults, Dial: new(net.Dialer).DialContext, Configure: func(s *gossh.ServerConfig) {
				s.AuthLogCallback = func(m gossh.ConnMetadata, _ string, _ error) { login.Store(m.User()) }
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer bastion.Close()
			address := bastion.Addr().String()
			text, err := os.ReadFile(filepath.Join(dir, "inventory.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			inventory := write(t, filepath.Join(dir, name+".yaml"), strings.Replace(string(text), "known_hosts: known_hosts, jump: none", "jump: ops@"+address, 1))
			known := write(t, filepath.Join(dir, name), fleet.KnownHosts()+bastion.KnownHostsLine(address))
			got := call(t, nil, "audit", "-i", inventory, "--known-hosts", known, "--identity", filepath.Join(dir, "id_ed25519"),
				"--state", filepath.Join(t.TempDir(), "state"), "--format", "json")
			var run outcome.Run
			if err := json.Unmarshal([]byte(got.out), &run); err != nil || got.code != c.code || run.Counts[c.want] != 3 {
				t.Fatalf("exit code %d, %v, %v\n%s", got.code, err, run.Counts, got.err)
			}
			if bastion.Accepted() != 1 || bastion.Forwards() != 3 || login.Load() != "ops" {
				t.Errorf("%d connections to the bastion, %d channels, as %v", bastion.Accepted(), bastion.Forwards(), login.Load())
			}
			for _, h := range run.Hosts {
				if c.want == outcome.Unreachable && !strings.HasPrefix(h.Reason, "jump: bastion ops@"+address+": it may not connect to ") {
					t.Errorf("%s: %s", h.Name, h.Reason)
				}
			}
		})
	}
}
