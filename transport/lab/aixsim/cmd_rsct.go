package aixsim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

func rsctDirs() []string { return []string{"/usr/sbin/rsct/bin", "/opt/rsct/bin"} }

// rsctCommands come with RSCT.
func rsctCommands() []Command {
	install := []string{"/usr/sbin/rsct/install/bin", "/opt/rsct/install/bin"}
	utils := "rsct.core.utils"
	return []Command{
		{Name: "rmcctrl", Dirs: rsctDirs(), Run: cmdRmcctrl, Root: true, Fileset: rmcFileset},
		{Name: "rmcdomainstatus", Dirs: rsctDirs(), Run: cmdRmcdomainstatus, Fileset: rmcFileset},
		{Name: "rmcrefreshMD", Dirs: []string{"/opt/rsct/bin"}, Run: cmdRmcrefreshMD, Root: true, Fileset: rmcFileset,
			Where: func(s *State) bool { return s.RMC.HasRefreshMD }},
		{Name: "lsnodeid", Dirs: rsctDirs(), Run: cmdLsnodeid, Fileset: utils},
		{Name: "lsrsrc", Dirs: rsctDirs(), Run: cmdLsrsrc, Fileset: rmcFileset},
		{Name: "recfgct", Dirs: install, Run: cmdRecfgct, Root: true, Fileset: utils},
		{Name: "ctversion", Dirs: install, Run: cmdCtversion, Fileset: utils},
	}
}

// startRMC starts or restarts the daemon: hung processes are gone, the handshake
// begins anew, and settings for the next start hold.
func (e *Env) startRMC() {
	s := e.State
	sub := s.subsystem(ctrmc)
	if sub == nil {
		s.Subsystems = append(s.Subsystems, Subsystem{Name: ctrmc, Group: "rsct", Status: "inoperative"})
		sub = s.subsystem(ctrmc)
	}
	e.start(sub)
	s.RMC.Hung = false
	if s.RMC.AtStart != "" {
		s.RMC.RemoteClients = s.RMC.AtStart == "on"
	}
	s.restartRMC()
	for i := range s.Subsystems {
		if m := &s.Subsystems[i]; m.Group == "rsct_rm" && manager(m.Name) && !m.Active() {
			e.start(m)
		}
	}
}

// manager reports whether a resource manager runs on a healthy host.
func manager(name string) bool {
	return name == "IBM.HostRM" || name == "IBM.ServiceRM" || name == "IBM.DRM" || name == "IBM.MgmtDomainRM" || name == "IBM.ConfigRM"
}

func (e *Env) stopRMC(managers bool) {
	s := e.State
	for i := range s.Subsystems {
		m := &s.Subsystems[i]
		if m.Name == ctrmc || managers && m.Group == "rsct_rm" {
			e.stop(m)
		}
	}
	s.restartRMC()
}

func cmdRmcctrl(_ context.Context, e *Env) int {
	f := getopt(e.Args, "aAdskKzpPqQhm:M:b:B:t:u:v:w:x")
	sub := e.State.subsystem(ctrmc)
	if f.bad != 0 || len(f.values) == 0 {
		return e.usage(f, "rmcctrl [-a|-A|-d|-s|-k|-K|-z|-p|-P|-q|-Q|-h]")
	}
	rmc := &e.State.RMC
	switch {
	case f.has('z'):
		e.stopRMC(true)
	case f.has('k'), f.has('K'):
		e.stopRMC(f.has('K'))
	case f.has('A'), f.has('s'), f.has('a'):
		if f.has('a') {
			break
		}
		if sub == nil && f.has('s') {
			return e.notOnFile(ctrmc)
		}
		if sub != nil && sub.Active() && !rmc.Hung {
			if a := e.State.Variant.AlreadyActive; a != nil {
				return e.answer(a, ctrmc)
			}
			return e.fail(0, "0513-029 The ctrmc Subsystem is already active.\nMultiple instances are not supported.")
		}
		e.startRMC()
		e.out("0513-059 The ctrmc Subsystem has been started. Subsystem PID is %d.\n", e.State.subsystem(ctrmc).PID)
	case f.has('p'), f.has('P'):
		return e.remoteClients(sub, f.has('p'))
	case f.has('q'), f.has('Q'):
		if want := map[bool]string{true: "on", false: "off"}[f.has('q')]; want != rmc.AtStart {
			rmc.AtStart = want
			e.effect("remote clients %s at the next start", want)
		}
	}
	return 0
}

// remoteClients is -p and -P: they need a daemon that listens, and do not
// restart one that hangs.
func (e *Env) remoteClients(sub *Subsystem, on bool) int {
	if sub == nil || !sub.Active() {
		return e.failIn(1, tongues{"0513-036 The request could not be passed to the ctrmc subsystem.\nStart the subsystem and try your command again.",
			"0513-036 Die Anforderung konnte nicht an das Subsystem ctrmc übergeben werden.\nStarten Sie das Subsystem, und wiederholen Sie den Befehl."})
	}
	if e.State.RMC.Hung {
		return 0
	}
	if e.State.RMC.RemoteClients != on {
		e.State.RMC.RemoteClients = on
		e.effect("remote clients %t", on)
	}
	return 0
}

func cmdRmcdomainstatus(_ context.Context, e *Env) int {
	f := getopt(e.Args, "s:a:")
	sub := e.State.subsystem(f.last('s'))
	if f.last('s') == "" {
		return e.usage(f, "rmcdomainstatus -s ctrmc [-a ip]")
	}
	if sub == nil {
		return e.notOnFile(f.last('s'))
	}
	if !sub.Active() {
		if a := e.State.Variant.DaemonDown; a != nil {
			return e.answer(a, sub.Name)
		}
		return e.failIn(1, tongues{"0513-036 The request could not be passed to the %s subsystem.\nStart the subsystem and try your command again.",
			"0513-036 Die Anforderung konnte nicht an das Subsystem %s übergeben werden.\nStarten Sie das Subsystem, und wiederholen Sie den Befehl."}, sub.Name)
	}
	if d := e.State.Cluster.PeerDomain; d != "" {
		e.out("\nPeer Domain Status\n   S S  0x%s  0001  %s\n", validNodeID(firstLine(e.Files, workNodeID)), e.State.Hostname)
	}
	if l := e.link(); l != linkNone {
		e.out("\nManagement Domain Status: Management Control Points\n%s", e.State.mcpRow(l))
	}
	return 0
}

func cmdRmcrefreshMD(_ context.Context, e *Env) int {
	sub := e.State.subsystem(ctrmc)
	if e.State.RMC.RefreshMDFails || sub == nil || !sub.Active() {
		return e.fail(1, "rmcrefreshMD: 2610-403 The resource manager or the RMC subsystem can't be contacted.")
	}
	if a := e.State.Variant.RefreshMD; a != nil {
		return e.answer(a, "")
	}
	return 0
}

func cmdLsnodeid(_ context.Context, e *Env) int {
	id := validNodeID(firstLine(e.Files, workNodeID))
	if id == "" {
		if a := e.State.Variant.NoNodeID; a != nil {
			return e.answer(a, "")
		}
		return e.failIn(1, tongues{"2641-036 The node does not have an assigned node identifier.",
			"2641-036 Dem Knoten ist keine Knoten-ID zugeordnet."})
	}
	if e.State.Variant.UpperNodeID {
		id = strings.ToUpper(id)
	}
	e.out("%s%s\n", e.State.Variant.NodeIDPrefix, id)
	return 0
}

func cmdLsrsrc(_ context.Context, e *Env) int {
	f := getoptAll(e.Args, "s:A:abcdDlitxhVT")
	sub := e.State.subsystem(ctrmc)
	if sub == nil || !sub.Active() || e.State.RMC.Hung {
		return e.failIn(1, tongues{"/usr/sbin/rsct/bin/lsrsrc-api: 2612-022 A session could not be established with the RMC daemon on \"local_node\".",
			"/usr/sbin/rsct/bin/lsrsrc-api: 2612-022 Es konnte keine Sitzung mit dem RMC-Dämon auf \"local_node\" hergestellt werden."})
	}
	if len(f.rest) == 0 || f.rest[0] != "IBM.MCP" {
		return 0
	}
	e.out("Resource Persistent Attributes for IBM.MCP\n")
	if !e.State.RMC.Registered && e.link() != linkUp {
		return 0
	}
	id, _ := strconv.ParseUint(e.State.RMC.MCPNodeID, 16, 64)
	e.out("resource 1:\n\tMNName            = %q\n\tNodeID            = %d\n\tKeyToken          = \"nvl01\"\n\tIPAddresses       = {%q}\n"+
		"\tConnectivityNames = {%q}\n\tHMCName           = \"9009-22A*78ABCD0\"\n\tActivePeerDomain  = \"\"\n\tNodeNameList      = {%q}\n",
		e.State.managementAddress(), id, e.State.RMC.MCPAddress, e.State.managementAddress(), e.State.Hostname)
	return 0
}

func (s *State) managementAddress() string {
	if n := s.managementNIC(); n != nil {
		return EUI64(n.MAC).String()
	}
	return ""
}

func cmdCtversion(_ context.Context, e *Env) int {
	f := e.State.fileset(rmcFileset)
	if f == nil {
		return 1
	}
	e.out("rsct_build rktps001a %s\n", f.Level)
	return 0
}

// cmdRecfgct wipes RSCT's configuration and sets the node id: -i ID takes it as
// given, -s keeps that of /etc, -n and nothing make a new one. cluster0 in the
// ODM brings the old id back where it has one to bring: a node_uuid that is not
// zeros, or leftovers of a cluster. That is why it goes first (aix-facts 4). In
// an online peer domain it refuses (C).
func cmdRecfgct(_ context.Context, e *Env) int {
	f := getopt(e.Args, "i:nsh")
	if f.bad != 0 || len(f.rest) > 0 || f.has('h') {
		return e.usage(f, "recfgct [-i node_ID | -n | -s | -h]")
	}
	if e.State.Cluster.PeerDomain != "" {
		return e.fail(1, "recfgct: Cannot run if an online Peer Domain exists (see output of lsrpdomain).")
	}
	etc, work := validNodeID(firstLine(e.Files, etcNodeID)), validNodeID(firstLine(e.Files, workNodeID))
	id := newNodeID()
	switch {
	case f.has('i'):
		if id = validNodeID(f.last('i')); id == "" {
			return e.failIn(1, tongues{"recfgct: 2641-012 The node identifier %s is not valid.",
				"recfgct: 2641-012 Die Knoten-ID %s ist ungültig."}, f.last('i'))
		}
	case f.has('s'):
		if id = etc; id == "" {
			return e.fail(1, "recfgct: 2641-013 %s has no valid node identifier.", etcNodeID)
		}
	}
	if e.State.holdsID() && (work != "" || etc != "") {
		if id = etc; id == "" {
			id = work
		}
	}
	switch e.State.RMC.Recfgct {
	case "noop":
		return 0
	case "fail-before":
		return e.fail(1, "recfgct: 2641-018 The configuration was not started.")
	}
	e.stopRMC(true)
	_ = e.Files.RemoveAll("/var/ct")
	e.mkdirParents("/var/ct/cfg")
	for _, name := range []string{workNodeID, etcNodeID} {
		if err := e.Files.WriteFile(name, []byte(nodeIDFile(id)), 0o444); err != nil {
			e.fail(1, "recfgct: 2641-014 %s: %v", name, plainError(err))
		}
	}
	e.State.RMC.AuthBroken, e.State.RMC.Registered = false, false
	e.State.RMC.RemoteClients, e.State.RMC.AtStart = false, "" // -p comes afterwards (aix-facts 0.3)
	e.startRMC()
	e.out("%s", e.State.Variant.Recfgct)
	if e.State.RMC.Recfgct == "fail-after" {
		return e.fail(1, "recfgct: 2641-019 The configuration was not completed.")
	}
	return 0
}

// holdsID reports whether cluster0 has a node id to bring back: any attribute with
// a value but a node_uuid of zeros, which is how a clone is kept from getting its
// old id back (C).
func (s *State) holdsID() bool {
	return slices.ContainsFunc(s.ODM, func(st Stanza) bool {
		zeros := st.Get("attribute") == "node_uuid" && strings.Trim(st.Get("value"), "0-") == ""
		return st.Class == "CuAt" && st.Get("name") == "cluster0" && st.Get("value") != "" && !zeros
	})
}

func newNodeID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	b[0] |= 0x40
	return hex.EncodeToString(b[:])
}

// nodeIDFile is the content of a node id file: the id, and lines that nobody
// should take for one (aix-facts 1, node id files).
func nodeIDFile(id string) string {
	return id + "\n" + strings.Repeat("0", 16) + "\n"
}
