package aixsim

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const (
	etcNodeID  = "/etc/ct_node_id"
	workNodeID = "/var/ct/cfg/ct_node_id"
	ctrmc      = "ctrmc"
	rmcFileset = "rsct.core.rmc"
	rmcMinimum = "3.2.1.0"
)

// link is the state of the path to the hypervisor, as rmcdomainstatus sees it.
type link int

const (
	linkNone    link = iota // never reached
	linkDown                // the daemon talks, nobody answers
	linkPending             // the handshake has not ended
	linkUp
)

// causes returns why RMC cannot be connected, or "" when nothing stands in
// its way. It looks at true causes only. shared reports whether another host of
// the fleet uses a node id.
func (s *State) causes(files FS, shared func(id string) bool) string {
	sub := s.subsystem(ctrmc)
	nic := s.managementNIC()
	fileset := s.fileset(rmcFileset)
	work, etc := validNodeID(firstLine(files, workNodeID)), validNodeID(firstLine(files, etcNodeID))
	switch {
	case s.system() != "AIX":
		return "not AIX"
	case fileset == nil:
		return rmcFileset + " is not installed"
	case fileset.State == "B" || fileset.State == "?":
		return rmcFileset + " is broken"
	case compareLevels(fileset.Level, rmcMinimum) < 0:
		return rmcFileset + " is older than " + rmcMinimum
	case sub == nil || !sub.Active():
		return "ctrmc is not active"
	case s.RMC.Hung:
		return "ctrmc hangs"
	case !s.RMC.RemoteClients:
		return "remote clients are disabled"
	case nic == nil:
		return "there is no management adapter"
	case nic.Status != "Available" || !nic.Live.Up:
		return nic.Name + " is down"
	case !nic.hasLive6(EUI64(nic.MAC)):
		return nic.Name + " has not the address of its MAC"
	case work == "":
		return "no valid node id"
	case work != etc:
		return "the places of the node id differ"
	case shared != nil && shared(work):
		return "another host has the same node id"
	}
	return ""
}

// evaluate keeps HeldSince: called after every change.
func (s *State) evaluate(files FS, shared func(string) bool, now time.Time) {
	if s.causes(files, shared) != "" {
		s.RMC.HeldSince = time.Time{}
		return
	}
	if s.RMC.HeldSince.IsZero() {
		s.RMC.HeldSince = now
	}
}

// restartRMC begins the handshake anew.
func (s *State) restartRMC() { s.RMC.HeldSince = time.Time{} }

// link tells how far the handshake has come at a time.
func (s *State) link(files FS, shared func(string) bool, now time.Time) link {
	switch {
	case s.causes(files, shared) != "":
		return linkNone
	case s.RMC.Firewalled:
		return linkDown
	case s.RMC.AuthBroken, now.Sub(s.RMC.HeldSince) < time.Duration(s.RMC.ConnectDelay):
		return linkPending
	}
	return linkUp
}

func (s *State) system() string {
	if s.System == "" {
		return "AIX"
	}
	return s.System
}

func (s *State) managementNIC() *NIC {
	for i := range s.NICs {
		if s.NICs[i].Management {
			return &s.NICs[i]
		}
	}
	return nil
}

// nic finds a NIC by the name of its interface or adapter.
func (s *State) nic(name string) *NIC {
	for i := range s.NICs {
		if s.NICs[i].Name == name || s.NICs[i].Adapter == name {
			return &s.NICs[i]
		}
	}
	return nil
}

func (s *State) fileset(name string) *Fileset {
	for i := range s.Filesets {
		if s.Filesets[i].Name == name {
			return &s.Filesets[i]
		}
	}
	return nil
}

func (s *State) subsystem(name string) *Subsystem {
	for i := range s.Subsystems {
		if s.Subsystems[i].Name == name {
			return &s.Subsystems[i]
		}
	}
	return nil
}

// sessionIP is the server's side of SSH_CONNECTION.
func (s *State) sessionIP() string {
	if s.BehindNAT {
		return "192.0.2.1"
	}
	if addr := s.sessionAddress(); addr != "" {
		return addr
	}
	return "127.0.0.1"
}

func (n *NIC) hasLive6(addr netip.Addr) bool { return contains6(n.Live.IPv6, addr) }

// contains6 looks for an address among entries like fe80::1/64.
func contains6(list []string, addr netip.Addr) bool {
	return index6(list, addr) >= 0
}

func index6(list []string, addr netip.Addr) int {
	for i, entry := range list {
		if a, err := netip.ParseAddr(addrOf(entry)); err == nil && a == addr {
			return i
		}
	}
	return -1
}

// addrOf cuts the length off address/length.
func addrOf(entry string) string {
	a, _, _ := strings.Cut(entry, "/")
	return a
}

// EUI64 returns the link-local address that follows from a MAC in colon form:
// the address that the hypervisor injects (aix-facts 0.1). It is the zero Addr when the
// MAC is none.
func EUI64(mac string) netip.Addr {
	parts := strings.Split(mac, ":")
	if len(parts) != 6 {
		return netip.Addr{}
	}
	var m [6]byte
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 16, 8)
		if err != nil {
			return netip.Addr{}
		}
		m[i] = byte(v)
	}
	a := [16]byte{0: 0xfe, 1: 0x80, 8: m[0] ^ 2, 9: m[1], 10: m[2], 11: 0xff, 12: 0xfe, 13: m[3], 14: m[4], 15: m[5]}
	return netip.AddrFrom16(a)
}

// firstLine returns the first line of a file, "" when there is none.
func firstLine(files FS, path string) string {
	b, err := files.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// validNodeID returns the id in its normal form, 16 lower-case hex digits, or
// "" when it is none.
func validNodeID(id string) string {
	id = strings.TrimPrefix(strings.ToLower(id), "0x")
	if len(id) < 9 || len(id) > 16 || strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return strings.Repeat("0", 16-len(id)) + id
}

// compareLevels compares V.R.M.F as four integers.
func compareLevels(a, b string) int {
	x, y := levelParts(a), levelParts(b)
	for i := range x {
		if x[i] != y[i] {
			if x[i] < y[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

func levelParts(level string) (parts [4]int) {
	for i, p := range strings.SplitN(level, ".", 4) {
		parts[i], _ = strconv.Atoi(p)
	}
	return parts
}

// mcpRow is the row of the management control point.
func (s *State) mcpRow(l link) string {
	tokens := map[link]string{linkDown: "O", linkPending: "i", linkUp: "I"}
	queue := map[link]string{linkDown: "A", linkPending: "a", linkUp: "A"}
	row := "   {1} {2}  0x{id}  0001  {mcp}\n"
	if s.Variant.DomainRow != "" {
		row = s.Variant.DomainRow
	}
	return strings.NewReplacer("{1}", tokens[l], "{2}", queue[l], "{id}", s.RMC.MCPNodeID, "{mcp}", s.RMC.MCPAddress).Replace(row)
}
