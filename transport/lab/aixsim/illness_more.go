package aixsim

import (
	"fmt"
	"strings"
	"time"
)

func setNodeID(s *State, id string, names ...string) {
	for _, name := range names {
		s.edit(name, func(string) string { return nodeIDFile(id) })
	}
}

// cluster0 are the rows that a CAA cluster leaves in the ODM.
func cluster0() []Stanza {
	field := func(pairs ...string) []Field {
		var list []Field
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, Field{Name: pairs[i], Value: pairs[i+1]})
		}
		return list
	}
	at := func(attribute, value string) Stanza {
		fields := field("name", "cluster0", "attribute", attribute, "value", value, "type", "R", "generic", "DU", "rep", "s")
		return Stanza{Class: "CuAt", Attrs: append(fields, Field{Name: "nls_index", Value: "3", Numeric: true})}
	}
	dv := Stanza{Class: "CuDv", Attrs: field("name", "cluster0", "status", "1", "chgstatus", "2", "ddins", "", "location", "", "parent", "", "connwhere", "",
		"PdDvLn", "pseudo/node/cluster")}
	return []Stanza{at("node_uuid", "5a2b6c70-11ee-11ee-8004-fad4433ed120"), at("clvdisk", "9f1e2d3c-0001-11ee-8004-fad4433ed120"), dv}
}

func identityIllnesses() []Illness {
	return []Illness{
		{Name: "node-id-mismatch", Description: "/var/ct and /etc hold different node ids", Apply: func(s *State) { setNodeID(s, "1111222233334444", workNodeID) }},
		{Name: "node-id-missing", Description: "no place holds a node id", Apply: func(s *State) { s.Files = without(s.Files, workNodeID, etcNodeID) }},
		{Name: "node-id-working-copy-lost", Description: "/var/ct was emptied, /etc still has the id", Apply: func(s *State) { s.Files = without(s.Files, "/var/ct") }},
		{Name: "node-id-duplicate", Description: "a disk was cloned: two hosts with one node id", Pair: func(first, second *State) {
			setNodeID(second, validNodeID(first.Files[etcNodeID].Content[:16]), etcNodeID, workNodeID)
		}},
		{Name: "cluster-live", Description: "a node of a live PowerHA cluster, RMC is down", Apply: func(s *State) {
			s.RMC.RemoteClients = false
			s.Cluster = Cluster{CAA: "prodcl", Nodes: []string{s.Hostname, "other"}, PowerHA: "ST_STABLE", Groups: []string{"rg1:ONLINE:" + s.Hostname + ": :"}}
			s.ODM = append(cluster0(), Stanza{Class: "HACMPcluster", Attrs: []Field{{Name: "id", Value: "1531990482", Numeric: true}, {Name: "name", Value: "prodcl"}}})
			s.Disks = append(s.Disks, Disk{Name: "hdisk2", PVID: "00fa0001caa00001", VG: "caavg_private", Active: true})
			s.Filesets = append(s.Filesets, Fileset{Name: "cluster.es.server.rte", Level: "7.2.7.0", State: "C", Type: "F", Description: "PowerHA SystemMirror Base Server Runtime"})
			s.Subsystems = append(s.Subsystems, Subsystem{Name: "clstrmgrES", Group: "cluster", PID: 9044302, Status: "active"})
			for _, name := range []string{"clconfd", "cthags"} {
				s.subsystem(name).Status, s.subsystem(name).PID = "active", 9044400
			}
		}},
		{Name: "peer-domain", Description: "a node of an RSCT peer domain, the daemon hangs", Apply: func(s *State) {
			s.RMC.Hung = true
			s.Cluster.PeerDomain = "db2dom"
			s.subsystem("cthags").Status, s.subsystem("cthags").PID = "active", 9044400
			s.edit("/var/ct/cfg/current_cluster", func(string) string { return "db2dom\n" })
		}},
		{Name: "cluster0-leftover", Description: "rows of a cluster that is gone, and the node id of a clone", Apply: func(s *State) {
			s.ODM = cluster0()
			setNodeID(s, "1111222233335555", workNodeID)
		}},
	}
}

func otherIllnesses() []Illness {
	return []Illness{
		{Name: "var-full", Description: "/var is full, RMC is down", Apply: func(s *State) {
			s.mountOf("/var").FreeKB = 12
			s.stopForever(ctrmc)
		}},
		{Name: "clock-skew", Description: "the clock is 47 minutes ahead", Apply: func(s *State) { s.ClockOffset = Duration(47 * time.Minute) }},
		{Name: "lscluster-hangs", Description: "the address is gone, and lscluster never answers", Apply: func(s *State) {
			loseAddress(s)
			s.behave("lscluster", Behaviour{Hang: true})
		}},
		{Name: "lssrc-slow", Description: "healthy, lssrc takes three seconds", Apply: func(s *State) { s.behave("lssrc", Behaviour{Delay: Duration(3 * time.Second)}) }},
		{Name: "not-aix", Description: "Linux in the wrong list", Apply: func(s *State) { s.System = "Linux" }},
		{Name: "not-root", Description: "the login has no rights", Apply: func(s *State) { s.Unprivileged = true }},
		{Name: "sudo", Description: "the login has no rights but sudo; the address is gone", Apply: func(s *State) {
			loseAddress(s)
			s.Unprivileged, s.Sudo = true, "nopasswd"
		}},
		{Name: "hostile-log", Description: "the address is gone, and the cloud-init log tries to be a command", Apply: func(s *State) {
			loseAddress(s)
			s.edit("/var/log/cloud-init-output.log", appendText(hostileLog()))
		}},
		{Name: "noisy-profile", Description: "the address is gone, and the profile talks a lot on both streams", Apply: func(s *State) {
			loseAddress(s)
			s.ProfileOut = strings.Repeat("*** Authorised users only. All activity is logged. ***\n", 200) + "$PATH `id` $(id) \x1b[31mred\x1b[0m\nno newline at the end"
			s.ProfileErr = "stty: standard input: 0403-0250 Not a terminal\n"
		}},
		{Name: "german", Description: "messages are German unless LC_ALL says otherwise; the daemon is down", Apply: func(s *State) {
			s.Language = "de"
			s.stopForever(ctrmc)
		}},
		{Name: "recfgct-noop", Description: "no node id, and recfgct says 0 and does nothing", Apply: func(s *State) {
			s.Files = without(s.Files, workNodeID, etcNodeID)
			s.RMC.Recfgct = "noop"
		}},
	}
}

func (s *State) behave(name string, b Behaviour) {
	if s.Behaviours == nil {
		s.Behaviours = map[string]Behaviour{}
	}
	s.Behaviours[name] = b
}

// hostileLog holds commands that an attacker hopes will be run.
func hostileLog() string {
	evil := []string{"$(reboot)", "`reboot`", "';reboot;'", "\";reboot;\"", "fe80::1;reboot", "fe80::1\\x0areboot", "fe80::$(id)", "\x1b]0;reboot\x07fe80::2"}
	var b strings.Builder
	for _, x := range evil {
		fmt.Fprintf(&b, "running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6=%s', '-aprefixlen=64']\ndev eth1 info {'ipv6': {'address': '%s'}}\n", x, x)
	}
	return b.String()
}
