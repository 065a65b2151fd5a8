package aixsim

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Boot restarts the host, as somebody else does it: everything that runs ends,
// change (may be nil) is made while it is down, such as another boot volume
// with other files and attributes, and then the interfaces come up from
// the ODM and /etc/rc.tcpip, and ctrmc as /etc/inittab says. Open
// connections are the caller's to cut: see sshtest.Server.CloseConnections.
func (h *Host) Boot(change func(*State)) {
	h.mu.Lock()
	for _, p := range h.procs {
		p.cancel()
	}
	h.mu.Unlock()
	h.step(nil, func(*Env) {
		if change != nil {
			change(h.s)
		}
		h.s.comeUp(h.files(nil), h.clock)
	})
}

// comeUp is the work of a boot: the interfaces and routes of the ODM, then
// /etc/rc.tcpip and /etc/inittab.
func (s *State) comeUp(files FS, now func() time.Time) {
	s.BootTime, s.Mounts = now(), nil
	for i := range s.NICs {
		s.NICs[i].bootUp()
	}
	s.bootRoutes()
	e := &Env{State: s, Files: files, Now: now, Getenv: func(string) string { return "" }, Stdout: deadWriter{}, Stderr: deadWriter{}}
	e.rcTCPIP()
	e.inittab()
}

// bootUp makes the live interface from the ODM.
func (n *NIC) bootUp() {
	n.Live = Live{}
	if n.Attrs.State != "up" || n.Status != "Available" {
		return
	}
	up := chdev{nic: n}
	up.state("up")
}

// rcTCPIP runs the lines of /etc/rc.tcpip that matter here.
func (e *Env) rcTCPIP() {
	data, err := e.Files.ReadFile("/etc/rc.tcpip")
	if err != nil {
		return
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		words := strings.Fields(strings.ReplaceAll(line, `"`, " "))
		switch {
		case len(words) == 0 || strings.HasPrefix(words[0], "#"):
		case words[0] == "/usr/sbin/chdev":
			e.Path, e.Args = words[0], words[1:]
			cmdChdev(context.Background(), e)
		case len(words) > 1 && words[0] == "start" && words[1] == "/usr/sbin/autoconf6":
			e.bootAutoconf(words[2:])
		}
	}
}

func (e *Env) bootAutoconf(args []string) {
	names := getopt(args, "i:aA").values['i']
	for i := range e.State.NICs {
		n := &e.State.NICs[i]
		for _, name := range names {
			if n.Name == name && n.shown() {
				e.addLive6(n, netip.PrefixFrom(EUI64(n.MAC), 64))
			}
		}
		if len(names) == 0 && n.shown() {
			e.addLive6(n, netip.PrefixFrom(EUI64(n.MAC), 64))
		}
	}
}

// inittab starts RMC where it is to be started.
func (e *Env) inittab() {
	if e.State.subsystem(ctrmc) == nil {
		return
	}
	e.stopRMC(true)
	data, err := e.Files.ReadFile("/etc/inittab")
	if err == nil && strings.Contains("\n"+string(data), "\nctrmc:") {
		e.startRMC()
	}
}

// bootTime is when the host was started.
func (s *State) bootTime() time.Time {
	if s.BootTime.IsZero() {
		return time.Date(2026, 1, 12, 8, 28, 0, 0, time.UTC)
	}
	return s.BootTime
}

// upFor is how long the host has been up, as uptime says it.
func (e *Env) upFor() string {
	up := e.Now().Sub(e.State.bootTime())
	days := int(up.Hours()) / 24
	return fmt.Sprintf("up %d days, %2d:%02d", days, int(up.Hours())%24, int(up.Minutes())%60)
}
