package aixsim

import (
	"testing"
	"testing/synctest"
	"time"
)

// A cause of a dead RMC: how the host gets ill, and what on the host mends it.
type cause struct {
	name  string
	apply func(*State)
	why   string   // what Why says
	mend  string   // the command that removes the cause
	vain  []string // commands that do not help
	row   string   // what rmcdomainstatus says meanwhile, "" is nothing at all
}

func causes() []cause {
	const rsct = "/usr/sbin/rsct/bin/"
	const recycle = rsct + "rmcctrl -z && " + rsct + "rmcctrl -A && " + rsct + "rmcctrl -p"
	ill := func(name string) func(*State) {
		return func(s *State) {
			i, err := FindIllness(name)
			if err != nil {
				panic(err)
			}
			i.Apply(s)
		}
	}
	const address = "/usr/sbin/chdev -l en1 -a netaddr6=fe80::f8d4:43ff:fe00:121 -a prefixlen=64 -a state=up"
	return []cause{
		{name: "address lost", apply: ill("address-removed-smitty"), why: "en1 has not the address of its MAC", mend: address,
			vain: []string{recycle, "/usr/sbin/chdev -l en1 -a netaddr6=fe80::1 -a prefixlen=64", "/usr/sbin/chdev -l en0 -a netaddr6=fe80::f8d4:43ff:fe00:121"}},
		{name: "address lost live", apply: ill("address-removed-live"), why: "en1 has not the address of its MAC", mend: "/usr/sbin/autoconf6 -i en1", vain: []string{recycle}},
		{name: "address of a clone", apply: ill("address-of-clone"), why: "en1 has not the address of its MAC", mend: address, vain: []string{recycle}},
		{name: "customer's netaddr6", apply: ill("customer-netaddr6-on-rmc-nic"), why: "en1 has not the address of its MAC",
			mend: "/usr/sbin/chdev -l en1 -a alias6=fe80::f8d4:43ff:fe00:121/64"},
		{name: "NIC down", apply: func(s *State) { s.NICs[1].Live.Up = false }, why: "en1 is down", mend: "/usr/sbin/chdev -l en1 -a state=up"},
		{name: "remote clients", apply: ill("remote-clients-disabled"), why: "remote clients are disabled", mend: rsct + "rmcctrl -p",
			vain: []string{rsct + "rmcctrl -z && " + rsct + "rmcctrl -A"}},
		{name: "daemon down", apply: ill("daemon-down"), why: "ctrmc is not active", mend: rsct + "rmcctrl -A"},
		{name: "daemon hung", apply: ill("daemon-hung"), why: "ctrmc hangs", mend: rsct + "rmcctrl -z; " + rsct + "rmcctrl -A",
			vain: []string{rsct + "rmcctrl -p", "/opt/rsct/bin/rmcrefreshMD -s ctrmc"}},
		{name: "ids differ", apply: ill("node-id-mismatch"), why: "the places of the node id differ",
			mend: "/opt/rsct/install/bin/recfgct -s && " + rsct + "rmcctrl -p", vain: []string{recycle}},
		{name: "no id", apply: ill("node-id-missing"), why: "no valid node id", mend: "/opt/rsct/install/bin/recfgct -n && " + rsct + "rmcctrl -p", vain: []string{recycle}},
		{name: "working copy lost", apply: ill("node-id-working-copy-lost"), why: "no valid node id", mend: "/opt/rsct/install/bin/recfgct -s && " + rsct + "rmcctrl -p"},
		{name: "ids differ, cluster0 left", apply: ill("cluster0-leftover"), why: "the places of the node id differ",
			mend: "/usr/bin/odmdelete -o CuAt -q name=cluster0 && /opt/rsct/install/bin/recfgct && " + rsct + "rmcctrl -p"},
		{name: "RSCT too old", apply: ill("rsct-below-minimum"), why: "rsct.core.rmc is older than 3.2.1.0",
			mend: "installp -agXY -d /usr/sys/inst.images rsct.core.rmc", vain: []string{recycle, "installp -apgXY -d /usr/sys/inst.images rsct.core.rmc"}},
		{name: "RSCT broken", apply: ill("rsct-broken"), why: "rsct.core.rmc is broken", mend: "installp -agXY -d /usr/sys/inst.images rsct.core.rmc"},
		{name: "handshake never ends", apply: ill("auth-pending"), why: "the handshake has not ended", row: "   i a",
			mend: "/opt/rsct/install/bin/recfgct -s && " + rsct + "rmcctrl -p", vain: []string{recycle}},
		{name: "firewalled", apply: ill("firewalled"), why: "port 657 is filtered", row: "   O A", vain: []string{recycle}},
		{name: "no NIC", apply: ill("rmc-nic-missing"), why: "there is no management adapter", vain: []string{recycle}},
	}
}

// TestRMCFollowsItsCauses breaks each cause in turn, tries in vain, mends it,
// and looks at what the host says on the way.
func TestRMCFollowsItsCauses(t *testing.T) {
	for _, c := range causes() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := Healthy("aixvm1", 1)
				c.apply(s)
				m := boot(t, s)
				m.ill(c)
				for _, command := range c.vain {
					m.run(command)
					time.Sleep(10 * time.Minute) // fake
					m.ill(c)
				}
				if c.mend == "" {
					return
				}
				m.wants(c.mend)
				m.pending()
				time.Sleep(59 * time.Second)
				m.pending()
				time.Sleep(2 * time.Second)
				m.connected()
			})
		})
	}
}

const domain = "/usr/sbin/rsct/bin/rmcdomainstatus -s ctrmc 2>/dev/null | tail -n 1 | cut -c1-6"

func (m *machine) ill(c cause) {
	m.t.Helper()
	if m.host.Connected() {
		m.t.Fatal("connected")
	}
	if why := m.host.Why(); why != c.why {
		m.t.Errorf("why %q, want %q", why, c.why)
	}
	if r := m.run(domain); r.Stdout != c.row && r.Stdout != c.row+"\n" {
		m.t.Errorf("rmcdomainstatus says %q, want %q", r.Stdout, c.row)
	}
}

func (m *machine) pending() {
	m.t.Helper()
	if m.host.Connected() {
		m.t.Fatal("connected before its time")
	}
	if r := m.run(domain); r.Stdout != "   i a\n" {
		m.t.Errorf("rmcdomainstatus says %q, want i a; %s", r.Stdout, m.host.Why())
	}
}

func (m *machine) connected() {
	m.t.Helper()
	if !m.host.Connected() {
		m.t.Fatalf("not connected: %s", m.host.Why())
	}
	if r := m.run(domain); r.Stdout != "   I A\n" {
		m.t.Errorf("rmcdomainstatus says %q, want I A", r.Stdout)
	}
}

// TestRecycleRestartsTheHandshake: a healthy host that is recycled is
// connected again only after the delay.
func TestRecycleRestartsTheHandshake(t *testing.T) {
	for _, command := range []string{"installp -agXY -d /usr/sys/inst.images rsct.core.rmc",
		"/usr/sbin/rsct/bin/rmcctrl -z; /usr/sbin/rsct/bin/rmcctrl -A", "stopsrc -s ctrmc; startsrc -s ctrmc",
		"chdev -l en1 -a state=down; chdev -l en1 -a state=up", "/usr/sbin/rsct/install/bin/recfgct; /usr/sbin/rsct/bin/rmcctrl -p"} {
		t.Run(command, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := Healthy("aixvm1", 1)
				s.fileset(rmcFileset).Level = "3.2.5.2"
				s.Images = rsctImages("")
				m := boot(t, s)
				m.connected()
				m.run(command)
				m.pending()
				time.Sleep(61 * time.Second)
				m.connected()
			})
		})
	}
}

// TestHarmlessCommandsKeepRMC: refreshing what is well disturbs nothing.
func TestHarmlessCommandsKeepRMC(t *testing.T) {
	m := boot(t, Healthy("aixvm1", 1))
	m.wants("/usr/sbin/rsct/bin/rmcctrl -p && /opt/rsct/bin/rmcrefreshMD -s ctrmc && /usr/sbin/rsct/bin/rmcctrl -A")
	m.connected()
}

// TestRecfgct is what recfgct does to the node id.
func TestRecfgct(t *testing.T) {
	const recfgct = "/usr/sbin/rsct/install/bin/recfgct"
	const ids = "; /usr/sbin/rsct/bin/lsnodeid; head -n 1 /etc/ct_node_id"
	kept := func(s *State) { setNodeID(s, "1111222233334444", workNodeID) }
	runCases(t, []commandCase{
		{name: "-s keeps that of /etc", change: kept, command: recfgct + " -s" + ids, out: NodeID(1) + "\n" + NodeID(1) + "\n"},
		{name: "-i takes it", command: recfgct + " -i ABCDEF0123" + ids, out: "000000abcdef0123\n000000abcdef0123\n"},
		{name: "-i takes no other", command: recfgct + " -i 'a b'", exit: 1, err: "2641-012"},
		{name: "the file as a whole is no id", command: recfgct + " -i $(cat /etc/ct_node_id)", exit: 1, err: "Usage"},
		{name: "-s without an id", change: func(s *State) { s.Files = without(s.Files, etcNodeID) }, command: recfgct + " -s", exit: 1, err: "2641-013"},
		{name: "nothing makes a new one", command: recfgct + ids, not: []string{NodeID(1)}},
		{name: "cluster0 brings the old one back", change: func(s *State) { s.ODM = cluster0() }, command: recfgct + " -n" + ids, out: NodeID(1) + "\n" + NodeID(1) + "\n"},
		{name: "0 and nothing done", change: func(s *State) { s.RMC.Recfgct = "noop" }, command: recfgct + ids, out: NodeID(1) + "\n" + NodeID(1) + "\n"},
		{name: "1 and done", change: func(s *State) { s.RMC.Recfgct = "fail-after" }, command: recfgct + " -i 1234567890" + ids, out: "0000001234567890\n0000001234567890\n", err: "2641-019"},
		{name: "full /var loses the id", change: func(s *State) { s.mountOf("/var").FreeKB = 0 }, command: recfgct + " -s; /usr/sbin/rsct/bin/lsnodeid", exit: 1, err: "2641-014"},
		{name: "wipes what RSCT kept", command: recfgct + "; ls /var/ct/cfg", out: "ct_node_id\n"},
		{name: "needs root", change: func(s *State) { s.Unprivileged = true }, command: recfgct, exit: 1, err: "0403-027"},
	})
}
