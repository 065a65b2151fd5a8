package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	gossh "golang.org/x/crypto/ssh"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// behind is a fleet whose known_hosts is empty, with an inventory that names the bastions on
// the way to it.
type behind struct {
	t     *testing.T
	dir   string
	known string // the known_hosts of the inventory's defaults
}

func newBehind(t *testing.T, hosts int, jump string) behind {
	t.Helper()
	b := behind{t, t.TempDir(), ""}
	var list []aixsim.FleetHost
	for i := range hosts {
		list = append(list, aixsim.FleetHost{State: aixsim.Healthy(fmt.Sprintf("aix%d", i), i+1), Illness: "healthy"})
	}
	fleet, err := simulated.Start(b.dir, list, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	b.known = filepath.Join(b.dir, "known_hosts")
	write(t, b.known, "")
	b.through(jump)
	return b
}

// through makes the inventory name another way.
func (b behind) through(jump string) {
	b.t.Helper()
	path := filepath.Join(b.dir, "inventory.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), ", jump: ")
	_, after, ends := strings.Cut(rest, "}\n")
	if !ok || !ends {
		b.t.Fatalf("no jump in\n%s", text)
	}
	write(b.t, path, before+", jump: "+jump+"}\n"+after)
}

// call calls a verb for the fleet.
func (b behind) call(code int, verb string, args ...string) said {
	b.t.Helper()
	args = append([]string{verb, "-i", filepath.Join(b.dir, "inventory.yaml"), "--state", filepath.Join(b.dir, "state")}, args...)
	got := call(b.t, nil, args...)
	if got.code != code {
		b.t.Fatalf("%s: exit code %d, want %d\n%s%s", verb, got.code, code, got.out, got.err)
	}
	return got
}

// forwarder starts a bastion.
func forwarder(t *testing.T) (*sshtest.Server, string) {
	t.Helper()
	server, err := sshtest.Serve(nil, sshtest.Options{Dial: new(net.Dialer).DialContext})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server, server.Addr().String()
}

// Nothing is known: the error of audit names hostkeys, and hostkeys asks the bastions first, each
// once for all hosts, and the hosts through them. Then audit works. The bastions have the
// identity and the known_hosts of the defaults.
func TestHostKeysOfBastions(t *testing.T) {
	t.Parallel()
	near, nearAddress := forwarder(t)
	far, farAddress := forwarder(t)
	b := newBehind(t, 3, fmt.Sprintf("%q", "ops@"+nearAddress+", ops@"+farAddress))
	if got := b.call(4, "audit"); !strings.Contains(got.out, "jump") || !strings.Contains(b.call(4, "audit", "--format", "json").out, "(aixmend hostkeys)") {
		t.Errorf("audit says\n%s", got.out)
	}
	got := b.call(3, "hostkeys")
	for _, want := range []string{"bastion ops@" + nearAddress, "1 bastion: 1 new", "1 bastion: 1 unreachable", "3 hosts: 3 unreachable", "host-key-unknown"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("hostkeys does not say %q:\n%s", want, got.out)
		}
	}
	if text, err := os.ReadFile(b.known); err != nil || len(text) > 0 {
		t.Fatalf("stored without consent: %s, %v", text, err)
	}
	dialled := near.Accepted()
	got = b.call(0, "hostkeys", "--yes", "--only-new")
	if n := near.Accepted() - dialled; n != 4 { // for each of three types of key, and the way
		t.Errorf("the bastion was dialled %d times", n)
	}
	if far.Accepted() != 4 {
		t.Errorf("the other bastion was dialled %d times", far.Accepted())
	}
	for _, want := range []string{"stored the keys of 1 bastion in " + b.known + ": ops@" + nearAddress, "stored the keys of 1 bastion in " + b.known + ": ops@" + farAddress, "stored the keys of 3 hosts"} {
		if !strings.Contains(got.err, want) {
			t.Errorf("hostkeys does not say %q:\n%s", want, got.err)
		}
	}
	b.call(0, "audit")
	b.call(0, "hostkeys", "-q")

	// A bastion that has been redeployed.
	text, err := os.ReadFile(b.known)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	other, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(lines[0], " ")
	lines[0] = name + " " + string(gossh.MarshalAuthorizedKey(other.PublicKey()))
	write(t, b.known, strings.Join(lines, ""))
	b.call(4, "audit")
	b.call(3, "hostkeys", "--yes", "--only-new")
	var shown []struct {
		Host, Status string
		Bastion      bool
	}
	if err := json.Unmarshal([]byte(b.call(3, "hostkeys", "--format", "json").out), &shown); err != nil || len(shown) != 5 ||
		!shown[0].Bastion || shown[0].Host != "ops@"+nearAddress || shown[0].Status != "changed" || !shown[1].Bastion || shown[2].Bastion || shown[2].Status != "unreachable" {
		t.Errorf("%+v, %v", shown, err)
	}
	b.call(0, "hostkeys", "--yes", "--replace")
	b.call(0, "audit")
}

// A bastion of ssh_config is covered too, and one that is named by two logins is asked once.
func TestHostKeysOfBastionsOfSSHConfig(t *testing.T) {
	t.Parallel()
	server, address := forwarder(t)
	host, port, _ := net.SplitHostPort(address)
	b := newBehind(t, 2, "none")
	config := write(t, filepath.Join(b.dir, "ssh_config"), fmt.Sprintf("Host gate\n HostName %s\n Port %s\n User ops\nHost 127.0.0.1\n ProxyJump gate\n", host, port))
	text, err := os.ReadFile(filepath.Join(b.dir, "inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(b.dir, "inventory.yaml"), strings.Replace(string(text), ", jump: none", "", 1))
	config = "--ssh-config=" + config
	got := b.call(0, "hostkeys", "--yes", "--only-new", config)
	if !strings.Contains(got.out, "bastion gate") || !strings.Contains(got.err, "stored the keys of 1 bastion in "+b.known+": gate") {
		t.Errorf("%s%s", got.out, got.err)
	}
	b.call(0, "audit", config)
	if server.Forwards() == 0 {
		t.Error("nothing went through the bastion")
	}
}

// On a terminal the bastion's question comes first; without a yes the hosts behind it are
// not asked.
func TestHostKeysOfABastionOnATerminal(t *testing.T) {
	_, address := forwarder(t)
	b := newBehind(t, 2, "ops@"+address)
	args := []string{"hostkeys", "-i", filepath.Join(b.dir, "inventory.yaml"), "--state", filepath.Join(b.dir, "state"), "--ssh-config", "none"}
	const compare = "? Compare them with the consoles first. Type 'yes' to continue: "
	k := onATerminal(t, args...)
	k.says("Store the keys of 1 new bastion in "+b.known+": ops@"+address+compare, "no")
	k.ends(3)
	if strings.Contains(k.shown.String(), "new hosts") {
		t.Errorf("shown\n%s", k.shown.String())
	}
	k = onATerminal(t, args...)
	k.says("Store the keys of 1 new bastion in "+b.known+": ops@"+address+compare, "yes")
	k.says("Store the keys of 2 new hosts in "+b.known+": aix[0-1]"+compare, "yes")
	k.ends(0)
	b.call(0, "audit")
}

// OpenSSH is the bastion.
func TestHostKeysOfAnOpenSSHBastion(t *testing.T) {
	t.Parallel()
	b := newBehind(t, 2, "none")
	address := openSSHBastion(t, b.dir)
	b.through("root@" + address)
	b.call(4, "audit")
	got := b.call(0, "hostkeys", "--yes", "--only-new")
	if !strings.Contains(got.err, "stored the keys of 1 bastion in "+b.known) || strings.Count(got.out, "bastion root@"+address) != 2 {
		t.Errorf("%s%s", got.out, got.err)
	}
	b.call(0, "audit")
}

// openSSHBastion starts the system's sshd on a loopback port, which lets the identity of a
// fleet in.
func openSSHBastion(t *testing.T, dir string) string {
	t.Helper()
	if why := lacking(t.TempDir()); why != "" {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatal(why)
		}
		t.Skip("the bastion is a real OpenSSH server, which this machine can't start (AIXMEND_REQUIRE_OPENSSH=1 makes that an error): " + why)
	}
	keys := t.TempDir()
	config := "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\nAuthorizedKeysFile " + filepath.Join(keys, "authorized_keys") + "\n"
	for _, kind := range []string{"ed25519", "rsa"} {
		if err := output(tool("ssh-keygen"), "-q", "-t", kind, "-N", "", "-f", filepath.Join(keys, kind)); err != nil {
			t.Fatal(err)
		}
		config += "HostKey " + filepath.Join(keys, kind) + "\n"
	}
	public, err := exec.Command(tool("ssh-keygen"), "-y", "-f", filepath.Join(dir, "id_ed25519")).Output()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(keys, "authorized_keys"), string(public))
	path := write(t, filepath.Join(keys, "sshd_config"), config)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { _ = l.Close() })
	serving.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			file, err := client.(*net.TCPConn).File()
			_ = client.Close()
			if err != nil {
				t.Error(err)
				return
			}
			server := exec.Command(tool("sshd"), "-i", "-f", path)
			server.Stdin, server.Stdout = file, file
			if err := server.Start(); err != nil {
				t.Error(err)
			} else {
				serving.Go(func() { _ = server.Wait() })
			}
			_ = file.Close()
		}
	})
	return l.Addr().String()
}

// A short key proves nothing: it is called so, known or not, and is not stored. Both ways out
// that the messages name work: another key, and legacy_algorithms.
func TestShortHostKeys(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	short, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	good, err := sshtest.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	known := filepath.Join(dir, "known_hosts")
	serve := func(settings string, keys ...gossh.Signer) (inventory, line string) {
		server, err := sshtest.Serve(nil, sshtest.Options{HostKeys: keys})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Close() })
		host, port, _ := net.SplitHostPort(server.Addr().String())
		return write(t, filepath.Join(t.TempDir(), "inventory.yaml"), fmt.Sprintf("apiVersion: aixmend/v1\nhosts: {old: {address: %s, ssh: {port: %s, known_hosts: %s%s}}}\n", host, port, known, settings)),
			fmt.Sprintf("[%s]:%s %s", host, port, gossh.MarshalAuthorizedKey(short.PublicKey()))
	}
	hostkeys := func(code int, inventory, want string, args ...string) {
		t.Helper()
		got := call(t, nil, append([]string{"hostkeys", "-i", inventory, "--state", filepath.Join(dir, "state")}, args...)...)
		if got.code != code || !strings.Contains(got.out, want) {
			t.Errorf("exit code %d, want %d and %q\n%s%s", got.code, code, want, got.out, got.err)
		}
	}
	const flagged = "old: its key is an RSA key of 1024 bits, fewer than 2048, which can be forged"
	for _, isKnown := range []bool{false, true} {
		inventory, line := serve("", short)
		before := map[bool]string{true: line}[isKnown]
		write(t, known, before)
		hostkeys(3, inventory, "1 host: 1 short")
		hostkeys(3, inventory, flagged, "--yes", "--replace")
		if after, err := os.ReadFile(known); err != nil || string(after) != before {
			t.Errorf("stored\n%s, %v", after, err)
		}

		inventory, line = serve("", short, good)
		before = map[bool]string{true: line}[isKnown]
		write(t, known, before)
		hostkeys(3, inventory, "1 host: 1 new")
		hostkeys(0, inventory, flagged, "--yes", "--only-new")
		hostkeys(0, inventory, "1 host: 1 known")
		after, err := os.ReadFile(known)
		if added, ok := strings.CutPrefix(string(after), before); err != nil || !ok || strings.Contains(added, "ssh-rsa") || !strings.Contains(added, "ssh-ed25519") {
			t.Errorf("stored\n%s, %v", after, err)
		}
	}
	inventory, _ := serve(", legacy_algorithms: true", short)
	write(t, known, "")
	hostkeys(0, inventory, "1 new", "--yes", "--only-new")
	hostkeys(0, inventory, "1 known")
}
