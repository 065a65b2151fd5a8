package aixsim

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestIllnesses: the catalogue is what it says, can be saved, and RMC follows.
func TestIllnesses(t *testing.T) {
	connected := map[string]bool{"healthy": true, "healthy-no-refreshmd": true, "healthy-customer-ipv6": true, "address-not-persistent": true,
		"rsct-below-recommended": true, "clock-skew": true, "lssrc-slow": true, "not-root": true,
		"node-id-forty-lines": true, "node-id-upper-case": true, "node-id-0x": true, "node-id-nine-digits": true,
		"ipv4-duplicate": true, "default-route-lost": true, "volume-group-gone": true, "clock-year-off": true}
	seen := map[string]bool{}
	if n := len(Illnesses()); n < 24 {
		t.Errorf("%d illnesses", n)
	}
	for _, i := range Illnesses() {
		t.Run(i.Name, func(t *testing.T) {
			if seen[i.Name] || i.Description == "" {
				t.Errorf("name or description: %+v", i)
			}
			seen[i.Name] = true
			s := Healthy("aixvm1", 1)
			if i.Apply == nil {
				return // needs a fleet
			}
			i.Apply(s)
			if i.Name != "healthy" && cmp.Equal(s, Healthy("aixvm1", 1)) {
				t.Error("changes nothing")
			}
			if diff := cmp.Diff(s, s.Clone()); diff != "" {
				t.Errorf("JSON loses something:\n%s", diff)
			}
			m := boot(t, s)
			if got := m.host.Connected(); got != connected[i.Name] {
				t.Errorf("connected %t: %s", got, m.host.Why())
			}
			if r := m.run("echo 'in touch'"); !strings.HasSuffix(r.Stdout, "in touch\n") {
				t.Errorf("says %q %q", r.Stdout, r.Stderr)
			}
		})
	}
	if _, err := FindIllness("nosuch"); err == nil {
		t.Error("found an illness that is none")
	}
}

// TestHealthyIsDeterministicAndUnique: what must differ between machines does.
func TestHealthyIsDeterministicAndUnique(t *testing.T) {
	seen := map[string]int{}
	for n := range 5000 {
		s := Healthy("x", n)
		for _, v := range []string{s.UUID, s.NICs[0].MAC, s.NICs[1].MAC, s.NICs[0].Live.IPv4[0], s.NICs[1].Live.IPv6[0], NodeID(n), s.Disks[0].PVID} {
			if other, ok := seen[v]; ok {
				t.Fatalf("%s is in machine %d and %d", v, other, n)
			}
			seen[v] = n
		}
		if validNodeID(NodeID(n)) != NodeID(n) {
			t.Fatalf("node id %q", NodeID(n))
		}
	}
	if diff := cmp.Diff(Healthy("x", 77), Healthy("x", 77)); diff != "" {
		t.Error(diff)
	}
}

// TestCloudInitShapes: each shape is one of its own and names the address, as
// itself or uncompressed.
func TestCloudInitShapes(t *testing.T) {
	marks := []string{"settings=auto lo", "running  ['/usr/sbin/chdev'", "[DEBUG]: Running command", "IPv6 Addresses", "| Scope |"}
	for n := range 10 {
		s := Healthy("x", n)
		text := s.Files["/var/log/cloud-init-output.log"].Content
		addr := EUI64(s.NICs[1].MAC).String()
		if !strings.Contains(text, addr) && !strings.Contains(text, exploded(addr)) {
			t.Errorf("shape %d lacks %s:\n%s", n, addr, text)
		}
		for i, mark := range marks {
			if strings.Contains(text, mark) != (i == n%5) {
				t.Errorf("shape %d and mark %q:\n%s", n, mark, text)
			}
		}
	}
}

func TestEUI64(t *testing.T) {
	if got := EUI64("fa:d4:43:3e:d1:20").String(); got != "fe80::f8d4:43ff:fe3e:d120" {
		t.Errorf("got %s", got)
	}
	if EUI64("fa:d4:43:3e:d1").IsValid() || EUI64("fa:d4:43:3e:d1:zz").IsValid() {
		t.Error("takes what is no MAC")
	}
}

func TestDurationIsText(t *testing.T) {
	b, err := json.Marshal(Behaviour{Delay: Duration(90 * time.Second)})
	if err != nil || string(b) != `{"delay":"1m30s"}` {
		t.Errorf("%s, %v", b, err)
	}
	var back Behaviour
	if err := json.Unmarshal([]byte(`{"delay":"soon"}`), &back); err == nil {
		t.Error("read a duration that is none")
	}
}
