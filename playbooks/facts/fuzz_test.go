package facts

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// fuzzParser checks what must hold for any output at all: no panic, the same
// answer twice, a fact that is printable, bounded, without nil lists and fit
// for JSON, and no difference between a pipe and a pseudo terminal.
func fuzzParser(f *testing.F, name string, more ...string) {
	var p Parser
	for _, candidate := range Parsers() {
		if candidate.Name == name {
			p = candidate
		}
	}
	sample := healthy[name]
	f.Add(sample.Stdout, sample.Stderr, uint8(sample.Exit), false)
	f.Add([]byte("\x00\xff\x1b[31m=== en1\n"), []byte("0513-085 0504-132 0519-004 2641-036"), uint8(1), false)
	f.Add([]byte("x"), []byte{}, uint8(127), true)
	for _, text := range more {
		f.Add([]byte(text), []byte{}, uint8(0), false)
	}
	f.Fuzz(func(t *testing.T, out, message []byte, status uint8, truncated bool) {
		o := Output{Stdout: out, Stderr: message, Exit: int(status), Truncated: truncated, At: readAt}
		fact, err := p.Parse(o)
		again, errAgain := p.Parse(o)
		if (err == nil) != (errAgain == nil) || err == nil && !reflect.DeepEqual(fact, again) {
			t.Fatalf("two answers: %+v, %v and %+v, %v", fact, err, again, errAgain)
		}
		if err != nil {
			if problem := unfitText(err.Error(), 512); problem != "" {
				t.Fatalf("error text%s", problem)
			}
			return
		}
		if problem := unfit(reflect.ValueOf(fact), "fact"); problem != "" {
			t.Fatal(problem)
		}
		if _, err := json.Marshal(fact); err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsRune(out, '\r') || len(out) > maxLine/2 {
			return
		}
		o.Stdout = bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n"))
		pty, err := p.Parse(o)
		if err != nil || !reflect.DeepEqual(fact, pty) {
			t.Fatalf("with CRLF: %+v, %v; without: %+v", pty, err, fact)
		}
	})
}

func FuzzBootReset(f *testing.F) {
	fuzzParser(f, "boot_reset", "clouddev=1\nghostdev=\n")
}

func FuzzWord(f *testing.F)    { fuzzParser(f, "word") }
func FuzzOSLevel(f *testing.F) { fuzzParser(f, "oslevel", "7200-05-08\n") }
func FuzzLslpp(f *testing.F)   { fuzzParser(f, "lslpp", "a:b:1.2: : :C:R:d\n") }
func FuzzLssrc(f *testing.F) {
	fuzzParser(f, "lssrc", " ctcas inoperative\n", "Subsystem Group PID Status X\n a b 1 warned to stop 2\n")
}
func FuzzRMCDomainStatus(f *testing.F) {
	fuzzParser(f, "rmcdomainstatus", "Management Domain Status: Management Control Points\n i A 0x1 1 a\n=== again\n")
}
func FuzzIfconfig(f *testing.F) { fuzzParser(f, "ifconfig", "en1: flags=1\ninet6 fe80::1%2/64\n") }
func FuzzLsdev(f *testing.F)    { fuzzParser(f, "lsdev") }
func FuzzEntstat(f *testing.F) {
	fuzzParser(f, "entstat", "=== en5\nVLAN Tag IDs: 7\n 9\n=== exit 0\n")
}
func FuzzNetstat(f *testing.F) {
	fuzzParser(f, "netstat_in", "Name Mtu Network Zone Address X\nen0 1500 link#2 fa.d4.43.3e.d1.10 1\n")
}
func FuzzLsattr(f *testing.F) {
	fuzzParser(f, "lsattr", "=== en1\nnetaddr6=\nalias6=fe80::1,64\nfe80::2\nstate=up\n=== end\n",
		"=== en1\nnetaddr6=\nalias4=10.2.3.5,255.255.255.0\n10.2.3.6,0xffffff00\nmtu=9000\nalias6=\nstate=up\n=== end\n")
}
func FuzzRcTcpip(f *testing.F) {
	fuzzParser(f, "rc_tcpip", "1:start /usr/sbin/autoconf6 \"\" \" -i en1\"\n2:chdev -len1 -a 'netaddr6=fe80::1' # x\n")
}
func FuzzCloudInit(f *testing.F) {
	fuzzParser(f, "cloud_init",
		"iface eth1 inet6 static\n address fe80::1\n",
		"dev eth1 info {'address': 'fe80::1'}\nCloud-init v. 1 running 'init'\nci-info: +Net device info+\nCloud-init v. 1 running 'init-local' at x\n",
		"Translated ubuntu style into {'eth1': {'ipv6': {'address': 'fe80::1'}}}\n",
		"ci-info: | Device | Address |\nci-info: | en1 | fe80::1/64 |\n",
		"ci-info: | Device | Address | IPv6 Addresses |\nci-info: | en1 | . | ['fe80::1'] |\n")
}
func FuzzNodeID(f *testing.F) { fuzzParser(f, "node_id", "0xabcdef012") }
func FuzzODM(f *testing.F) {
	fuzzParser(f, "odmget", "C:\n a = \"b\\\nc\"", "C:\n a = \"b\\\\\"\n\tb = \"open {\n x\nD:\n", "  C:\nvalue=\"say \"a=b\" \\n\\\n\"")
}
func FuzzRoutes(f *testing.F) {
	fuzzParser(f, "netstat_rn", "Destination Gateway X Flags If\n10 1 UG lo0\n10 UH lo0\nDestination Gateway Flags\n (Internet v6):\nfe80::1 UHXLWl 2 0 lo0\n10/8 link#2 UG\n")
}
func FuzzStaticRoutes(f *testing.F) {
	fuzzParser(f, "inet0_routes", "host,-hopcount,0,-if,en0,,,10.9.8.7,10.2.3.1\n", "net,-netmask,0xffffff00,10.9.8.0,10.2.3.1")
}
func FuzzImages(f *testing.F) {
	fuzzParser(f, "installp_list", "a:a.b:1.2:x:I\n#c\nbash:bash-5:5.0-3::R\n", "0503-005 no toc\n", "rsct.x:rsct.x:1.1.1.1::I\r:d\n")
}
func FuzzLscluster(f *testing.F)      { fuzzParser(f, "lscluster", "Cluster Name: x\n") }
func FuzzLspv(f *testing.F)           { fuzzParser(f, "lspv") }
func FuzzLspvU(f *testing.F)          { fuzzParser(f, "lspv_u") }
func FuzzClRGinfo(f *testing.F)       { fuzzParser(f, "clrginfo", "Group Name\n----\nrg1:x\n") }
func FuzzLsrpdomain(f *testing.F)     { fuzzParser(f, "lsrpdomain", "Name OpState\nx Online\n") }
func FuzzClstrmgr(f *testing.F)       { fuzzParser(f, "clstrmgr", "Current state: ST_STABLE\n") }
func FuzzCurrentCluster(f *testing.F) { fuzzParser(f, "current_cluster") }
func FuzzDirectories(f *testing.F)    { fuzzParser(f, "directories") }
func FuzzExisting(f *testing.F)       { fuzzParser(f, "existing", "/usr/bin/lssam\n") }
func FuzzDf(f *testing.F)             { fuzzParser(f, "df") }
func FuzzDate(f *testing.F)           { fuzzParser(f, "date", "2026-11-22T10:58:50Z") }
func FuzzSSHConnection(f *testing.F)  { fuzzParser(f, "ssh_connection") }
func FuzzRSCTPaths(f *testing.F)      { fuzzParser(f, "rsct_paths") }
func FuzzLPAR(f *testing.F)           { fuzzParser(f, "lpar") }
func FuzzTimedUndos(f *testing.F) {
	fuzzParser(f, "timed_undos", armedUndo, "20261130T120000Z\nrun=r2\nls: odd\n")
}

// D8: normalizing is idempotent, and gives 16 lower-case hex digits.
func FuzzNormalizeNodeID(f *testing.F) {
	f.Add("0xABCDEF012")
	f.Add("8c1f5a6e0b7d4321\n")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := NormalizeNodeID(s)
		if err != nil {
			return
		}
		if len(id) != 16 || strings.Trim(id, "0123456789abcdef") != "" {
			t.Fatalf("id %q", id)
		}
		if again, err := NormalizeNodeID(id); again != id || err != nil {
			t.Fatalf("%q becomes %q, %v", id, again, err)
		}
	})
}

// D1: a level written out reads back as itself.
func FuzzParseLevel(f *testing.F) {
	f.Add("3.2.6.2")
	f.Add("3.2")
	f.Fuzz(func(t *testing.T, s string) {
		level, err := ParseLevel(s)
		if err != nil {
			return
		}
		if again, err := ParseLevel(level.String()); err != nil || again.Compare(level) != 0 {
			t.Fatalf("%s becomes %s, %v", level, again, err)
		}
	})
}

// D5: the MAC can be read back out of the address.
func FuzzEUI64LinkLocal(f *testing.F) {
	f.Add("fa:d4:43:3e:d1:20")
	f.Add("0.0.c9.d9.e8.bf")
	f.Fuzz(func(t *testing.T, mac string) {
		addr, err := EUI64LinkLocal(mac)
		if err != nil {
			return
		}
		b := addr.As16()
		want, _ := parseMAC(mac)
		got := [6]byte{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}
		if !addr.IsLinkLocalUnicast() || got != want {
			t.Fatalf("%q gives %s", mac, addr)
		}
	})
}
