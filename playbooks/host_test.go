package playbooks

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"aixmend/playbooks/facts"
)

// Samples of one host: en0 is the customer's NIC, en1 the RMC NIC.
const (
	mac1    = "fa:d4:43:3e:d1:20"
	eui0    = "fe80::f8d4:43ff:fe3e:d110" // of en0
	eui1    = "fe80::f8d4:43ff:fe3e:d120" // of en1
	foreign = "fe80::f8d4:43ff:fe3e:d199" // of the VM that this one was cloned from
	other   = "fe80::f8d4:43ff:fe3e:d1aa" // of yet another
	nodeID  = "8c1f5a6e0b7d4321"

	connected = "Management Domain Status: Management Control Points\n   I A  0x3f12ab90cc41d7e8  0001  fe80::3a4b:c5ff:fe00:1\n"
	mcp       = "Management Domain Status: Management Control Points\n   %s A  0x3f12ab90cc41d7e8  0001  fe80::3a4b:c5ff:fe00:1\n"
	notOnFile = "0513-085 The %s Subsystem is not on file.\n"
	srcHeader = "Subsystem         Group            PID          Status \n"
)

var (
	// readAt is when the controller had read every answer.
	readAt       = time.Date(2026, 11, 22, 10, 58, 50, 0, time.UTC)
	nothingGiven = Given{RunID: "r1", Fleet: &facts.Fleet{Complete: true}}
	errHung      = errors.New("hung: no answer in 30s")
)

// host is what a host's probes left behind.
type host map[string]Probed

// healthyHost answers every probe of rmc-restore, in the form that
// aix-facts.md documents.
func healthyHost() host {
	h := host{}
	h.say("uname", "AIX\n")
	h.say("session", "10.9.8.7 50222 10.2.3.4 22\n")
	h.say("timed_undos", "")
	h.say("uid", "0\n")
	h.say("oslevel", "7200-05-08-2420\n")
	h.say("lpar", "12 aixvm1\n")
	h.say("machine_id", "00FA00014C00\n")
	h.room(301204, 250100)
	h.clock(0)
	h.say("rsct_paths", "bin=/usr/sbin/rsct/bin\ninstall=/usr/sbin/rsct/install/bin\nrefresh_md=/opt/rsct/bin/rmcrefreshMD\n")
	h.rsct("3.2.6.2", "C")
	h.say("ctrmc", srcHeader+" ctrmc            rsct             6947312      active\n")
	h.say("domain", connected)
	h.say("ifconfig", "en0: flags=1e084863,814c0<UP,BROADCAST,NOTRAILERS,RUNNING,SIMPLEX,MULTICAST,GROUPRT,64BIT>\n"+
		"        inet 10.2.3.4 netmask 0xffffff00 broadcast 10.2.3.255\n"+
		"         tcp_sendspace 262144 tcp_recvspace 262144 rfc1323 1\n"+
		"en1: flags=1e084863,814c0<UP,BROADCAST,RUNNING>\n"+
		"        inet6 "+eui1+"/64\n"+
		"lo0: flags=e08084b,c0<UP,BROADCAST,LOOPBACK,RUNNING>\n"+
		"        inet 127.0.0.1 netmask 0xff000000 broadcast 127.255.255.255\n"+
		"        inet6 ::1%1/0\n")
	h.say("lsdev", "en0:Available\nen1:Available\net0:Defined\nlo0:Available\n")
	h.say("netstat", "Name  Mtu   Network     Address            Ipkts Ierrs    Opkts Oerrs  Coll\n"+
		"en0   1500  link#2      fa.d4.43.3e.d1.10  193814     0    15203     0     0\n"+
		"en0   1500  10.2.3      10.2.3.4           193814     0    15203     0     0\n"+
		"en1   1500  link#3      fa.d4.43.3e.d1.20    1200     0     1100     0     0\n"+
		"lo0   16896 link#1                          85012     0    85012     0     0\n")
	h.say("hostname", "aixvm1\n")
	h.say("static_routes", "net,-hopcount,0,,0,10.2.3.1\n")
	h.say("routes", "Routing tables\nDestination        Gateway           Flags   Refs     Use  If   Exp  Groups\n\n"+
		"Route tree for Protocol Family 2 (Internet):\ndefault            10.2.3.1          UG        4     84100 en0      -      -\n"+
		"10.2.3/24          10.2.3.4          U         1      2201 en0      -      -\n")
	h.say("entstat", "=== en0\nDevice Type: Virtual I/O Ethernet Adapter (l-lan)\nHardware Address: fa:d4:43:3e:d1:10\n"+
		"  Port VLAN ID:   321\n  VLAN Tag IDs:  10 20\n  Switch ID: ETHERNET0\n=== exit 0\n"+
		"=== en1\nDevice Type: Virtual I/O Ethernet Adapter (l-lan)\nHardware Address: fa:d4:43:3e:d1:20\n"+
		"Port VLAN ID:  4094\nVLAN Tag IDs:  None\nSwitch ID: MGMTSWITCH\n=== exit 0\n")
	h.say("lsattr", "=== en0\nnetaddr=10.2.3.4\nnetmask=255.255.255.0\nnetaddr6=\nprefixlen=\nalias6=\nstate=up\n=== end\n"+
		"=== en1\nnetaddr=\nnetmask=\nnetaddr6="+eui1+"\nprefixlen=64\nalias6=\nstate=up\n=== end\n")
	h.bootLines(eui1)
	h.say("cloud_init", "running  ['/usr/sbin/chdev', '-l', 'en1', '-anetaddr6="+eui1+"', '-aprefixlen=64']\nCloud-init v. 22.1 finished\n")
	h.say("node_id_command", nodeID+"\n")
	h.say("node_id_etc", nodeID+"\n")
	h.say("node_id_var", nodeID+"\n")
	h.say("cuat", "")
	h.say("cudv", "")
	h.say("lspv", "hdisk0          00fa1b2c3d4e5f60                    rootvg          active      \nhdisk1          none                                None                        \n")
	for _, subsystem := range []string{"clconfd", "cthags", "cthats"} {
		h.exit(subsystem, 1, "", fmt.Sprintf(notOnFile, subsystem))
	}
	h.say("powerha", "")
	h.absent("clstrmgr")
	h.absent("hacmp")
	h.absent("clrginfo")
	h.say("sys0", "clouddev=0\nghostdev=\n")
	h.say("lsrpdomain", "")
	h.say("current_cluster", "IW\n")
	h.say("var_ct", "IW/\ncfg/\nct_has.pkf\n")
	h.say("cluster_tools", "")
	h.exit("lscluster_c", 1, "", "lscluster: Cluster services are not active.\n")
	h.exit("lscluster_m", 1, "", "lscluster: Cluster services are not active.\n")
	return h
}

// changed is a healthy host with some things changed.
func changed(changes ...func(host)) host {
	h := healthyHost()
	for _, change := range changes {
		change(h)
	}
	return h
}

func (h host) exit(probe string, status int, stdout, stderr string) {
	h[probe] = Probed{Output: facts.Output{Stdout: []byte(stdout), Stderr: []byte(stderr), Exit: status, At: readAt}}
}

func (h host) say(probe, stdout string) { h.exit(probe, 0, stdout, "") }

// edit changes something in an answer; what is not in it panics, so that no
// case changes nothing.
func (h host) edit(probe, old, replacement string) {
	text := string(h[probe].Output.Stdout)
	if !strings.Contains(text, old) {
		panic(fmt.Sprintf("%s does not say %q", probe, old))
	}
	h.say(probe, strings.Replace(text, old, replacement, 1))
}

func (h host) hang(probe string)   { h[probe] = Probed{Err: errHung} }
func (h host) absent(probe string) { h.exit(probe, 44, "", "") }

// undoArmed leaves the marker of a timed undo behind, made by a run.
func undoArmed(run string) func(host) {
	return func(h host) {
		h.say("timed_undos", "20261122T105850Z\nlrwxrwxrwx 1 root system 52 Nov 22 10:58 /etc/aixmend.undo.set-rmc-address -> run="+run+",until=20261122T110320Z\n")
	}
}

func (h host) room(varKB, tmpKB int) {
	h.say("room", fmt.Sprintf("Filesystem    1024-blocks      Free %%Used    Iused %%Iused Mounted on\n"+
		"/dev/hd9var        524288    %d   43%%     6122     8%% /var\n/dev/hd3           262144    %d    5%%       97     1%% /tmp\n", varKB, tmpKB))
}

func (h host) clock(skewSeconds int) {
	h.say("clock", readAt.Add(time.Duration(skewSeconds)*time.Second).Format("Mon Jan _2 15:04:05 UTC 2006")+"\n")
}

func (h host) rsct(level, state string) {
	h.say("filesets", "rsct.core:rsct.core.hostrm:3.2.6.2: : :C:F:RSCT Host Resource Manager: : : : : : :0:0:/:2420\n"+
		"rsct.core:rsct.core.rmc:"+level+": : :"+state+":F:RSCT Resource Monitoring and Control: : : : : : :0:0:/:2420\n"+
		"rsct.core:rsct.core.gui:3.2.0.0: : :C: :RSCT Graphical User Interface: : : : : : :0:0:/:2015\n")
}

// bootLines makes /etc/rc.tcpip set addresses on en1; no address: no line.
func (h host) bootLines(addresses ...string) {
	text := ""
	for i, a := range addresses {
		text += fmt.Sprintf("%d:/usr/sbin/chdev -l en1 -anetaddr6=%s -aprefixlen=64\n", 42+i, a)
	}
	if text == "" {
		h.exit("boot_lines", 1, "", "")
		return
	}
	h.say("boot_lines", text)
}

// Changes that many cases share.

func disconnected(h host) { h.say("domain", "") }
func daemonDown(h host) {
	h.say("ctrmc", srcHeader+" ctrmc            rsct                          inoperative\n")
	h.exit("domain", 44, "", "0513-036 The request could not be passed to the ctrmc subsystem.\n")
}
func addressMissing(h host) { h.edit("ifconfig", "        inet6 "+eui1+"/64\n", "") }
func addressWrong(h host)   { h.edit("ifconfig", eui1, foreign) }
func notInODM(h host)       { h.edit("lsattr", "netaddr6="+eui1, "netaddr6=") }
func noBootLine(h host)     { h.bootLines() }
func staleLine(h host)      { h.bootLines(foreign) }
func ambiguousNIC(h host) {
	h.edit("entstat", "ETHERNET0", "MGMTSWITCH")
	h.edit("entstat", "VLAN ID:   321", "VLAN ID:  4094")
	h.edit("lsattr", "netaddr6=\n", "netaddr6="+eui0+"\n")
}
func leftover(h host) {
	h.say("cuat", "\nCuAt:\n\tname = \"cluster0\"\n\tattribute = \"clvdisk\"\n\tvalue = \"c3a1\"\n")
}

// metadataOnRMC puts the address of the metadata service on the RMC NIC.
func metadataOnRMC(h host) {
	h.edit("ifconfig", "        inet6 "+eui1+"/64\n", "        inet6 "+eui1+"/64\n        inet 169.254.169.253 netmask 0xffff0000\n")
	h.edit("lsattr", "=== en1\nnetaddr=\nnetmask=\n", "=== en1\nnetaddr=169.254.169.253\nnetmask=255.255.0.0\n")
}

// metadataNIC adds en2, whose ODM has the address of the metadata service; live are
// its lines of ifconfig.
func metadataNIC(live string) func(host) {
	return func(h host) {
		h.edit("ifconfig", "lo0: flags", "en2: flags=1e084863,814c0<UP,BROADCAST,RUNNING>\n"+live+"lo0: flags")
		h.edit("lsdev", "lo0:", "en2:Available\nlo0:")
		h.say("entstat", string(h["entstat"].Output.Stdout)+"=== en2\nHardware Address: fa:d4:43:3e:d1:30\n=== exit 0\n")
		h.say("lsattr", string(h["lsattr"].Output.Stdout)+"=== en2\nnetaddr=169.254.169.253\nnetmask=255.255.0.0\nnetaddr6=\nprefixlen=\nalias6=\nstate=up\n=== end\n")
	}
}

func liveCluster(h host)       { h.say("lscluster_c", "Cluster Name: prodcl\nCluster UUID: 1234\n") }
func customersNetaddr6(h host) { h.edit("lsattr", "netaddr6="+eui1, "netaddr6=2001:db8::5") }

// restore is the embedded playbook with its parameters.
func restore(tb testing.TB, set ...string) (*Playbook, Params) {
	tb.Helper()
	p, err := Load("rmc-restore")
	if err != nil {
		tb.Fatal(err)
	}
	params, err := p.Set(set)
	if err != nil {
		tb.Fatal(err)
	}
	return p, params
}

// grades are the verdicts as "id severity".
func grades(d *Diagnosis) []string {
	list := []string{}
	for _, v := range d.Verdicts {
		list = append(list, v.ID+" "+v.Severity)
	}
	return list
}

// The healthy host answers every probe of rmc-restore that needs no parameter and is not
// optional: a forgotten one would be judged by no test.
func TestHealthyHostAnswersEveryProbe(t *testing.T) {
	p, params := restore(t)
	asked, err := p.Asked(params, "audit", "r1")
	if err != nil {
		t.Fatal(err)
	}
	optional := map[string]bool{}
	for _, probe := range p.Probes {
		optional[probe.ID] = probe.Optional
	}
	h := healthyHost()
	for _, probe := range asked {
		if _, answered := h[probe.ID]; !answered && !optional[probe.ID] {
			t.Errorf("healthyHost has no answer for the probe %s", probe.ID)
		}
	}
}
