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
// with other files and attributes, and then the interfaces come up with what
// the ODM and /etc/rc.tcpip hold, and ctrmc with what /etc/inittab says. Open
// connections are the caller's to cut: see sshtest.Server.CloseConnections.
func (h *Host) Boot(change func(*State)) {
	h.mu.Lock()
	for _, p := range h.procs {
		p.cancel()
	}
	h.mu.Unlock()
	h.step(nil, func(e *Env) {
		if change != nil {
			change(h.s)
		}
		e.State, e.Files, e.Now, e.Getenv = h.s, h.files(nil), h.clock, func(string) string { return "" }
		e.Stdout, e.Stderr = deadWriter{}, deadWriter{}
		h.s.BootTime = h.clock()
		for i := range h.s.NICs {
			h.s.NICs[i].bootUp()
		}
		e.rcTCPIP()
		e.inittab()
	})
}

// bootUp makes the live interface from the ODM.
func (n *NIC) bootUp() {
	n.Live = Live{}
	if n.Attrs.State != "up" || n.Status != "Available" {
		return
	}
	c := chdev{nic: n}
	c.state("up")
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
