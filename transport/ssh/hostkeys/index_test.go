package hostkeys

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"aixmend/transport"
	"aixmend/transport/lab/suite"
)

// manyHashed is how many lines the files of these tests have.
const manyHashed = 50_000

// hashedFile writes a file of hashed names host0, host1, ..., each with the key
// of its number.
func hashedFile(t testing.TB, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %s\n", hashed(hostNumber(i).Address), authorized(edKey(t, uint64(i))))
	}
	return writeFile(t, "known_hosts", b.String())
}

func hostNumber(i int) transport.Target {
	return transport.Target{Address: "host" + strconv.Itoa(i), Port: 22}
}

// Hashed names are found by their key: one HMAC decides. All of them are tried
// once for a host that shows another key, and for no other.
func TestHashedNamesAreFoundByTheirKey(t *testing.T) {
	path := hashedFile(t, manyHashed)
	h := &KnownHosts{}
	macs := func(target transport.Target, key ssh.PublicKey, want Status) int64 {
		t.Helper()
		before := h.macs.Load()
		target.KnownHosts = path
		p, err := h.Policy(target)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.judge(key).status; got != want {
			t.Errorf("%s: %s, want %s", target.Address, got, want)
		}
		return h.macs.Load() - before
	}
	var all int64
	for i := range 1000 {
		all += macs(hostNumber(i*manyHashed/1000), edKey(t, uint64(i*manyHashed/1000)), Known)
	}
	if all != 1000 {
		t.Errorf("%d HMACs for 1000 known hosts", all)
	}
	if n := macs(hostNumber(7), edKey(t, manyHashed+1), Changed); n != manyHashed {
		t.Errorf("%d HMACs for a host with an unknown key", n)
	}
	if n := macs(hostNumber(7), edKey(t, manyHashed+2), Changed); n != 0 {
		t.Errorf("%d HMACs for the same host", n)
	}
	if n := macs(hostNumber(7), edKey(t, 8), Changed); n != 0+1 {
		t.Errorf("%d HMACs for a host with the key of another", n)
	}
	if n := macs(hostNumber(manyHashed), edKey(t, manyHashed+1), New); n != manyHashed {
		t.Errorf("%d HMACs for a new host", n)
	}
}

// Names in clear cost no HMAC, however many hashed ones stand beside them.
func TestPlainNamesCostNoHMAC(t *testing.T) {
	key := edKey(t, 1)
	h := &KnownHosts{}
	path := writeFile(t, "known_hosts", "host1 "+authorized(key)+"\n"+hashed("host2")+" "+authorized(edKey(t, 2))+"\n")
	p, err := h.Policy(transport.Target{Address: "host1", KnownHosts: path})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.judge(key).status; got != Known || h.macs.Load() != 0 {
		t.Errorf("%s with %d HMACs", got, h.macs.Load())
	}
}

// generated makes a file on which x/crypto and we are to agree: what
// stands about ports in patterns, ssh reads otherwise than x/crypto.
func generated(t testing.TB, pick func(n int) int) string {
	names := []string{"aix1", "aix2", "10.1.2.3", "[aix1]:2222", "[10.1.2.3]:2222", "aix*,!aix2", "aix?", "*.example", "AIX1", "aix1,aix2", "10.1.*"}
	var b strings.Builder
	for range pick(8) + 1 {
		name := names[pick(len(names))]
		if pick(3) == 0 {
			name = hashed([]string{"aix1", "aix2", "10.1.2.3", "[aix1]:2222"}[pick(4)])
		}
		mark := ""
		if pick(12) == 0 {
			mark = "@revoked "
		}
		fmt.Fprintf(&b, "%s%s %s\n", mark, name, authorized(edKey(t, uint64(pick(3)))))
	}
	return b.String()
}

// xcrypto says what x/crypto says.
func xcrypto(t *testing.T, path string, target transport.Target, key ssh.PublicKey) Status {
	t.Helper()
	check, err := knownhosts.New(path)
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort(target.Address, strconv.Itoa(target.Port))
	err = check(address, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 22}, key)
	var revoked *knownhosts.RevokedError
	var wanted *knownhosts.KeyError
	switch {
	case err == nil:
		return Known
	case errors.As(err, &revoked):
		return Revoked
	case !errors.As(err, &wanted):
		t.Fatalf("x/crypto: %v", err)
	case len(wanted.Want) > 0:
		return Changed
	}
	return New
}

// x/crypto's linear search gives the same results on realistic files.
func TestKnownHostsAsXCrypto(t *testing.T) {
	state := uint64(1)
	pick := func(n int) int { // the same files each time
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % n
	}
	counts := map[Status]int{}
	for range 400 {
		content := strings.ReplaceAll(generated(t, pick), "AIX1", "aix1") // x/crypto minds capitals
		path := writeFile(t, "known_hosts", content)
		for _, target := range []transport.Target{{Address: "aix1", Port: 22}, {Address: "aix2", Port: 22}, {Address: "aix1", Port: 2222}, {Address: "10.1.2.3", Port: 22}} {
			key := edKey(t, uint64(pick(3)))
			got, want := judged(t, target, key, content), xcrypto(t, path, target, key)
			counts[got]++
			if got != want {
				t.Errorf("%s:%d: %s, x/crypto says %s, of\n%s", target.Address, target.Port, got, want, content)
			}
		}
	}
	for _, status := range []Status{Known, Changed, New, Revoked} {
		if counts[status] < 20 {
			t.Errorf("only %d were %s", counts[status], status)
		}
	}
}

// ssh-keygen -F finds the same lines; it says nothing about marks and keys.
func TestKnownHostsAsSSHKeygen(t *testing.T) {
	suite.Unraced(t, "ssh-keygen")
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		withoutOpenSSH(t, err)
	}
	state := uint64(2)
	pick := func(n int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int(state>>33) % n
	}
	found := 0
	for range 25 {
		content := strings.ReplaceAll(generated(t, pick), "@revoked ", "")
		path := writeFile(t, "known_hosts", content)
		for _, target := range []transport.Target{{Address: "aix1", Port: 22}, {Address: "aix2", Port: 22}, {Address: "aix1", Port: 2222}, {Address: "10.1.2.3", Port: 2222}} {
			out, err := exec.Command(keygen, "-F", Name(target), "-f", path).Output()
			if err != nil && len(out) > 0 {
				t.Fatal(err)
			}
			want := map[string]bool{}
			for line := range strings.Lines(string(out)) {
				if at, ok := strings.CutPrefix(strings.TrimSpace(line), "# Host "+Name(target)+" found: line "); ok {
					want[strings.Fields(at)[0]] = true
					found++
				}
			}
			target.KnownHosts = path
			p, err := new(KnownHosts).Policy(target)
			if err != nil {
				t.Fatal(err)
			}
			lines := p.judge(edKey(t, 99)).lines
			for _, l := range lines {
				if !want[strconv.Itoa(l.number)] {
					t.Errorf("%s: line %d is none of ssh-keygen's %v\n%s", p.name, l.number, want, content)
				}
			}
			if len(lines) != len(want) {
				t.Errorf("%s: %d lines, ssh-keygen has %v\n%s", p.name, len(lines), want, content)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d lines were found at all", found)
	}
}

// withoutOpenSSH skips a test, or fails it where OpenSSH is required.
func withoutOpenSSH(t *testing.T, reason any) {
	t.Helper()
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
		t.Fatalf("required: %v", reason)
	}
	t.Skip(reason)
}

// BenchmarkKnownHosts measures a file of 50,000 hashed lines: reading it, and a
// look-up as each connection makes it.
func BenchmarkKnownHosts(b *testing.B) {
	path := hashedFile(b, manyHashed)
	lookUp := func(b *testing.B, h *KnownHosts, i int, key uint64) {
		target := hostNumber(i)
		target.KnownHosts = path
		p, err := h.Policy(target)
		if err != nil {
			b.Fatal(err)
		}
		p.judge(edKey(b, key))
	}
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			lookUp(b, &KnownHosts{}, 1, 1)
		}
	})
	b.Run("known", func(b *testing.B) {
		h := &KnownHosts{}
		lookUp(b, h, 1, 1)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			lookUp(b, h, i%manyHashed, uint64(i%manyHashed))
		}
	})
	b.Run("new", func(b *testing.B) { // all hashes are tried
		h := &KnownHosts{}
		lookUp(b, h, 1, 1)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			lookUp(b, h, manyHashed+i, manyHashed+1)
		}
	})
	b.Run("x-crypto", func(b *testing.B) {
		check, err := knownhosts.New(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			i := i * 7919 % manyHashed
			_ = check(hostNumber(i).Address+":22", &net.TCPAddr{Port: 22}, edKey(b, uint64(i)))
		}
	})
}
