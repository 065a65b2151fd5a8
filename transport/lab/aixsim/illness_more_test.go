package aixsim

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestLaterIllnesses: what the host says, and what stands in RMC's way.
func TestLaterIllnesses(t *testing.T) {
	const lsnodeid = "/opt/rsct/bin/lsnodeid"
	id := NodeID(1)
	for name, c := range map[string]struct{ why, command, want string }{
		"node-id-forty-lines":       {"", lsnodeid + "; head -n 1 /etc/ct_node_id; wc -l < /var/ct/cfg/ct_node_id", id + "\n" + id + "\n      40\n"},
		"node-id-upper-case":        {"", lsnodeid + "; head -n 1 /etc/ct_node_id", id + "\n" + strings.ToUpper(id) + "\n"},
		"node-id-0x":                {"", lsnodeid + "; head -n 1 /etc/ct_node_id", id + "\n0x" + id + "\n"},
		"node-id-nine-digits":       {"", lsnodeid + "; head -n 1 /etc/ct_node_id; head -n 1 /var/ct/cfg/ct_node_id", "0000000" + id[7:] + "\n" + id[7:] + "\n0000000" + id[7:] + "\n"},
		"cluster0-odd-quoting":      {"the places of the node id differ", "odmget -q name=cluster0 CuAt | grep value", "\tvalue = \"the \\\"old\\\" cluster \\\\ 'prod' $(reboot) ; = : *\"\n\tvalue = \"\\\"\"\n"},
		"ipv4-duplicate":            {"", "ifconfig -a | grep -c 10.20.0.3; lsattr -El en2 -a netaddr -F value", "2\n10.20.0.3\n"},
		"default-route-lost":        {"", "netstat -rn | grep -c default; lsattr -El inet0 -a route -F value", "0\n\n"},
		"volume-group-gone":         {"", "lsvg; lspv | grep hdisk2 | tr -s ' '; grep -c loglv00 /etc/filesystems", "rootvg\nhdisk2 00fa0001da7a0001 None \n1\n"},
		"clock-year-off":            {"", "/opt/rsct/bin/rmcdomainstatus -s ctrmc | tail -n 1 | cut -c1-6", "   I A\n"},
		"own-boot-image":            {"en1 is down", "bootinfo -b; ls /var/log; ifconfig -a | grep -c fe80", "hdisk1\n0\n"},
		"own-boot-image-renumbered": {"en0 is down", "lsattr -El en1 -a netaddr -F value; ls /var/log", "10.20.0.3\ncloud-init-output.log\n"},
		"own-boot-image-old-rsct":   {"rsct.core.rmc is older than 3.2.1.0", "installp -Ld /usr/sys/inst.images | grep -c rsct.core", "12\n"},
	} {
		t.Run(name, func(t *testing.T) {
			m := shows(t, name, c.why, c.command, c.want)
			if s := m.host.Snapshot(); s.Hostname != "aixvm1" || !m.host.Reachable() {
				t.Errorf("%s is not where it was", s.Hostname)
			}
		})
	}
}

// TestOddQuotingSurvives: what odmget prints, odmadd reads.
func TestOddQuotingSurvives(t *testing.T) {
	i, err := FindIllness("cluster0-odd-quoting")
	if err != nil {
		t.Fatal(err)
	}
	s := Healthy("aixvm1", 1)
	i.Apply(s)
	s.ODM[0].Attrs[4].Value = "two\nlines\tand \\n"
	m := boot(t, s)
	const odmget = "odmget -q name=cluster0 CuAt"
	before, was := m.wants(odmget), m.host.Snapshot().ODM
	m.wants(odmget + " > /tmp/s; odmdelete -o CuAt -q name=cluster0; odmadd /tmp/s")
	if after := m.wants(odmget); after != before || strings.Count(before, "value = ") != 2 {
		t.Errorf("before %s after %s", before, after)
	}
	got := m.host.Snapshot().ODM
	if got[1].Get("value") != was[0].Get("value") || got[1].Attrs[4].Value != "two\nlines\tand \\n" {
		t.Errorf("values %+v, want %+v", got, was)
	}
}

// TestVolumeGroupGone takes one away that was there.
func TestVolumeGroupGone(t *testing.T) {
	s := Healthy("aixvm1", 1)
	s.Disks = append(s.Disks, Disk{Name: "hdisk2", PVID: "00fa0001aaaa0001", VG: "datavg", Active: true})
	i, err := FindIllness("volume-group-gone")
	if err != nil {
		t.Fatal(err)
	}
	i.Apply(s)
	if d := s.Disks[2]; len(s.Disks) != 3 || d.VG != "None" || d.Active || d.PVID != "00fa0001aaaa0001" {
		t.Errorf("%+v", s.Disks)
	}
}

// TestRecfgctGoesWrong: before and after it has changed anything, and never.
func TestRecfgctGoesWrong(t *testing.T) {
	const other = "1111222233334444"
	for _, c := range []struct {
		name, id string
		hangs    bool
		exit     int
	}{
		{name: "noop", id: NodeID(1)}, {name: "fail-before", id: NodeID(1), exit: 1}, {name: "fail-after", id: other, exit: 1},
		{name: "hang", id: NodeID(1), hangs: true}, {name: "hang-after", id: other, hangs: true}, {name: "", id: other},
	} {
		t.Run("recfgct "+c.name, func(t *testing.T) { recfgct(t, c.name, other, c.id, c.hangs, c.exit) })
	}
}

// recfgct runs recfgct -i; one that hangs is ended by a signal.
func recfgct(t *testing.T, variant, id, want string, hangs bool, exit int) {
	synctest.Test(t, func(t *testing.T) {
		s := Healthy("aixvm1", 1)
		s.RMC.Recfgct = variant
		m := boot(t, s)
		session, err := m.client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		if err := session.Start("/opt/rsct/install/bin/recfgct -i " + id); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- session.Wait() }()
		time.Sleep(time.Hour)
		if (len(ended) == 0) != hangs {
			t.Errorf("hangs %t", !hangs)
		}
		if got := idOf(m.host); got != want {
			t.Errorf("node id %s, want %s", got, want)
		}
		if hangs {
			if err := session.Signal(ssh.SIGKILL); err != nil {
				t.Fatal(err)
			}
			exit = exitKilled
		}
		err = <-ended
		var status *ssh.ExitError
		if got := errors.As(err, &status); got != (exit != 0) || got && status.ExitStatus() != exit {
			t.Errorf("ended with %v, want %d", err, exit)
		}
	})
}

// idOf is the node id that a host works with.
func idOf(h *Host) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.nodeID()
}
