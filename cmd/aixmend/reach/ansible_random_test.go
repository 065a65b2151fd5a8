package reach

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/request"
	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/transport/lab/suite"
)

// pieces are put together at random: each is right or wrong by itself, and many change the
// meaning of others.
var pieces = []string{
	"-p", "2222", "-p2201", "-l", "ops", "-lroot", "-J", "gate", "-J a,b", "-Jnone", "-q", "-vp", "-4C", "-F ssh.cfg", "-F", "none", "-i key", "--", "-",
	"-o", "User=x", "-oUser=y", "-o 'User z'", `-o 'User="q r"'`, `-o 'User="q"'`, "-o Port=23", "-oPort = 24", "-o ProxyJump=p", "-o ProxyJump=none", "-o ProxyCommand=none",
	"-o ProxyCommand='ssh -W %h:%p gate'", "-o ProxyCommand='ssh gate -l ops -W %h:%p'", "-o ProxyCommand='nc %h %p'", "-o HostKeyAlias=al", "-o UserKnownHostsFile='known more'",
	"-o IdentityFile=key", "-o IdentityFile=none", "-o HostName=other", "-o HostName=%h", "-o Compression=yes", "-o FooBar=1", "-o", "-oBindAddress=10.0.0.1",
	"'", `"`, `\`, "x", "-W x:1", "-T -t", "-e none", "-c aes256-ctr", "-o CertificateFile=key-cert.pub", "-o IdentityAgent=none", "-o GlobalKnownHostsFile=global",
}

// Whatever the arguments: the host has a fault, or it is reached as ssh reaches it, and ssh
// takes them.
func TestRandomArgumentsReachAlike(t *testing.T) {
	judge := newJudge(t)
	const seed = 15
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a failed round must be repeatable; nothing here is secret
	way := New(Options{Asked: request.Asked{SSHConfig: request.None}, Say: func(string, ...any) {}})
	defer way.Close()
	hosts := map[string]map[string]any{}
	var text strings.Builder
	for i := range suite.Rounds(50, 1500) {
		var words []string
		for range 1 + random.IntN(4) {
			words = append(words, pieces[random.IntN(len(pieces))])
		}
		name := fmt.Sprintf("h%04d", i)
		vars := map[string]any{"ansible_host": fmt.Sprintf("10.0.%d.%d", i/250, 1+i%250), "ansible_ssh_common_args": strings.Join(words, " ")}
		if random.IntN(3) == 0 {
			vars["ansible_user"], vars["ansible_port"] = "of_ansible", 2022
		}
		inJSON, err := json.Marshal(vars)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "    %s: %s\n", name, inJSON)
		hosts[name] = vars
	}
	file := filepath.Join(judge.folder, "random.yaml")
	write(t, file, "all:\n  hosts:\n"+text.String(), 0o600)
	judge.split(t, hosts)
	inv, err := load.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for name, vars := range hosts {
		if _, err := inv.Select(name); err != nil {
			continue
		}
		taken++
		h, _ := inv.Host(name)
		got, failed := way.Targets(t.Context(), []inventory.Host{h})
		t.Run(fmt.Sprint(vars), func(t *testing.T) {
			if failed[0] != nil {
				t.Fatal(failed[0])
			}
			if diff := cmp.Diff(comparable(judge.target(t, name, vars)), comparable(got[0])); diff != "" {
				t.Errorf("(-ssh +ours):\n%s", diff)
			}
		})
	}
	if taken == 0 {
		t.Error("everything is refused")
	}
}
