package aixsim

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestBoot: what comes back is what the ODM and rc.tcpip hold.
func TestBoot(t *testing.T) {
	for _, c := range []struct {
		name      string
		apply     func(*State)
		prepare   string // run before the boot
		connected bool   // a minute later
		live      string // address on en1
	}{
		{name: "healthy", connected: true, live: "fe80::f8d4:43ff:fe00:121/64"},
		{name: "lost live, back after a boot", apply: func(s *State) { s.NICs[1].Live.IPv6 = nil }, connected: true, live: "fe80::f8d4:43ff:fe00:121/64"},
		{name: "not persistent", apply: func(s *State) {
			live := s.NICs[1].Live
			loseAddress(s)
			s.NICs[1].Live = live
		}},
		{name: "rc.tcpip overrules the ODM", apply: func(s *State) { s.edit("/etc/rc.tcpip", appendText(ChdevBootLine("en1", "fe80::99"))) }, live: "fe80::99/64"},
		{name: "autoconf6 at boot", apply: loseAddress, prepare: "chrctcp -c autoconf6 -f interface=en1", connected: true, live: "fe80::f8d4:43ff:fe00:121/64"},
		{name: "no ctrmc in inittab", prepare: "grep -v ctrmc /etc/inittab > /tmp/i; cp /tmp/i /etc/inittab", live: "fe80::f8d4:43ff:fe00:121/64"},
		{name: "remote clients for the next start", apply: func(s *State) { s.RMC.RemoteClients = false }, prepare: "/opt/rsct/bin/rmcctrl -q", connected: true, live: "fe80::f8d4:43ff:fe00:121/64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := Healthy("aixvm1", 1)
				if c.apply != nil {
					c.apply(s)
				}
				m := boot(t, s)
				m.wants("sleep 1000 >/dev/null 2>&1 &")
				m.wants(c.prepare)
				before := m.wants("who -b; uptime")
				m.host.Boot(nil)
				if m.host.Connected() {
					t.Error("connected at once")
				}
				time.Sleep(61 * time.Second)
				if m.host.Connected() != c.connected {
					t.Errorf("connected %t: %s", !c.connected, m.host.Why())
				}
				if got := strings.Join(m.host.Snapshot().NICs[1].Live.IPv6, " "); got != c.live {
					t.Errorf("live %q, want %q", got, c.live)
				}
				if m.wants("who -b; uptime") == before {
					t.Error("who and uptime have not noticed")
				}
				if got := m.wants("ps -ef"); strings.Contains(got, "1000") {
					t.Errorf("a process lived on: %s", got)
				}
			})
		})
	}
}

// TestBootFromAnotherVolume changes what is on the disk meanwhile.
func TestBootFromAnotherVolume(t *testing.T) {
	m := boot(t, Healthy("aixvm1", 1))
	m.host.Boot(func(s *State) {
		i, err := FindIllness("boot-volume-changed")
		if err != nil {
			t.Fatal(err)
		}
		i.Apply(s)
	})
	if got := m.wants("bootinfo -b; ifconfig en1 | grep -c inet6; [ -f /var/log/cloud-init-output.log ] || echo no log"); got != "hdisk1\n0\nno log\n" {
		t.Errorf("got %q", got)
	}
}
