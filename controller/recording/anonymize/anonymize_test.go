package anonymize

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"aixmend/controller/recording"
)

func newAnonymizer(t *testing.T, key string) *Anonymizer {
	t.Helper()
	a, err := New([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// answers returns a recording of commands and their output.
func answers(host string, pairs ...string) *recording.Recording {
	r := &recording.Recording{Schema: recording.Schema, Host: recording.Host{Name: host, Address: "10.20.0.3"}}
	for i := 0; i < len(pairs); i += 2 {
		exit := 0
		r.Commands = append(r.Commands, recording.Entry{ID: fmt.Sprint(i), Command: recording.Stream(pairs[i]), Exit: &exit, Stdout: recording.Stream(pairs[i+1])})
	}
	return r
}

// planted returns the output of a host with every notation, raw and in base64.
var planted = []string{
	"/usr/bin/hostname", "aixprd01.prod.kunde.de\n",
	"/usr/bin/uname -L", "12 AIXPRD01-lpar\n",
	"/usr/sbin/ifconfig -a", "en0: flags=1e084863,814c0<UP>\n\tinet 10.20.0.3 netmask 0xffffff00 broadcast 10.20.0.255\nen1: flags=1<UP>\n\tinet6 fe80::f8d4:43ff:fe3e:d120/64\n\tinet6 2001:db8:17::42/64\n",
	"/usr/bin/netstat -in", "en1 1500 link#3 fa.d4.43.3e.d1.20 1 0\nen0 1500 10.20.0 10.20.0.3\n",
	"/usr/bin/netstat -rn", "default 10.20.0.1 UG\n10.20.0/24 10.20.0.3 U\n172.16/12 10.20.0.9 U\n192.168.7/24 10.20.0.1 U\n",
	"/usr/sbin/lscfg -vpl ent1", "ent1 U9009.22A.78ABCD0-V12-C3-T1\n Network Address.............FAD4433ED120\n",
	"/usr/sbin/entstat -d ent1", "Hardware Address: fa:d4:43:3e:d1:20\n",
	"/usr/bin/cat /etc/ct_node_id", "3f12ab90cc41d7e8\n#comment\n",
	"lsrsrc IBM.MCP", "NodeID = 4544883612360759272\nHMCName = \"9009-22A*78ABCD0\"\nNodeNameList = {\"aixprd01\",\"other77\"}\n",
	"rmcdomainstatus", "I A 0x3f12ab90cc41d7e8 0001 fe80::f8d4:43ff:fe3e:d120\n",
	"lspv", "hdisk0 00fa000100000002 rootvg active\n",
	"odmget", "value = \"00fa0001000000020000000000000000\"\nvalue = \"4c4c4544-0001-4d10-8052-b8c04f000001\"\n",
	"/usr/bin/uname -m", "00FA00014C00\n",
	"cloud-init", "Set hostname aixprd01 (AIXPRD01) to https://repo.kunde.de:8443/x from 10.20.0.77 with \xff fe80:0:0:0:f8d4:43ff:fe3e:d120%en1 and aixprd01's, user_aixprd01, [10.20.0.3]:22, 3.0.20.10.in-addr.arpa, other77 db9.intra\n" +
		"MAC=FA-D4-43-3E-D1-20 " + base64.StdEncoding.EncodeToString([]byte("host: aixprd01 at 10.20.0.3")) + " ::ffff:10.20.0.3 tcp4 10.20.0.3.22 10.20.0.9.40000\n",
	"/usr/bin/lslpp -Lcq", "rsct.core:rsct.core.rmc:3.2.6.2: : :C\n",
}

var original = regexp.MustCompile(`(?i)aixprd|kunde|other77|db9|repo\.|` +
	`\b10\.20\.0|192\.168\.7\b|\b0\.20\.10\b|2001:db8:17|f8d4:43ff|3e:?-?\.?d1:?-?\.?20|FAD443|3f12ab90cc41d7e8|4544883612360759272|` +
	`00fa0001|78ABCD0|4c4c4544`)

// No planted value is left in any notation, neither raw nor in base64.
func TestNothingOriginalIsLeft(t *testing.T) {
	a := newAnonymizer(t, "k")
	r := answers("aixprd01", planted...)
	r.Host.Waivers = []recording.Waiver{{Finding: "f", Reason: "as aixprd01 said"}}
	r.Noise = recording.Stream("Welcome to aixprd01\n")
	r.Trouble = &recording.Trouble{Text: "10.20.0.3: broken"}
	got := a.All([]*recording.Recording{r})[0]
	file, err := got.Encode()
	if err != nil {
		t.Fatal(err)
	}
	text := string(file)
	for _, e := range got.Commands {
		text += string(e.Stdout) // what is not UTF-8 is base64 in the file
	}
	for _, blob := range regexp.MustCompile(`[A-Za-z0-9+/]{16,}=*`).FindAllString(text, -1) {
		plain, _ := base64.StdEncoding.DecodeString(blob)
		text += string(plain)
	}
	if m := original.FindAllString(text, -1); len(m) > 0 {
		t.Errorf("%q is left in:\n%s", m, text)
	}
	if !got.Anonymized || r.Host.Name != "aixprd01" || !strings.Contains(string(r.Noise), "aixprd01") {
		t.Error("the recording that was given is another now")
	}
}

// The relations that diagnosis needs are kept.
func TestRelationsAreKept(t *testing.T) {
	a := newAnonymizer(t, "k")
	got := a.All([]*recording.Recording{answers("aixprd01", planted...)})[0]
	out := func(command string) string { return string(got.Find(command).Stdout) }
	find := func(pattern, text string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no %s in %q", pattern, text)
		}
		return m[1]
	}
	mac := find(`Address: (\S+)`, out("/usr/sbin/entstat -d ent1"))
	plain := find(`\.([0-9A-F]{12})\n`, out("/usr/sbin/lscfg -vpl ent1"))
	if strings.ToUpper(strings.ReplaceAll(mac, ":", "")) != plain {
		t.Errorf("one MAC became %s and %s", mac, plain)
	}
	n, _ := parseMAC(strings.Split(mac, ":"))
	eui := fmt.Sprintf("fe80::%x:%xff:fe%02x:%x", n>>32^0x0200, n>>24&0xff, n>>16&0xff, n&0xffff)
	for _, command := range []string{"/usr/sbin/ifconfig -a", "rmcdomainstatus", "cloud-init"} {
		address, err := netip.ParseAddr(find(`(fe80:[0-9a-f:]+)`, out(command)))
		if err != nil || address != netip.MustParseAddr(eui) {
			t.Errorf("%s: %v, want %s of %s; %v", command, address, eui, mac, err)
		}
	}
	id := find(`^([0-9a-f]{16})\n`, out("/usr/bin/cat /etc/ct_node_id"))
	if other := find(`0x([0-9a-f]{16}) `, out("rmcdomainstatus")); other != id {
		t.Errorf("one node id became %s and %s", id, other)
	}
	decimal, hexadecimal := uint64(0), uint64(0)
	_, _ = fmt.Sscan(find(`NodeID = (\d+)`, out("lsrsrc IBM.MCP")), &decimal)
	_, _ = fmt.Sscanf(id, "%x", &hexadecimal)
	if decimal != hexadecimal {
		t.Errorf("one node id became %d and %s", decimal, id)
	}
	pvid := find(`hdisk0 (\S+)`, out("lspv"))
	if long := find(`"([0-9a-f]{16})0{16}"`, out("odmget")); long != pvid {
		t.Errorf("one PVID became %s and %s", pvid, long)
	}
	for command, want := range map[string]string{
		"/usr/bin/lslpp -Lcq":   "rsct.core:rsct.core.rmc:3.2.6.2: : :C\n",
		"/usr/sbin/ifconfig -a": "netmask 0xffffff00 broadcast",
		"/usr/bin/netstat -rn":  "172.16/12 ",
		"lsrsrc IBM.MCP":        `HMCName = "9009-22A*`,
	} {
		if !strings.Contains(out(command), want) {
			t.Errorf("%s lost %q: %s", command, want, out(command))
		}
	}
	address := find(`inet (\S+) netmask`, out("/usr/sbin/ifconfig -a"))
	net24 := address[:strings.LastIndex(address, ".")]
	for command, want := range map[string]string{
		"/usr/sbin/ifconfig -a": "broadcast " + net24 + ".255\n",
		"/usr/bin/netstat -in":  " " + net24 + " " + address + "\n",
		"/usr/bin/netstat -rn":  "\n" + net24 + "/24 " + address,
		"cloud-init":            "[" + address + "]:22",
	} {
		if !strings.Contains(out(command), want) {
			t.Errorf("%s has no %q: %s", command, want, out(command))
		}
	}
}

// Special addresses, vendor words and texts that only look like an address are kept.
func TestFixedTextsAreKept(t *testing.T) {
	a := newAnonymizer(t, "k")
	a.Learn("aixprd01", "aix", "root", "active", "en1", "12", "10.1.2.3")
	for _, text := range []string{
		"127.0.0.1 0.0.0.0 255.255.255.0 255.255.255.255 169.254.169.253 224.0.0.1 0xffffff00 0xff000000",
		"::1 :: ::1%1/0 fe80::/64 fe80::%en1 ff02::1 00:00:00:00:00:00 ff:ff:ff:ff:ff:ff 0.0.0.0.0.0",
		"0000000000000000 0x0000000000000000 00000000-0000-0000-0000-000000000000 none None",
		"AIX aix root active en1 IBM.HostRM rsct.core.rmc /opt/rsct/bin rc.tcpip aix.py 12",
		"flags=1e084863,814c0<UP,BROADCAST> 12:30:45 2026-01-12T08:30:00Z 7200-05-08-2420",
		"A6DF45AA IDENTIFIER 202601120830 www.ibm.com chacha20-poly1305@openssh.com a::b C::d Foo::Bar",
		"hdisk0 cd0 /dev/cd0 MGMTSWITCH ETHERNET0 4094 Cloud-init v. 22.1 1/2 10/8 127/8 link#2",
	} {
		if got := a.text(text, place{}); got != text {
			t.Errorf("%q\nbecomes\n%q", text, got)
		}
	}
}

// Addresses keep their common prefixes, stay distinct, and always change.
func TestAddressesKeepPrefixes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 5 {
		a := newAnonymizer(t, fmt.Sprint(round))
		for _, text := range []string{"10.20.0.0/20", "10.20.32.0/26", "192.168.4.0/24"} {
			a.networks = append(a.networks, netip.MustParsePrefix(text))
		}
		seen := map[netip.Addr]netip.Addr{}
		for range 300 {
			base := []uint32{10<<24 | 20<<16, 192<<24 | 168<<16 | 4<<8, 172<<24 | 20<<16, 9 << 24, 193 << 24}[random.IntN(5)]
			was := addr4(base | random.Uint32()&0x3fff)
			is := a.ipv4(was)
			if is == was {
				t.Fatalf("%v stays", was)
			}
			if is.IsPrivate() != was.IsPrivate() {
				t.Fatalf("%v becomes %v", was, is)
			}
			for other, image := range seen {
				if (other == was) != (image == is) {
					t.Fatalf("%v and %v become %v and %v", was, other, is, image)
				}
				for _, bits := range []int{16, 20, 24} {
					if bits > min(a.networks.of(was).Bits(), a.networks.of(other).Bits()) {
						continue // within a network its first and its last address change places with others
					}
					together := netip.PrefixFrom(was, bits).Masked().Contains(other)
					if together != netip.PrefixFrom(is, bits).Masked().Contains(image) && bits >= stays(number4(was)) {
						t.Fatalf("/%d: %v and %v become %v and %v", bits, was, other, is, image)
					}
				}
			}
			seen[was] = is
		}
		for _, n := range append(a.networks, netip.MustParsePrefix("10.9.8.0/24")) {
			host := uint32(1)<<(32-n.Bits()) - 1
			first, last := a.ipv4(n.Addr()), a.ipv4(addr4(number4(n.Addr())|host))
			if number4(first)&host != 0 || number4(last)&host != host || number4(first)|host != number4(last) {
				t.Errorf("%v becomes %v to %v", n, first, last)
			}
		}
	}
}

// One Anonymizer replaces equal names equally in all files; another one differently.
func TestConsistentAcrossFiles(t *testing.T) {
	a := newAnonymizer(t, "k")
	one, two := answers("aixprd01", "log", "aixprd01 10.20.0.3 aixprd02\n"), answers("aixprd02", "log", "aixprd01 10.20.0.3 aixprd02\n")
	got := a.All([]*recording.Recording{one, two})
	first, second := string(got[0].Commands[0].Stdout), string(got[1].Commands[0].Stdout)
	if first != second || !strings.HasPrefix(first, got[0].Host.Name+" ") || !strings.HasSuffix(first, " "+got[1].Host.Name+"\n") {
		t.Errorf("%q of %s and %q of %s", first, got[0].Host.Name, second, got[1].Host.Name)
	}
	if other := newAnonymizer(t, "l").All([]*recording.Recording{one})[0]; other.Host.Name == got[0].Host.Name {
		t.Error("another key makes the same names")
	}
	if got[0].Host.Name == got[1].Host.Name {
		t.Error("two hosts have one name")
	}
}

// Any input terminates, and characters outside names and numbers are kept.
func FuzzAnonymize(f *testing.F) {
	for i := 1; i < len(planted); i += 2 {
		f.Add(planted[i])
	}
	f.Add(strings.Repeat(":", 1000) + strings.Repeat("a-", 100))
	f.Fuzz(func(t *testing.T, text string) {
		a, err := New([]byte("k"))
		if err != nil {
			t.Fatal(err)
		}
		r := answers("aixprd01", "log", text)
		got := a.All([]*recording.Recording{r})[0]
		if strings.Contains(strings.ToLower(string(got.Commands[0].Stdout)), "aixprd01") && regexp.MustCompile(`(?i)(^|[^a-z0-9._:-])aixprd01($|[^a-z0-9._:-])`).Match(got.Commands[0].Stdout) {
			t.Errorf("%q", got.Commands[0].Stdout)
		}
		if _, err := got.Encode(); err != nil {
			t.Fatal(err)
		}
	})
}
