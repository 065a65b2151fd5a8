package facts

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseWord(t *testing.T) {
	runParse(t, ParseWord, []parseCase[Word]{
		{name: "D14 system", in: stdout("AIX\n"), want: Word{Text: "AIX"}},
		{name: "D14 blank lines around", in: stdout("\n 0 \n\n"), want: Word{Text: "0"}},
		{name: "escape is shown, not kept", in: stdout("\x1b[1mAIX"), want: Word{Text: "?[1mAIX"}},
		{name: "banner before the word", in: stdout("Authorized use only\nAIX\n"), err: "more than one line"},
		{name: "no output", in: stdout(" \n"), err: "no output"},
		{name: "too long", in: stdout(strings.Repeat("x", 257)), err: "too long"},
		{name: "failed", in: exit(1, "AIX\n", "uname: cannot\n"), err: `failed (exit 1): "uname: cannot"`},
	})
}

func TestParseOSLevel(t *testing.T) {
	full := OSLevel{Text: "7200-05-08-2420", Version: 7200, TechLevel: 5, ServicePack: 8, ReleaseStamp: "2420"}
	runParse(t, ParseOSLevel, []parseCase[OSLevel]{
		{name: "D14 level", in: stdout("7200-05-08-2420\n"), want: full},
		{name: "D14 below a banner", in: stdout("Authorized use only\n7200-05-08-2420"), want: full},
		{name: "D14 no stamp", in: stdout("7300-01-00\n"), want: OSLevel{Text: "7300-01-00", Version: 7300, TechLevel: 1}},
		{name: "cut", in: stdout("7200-05-0"), err: "not understood"},
		{name: "two levels", in: stdout("7200-05-08-2420\n7300-01-01-2246\n"), err: "two levels"},
		{name: "failed", in: exit(1, "", "lslpp: locked\n"), err: "oslevel failed"},
	})
}

func TestParseFilesets(t *testing.T) {
	rmc := Fileset{Name: "rsct.core.rmc", Level: "3.2.5.2", State: "C", Type: "F", Description: "RSCT Resource Monitoring and Control"}
	const row = "rsct.core:rsct.core.rmc:3.2.5.2: : :C:F:RSCT Resource Monitoring and Control: : : : : : :0:0:/:\n"
	none := Filesets{List: []Fileset{}}
	runParse(t, ParseFilesets, []parseCase[Filesets]{
		{name: "D1 row", in: stdout(row), want: Filesets{List: []Fileset{rmc}}},
		{
			name: "D1 header and banner are no rows",
			in:   stdout("WARNING: authorized use only: really\n#Package Name:Fileset:Level:State:PTF Id:Fix State:Type:Description\n" + row),
			want: Filesets{List: []Fileset{rmc}},
		},
		{
			name: "D1 short level, blank type, state in field 4",
			in:   stdout("rsct.core:rsct.core.sec:3.2.1:B: : : :Security: : : : : : :0:0:/:\n"),
			want: Filesets{List: []Fileset{{Name: "rsct.core.sec", Level: "3.2.1.0", State: "B", Description: "Security"}}},
		},
		{
			name: "D1 rpm row has colons in its date and no V.R.M.F",
			in:   stdout("bash-5.0-3:bash-5.0-3:5.0-3: : :C:R:The GNU shell: :/bin/rpm -e bash: : : : :0: :(none):Mon Jan 20 14:07:03 2020\n"),
			want: Filesets{List: []Fileset{{Name: "bash-5.0-3", State: "C", Type: "R", Description: "The GNU shell"}}},
		},
		{name: "D1 none (0504-132)", in: exit(1, "", "lslpp: 0504-132  Fileset rsct.* not installed.\n"), want: none},
		{name: "D1 none, translated", in: exit(1, "", "lslpp: 0504-132  Dateigruppe nicht installiert.\n"), want: none},
		{name: "D1 none, silent", in: stdout(""), want: none},
		{
			name: "hostile description",
			in:   stdout("p:f.x:1.1: : :C:F:a\x1b[2J\x00$(reboot)\xff: : :\n"),
			want: Filesets{List: []Fileset{{Name: "f.x", Level: "1.1.0.0", State: "C", Type: "F", Description: "a?[2J?$(reboot)?"}}},
		},
		{
			name: "V4 a whole host: rpms, an interim fix, an old level of five parts, a product without a level",
			in: stdout("bos.net:bos.net.tcp.client:7.2.5.200: : :C:F:TCP/IP Client Support: : : : : : :0:0:/:2148\n" + row +
				"libstdc++-10.2.0-1:libstdc++-10.2.0-1.ppc:10.2.0-1: : :C:R:GNU Standard C++ Library: :/bin/rpm -e libstdc++: : : : :0: :/opt/freeware:Mon Jan 20 14:07:03 2020\n" +
				"IJ12345s1a:IJ12345s1a:22.11.07.101010: : :C:E:fix of something: : : : : : :0:0:/:\n" +
				"old:old.rte:4.3.3.0.123456789: : :C:F:five parts: : : : : : :0:0:/:\n" +
				"odd:odd.rte:: : :B: :no level: : : : : : :0:0:/:\n"),
			want: Filesets{List: []Fileset{
				{Name: "bos.net.tcp.client", Level: "7.2.5.200", State: "C", Type: "F", Description: "TCP/IP Client Support"}, rmc,
				{Name: "libstdc++-10.2.0-1.ppc", State: "C", Type: "R", Description: "GNU Standard C++ Library"},
				{Name: "IJ12345s1a", Level: "22.11.7.101010", State: "C", Type: "E", Description: "fix of something"},
				{Name: "old.rte", State: "C", Type: "F", Description: "five parts"},
				{Name: "odd.rte", State: "B", Description: "no level"},
			}},
		},
		{name: "row cut", in: stdout(row + "rsct.core:rsct.core.rmc:3.2"), err: "3 fields"},
		{name: "level not a level", in: stdout("p:rsct.core.rmc:new: : :C:F:d: :\n"), err: "not a level"},
		{name: "only prose", in: stdout("the database is locked\n"), err: "not understood"},
		{name: "exit 0 and only a message", in: exit(0, "", "lslpp: 0504-999 odd\n"), err: "not understood"},
		{name: "not there", in: exit(127, "", "ksh: lslpp: not found\n"), err: "lslpp is not there (exit 127)"},
		{name: "giant row", in: stdout("p:" + strings.Repeat("f", maxLine) + ":1: : :C:F:d\n"), err: "too long"},
		{name: "flood of rows", in: stdout(strings.Repeat(row, maxRows+1)), err: "too many rows"},
	})
}

// V4: as many filesets as a large host has fit into the fact.
func TestParseFilesetsOfALargeHost(t *testing.T) {
	var all strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&all, "p%d:p%d.rte:7.2.5.%d: : :C:F:A description of common length: : : : : : :0:0:/:2148\n", i, i, i)
	}
	got, err := ParseFilesets(stdout(all.String()))
	if err != nil || len(got.List) != 3000 || got.List[2999].Level != "7.2.5.2999" {
		t.Errorf("%d filesets, %v", len(got.List), err)
	}
}

func TestParseSubsystem(t *testing.T) {
	const header = "Subsystem         Group            PID          Status \n"
	down := Subsystem{Name: "ctcas", Group: "rsct", Status: "inoperative"}
	runParse(t, ParseSubsystem, []parseCase[Subsystem]{
		{
			name: "D2 active", in: stdout(header + " ctrmc            rsct             6947312      active\n"),
			want: Subsystem{Name: "ctrmc", Group: "rsct", PID: 6947312, Status: "active", Active: true},
		},
		{name: "D2 inoperative has no PID", in: stdout(header + " ctcas            rsct                          inoperative\n"), want: down},
		{name: "D2 no header, a banner", in: stdout("Welcome to aixvm1\n ctcas rsct inoperative\n"), want: down},
		{
			name: "D2 no group", in: stdout(header + " clcomd 123 active\n"),
			want: Subsystem{Name: "clcomd", PID: 123, Status: "active", Active: true},
		},
		{name: "D2 neither", in: stdout(header + " clcomd inoperative\n"), want: Subsystem{Name: "clcomd", Status: "inoperative"}},
		{name: "D2 stopping is not active", in: stdout(header + " ctrmc rsct 77 stopping\n"), want: Subsystem{Name: "ctrmc", Group: "rsct", PID: 77, Status: "stopping"}},
		{
			name: "D2 one of two instances is active", in: stdout(header + " x g inoperative\n x g 5 active\n"),
			want: Subsystem{Name: "x", Group: "g", PID: 5, Status: "active", Active: true},
		},
		{name: "D2 not on file (0513-085)", in: exit(1, "", "0513-085 The ctrmc Subsystem is not on file.\n"), want: Subsystem{Status: "not on file"}},
		{name: "D2 not on file, translated, on stdout", in: exit(1, "0513-085 Subsystem ctrmc ist nicht vorhanden.\n", ""), want: Subsystem{Status: "not on file"}},
		{
			name: "D2 warned to stop, with a PID", in: stdout(header + " ctrmc            rsct             6947312      warned to stop\n"),
			want: Subsystem{Name: "ctrmc", Group: "rsct", PID: 6947312, Status: "warned to stop"},
		},
		{
			name: "D2 warned to stop, without a PID", in: stdout(header + " ctrmc            rsct                          warned to stop\n"),
			want: Subsystem{Name: "ctrmc", Group: "rsct", Status: "warned to stop"},
		},
		{
			name: "D2 warned to stop, with neither group nor PID", in: stdout(header + " ctrmc                                          warned to stop\n"),
			want: Subsystem{Name: "ctrmc", Status: "warned to stop"},
		},
		{
			name: "D2 the column is lost, a PID without a group", in: stdout(header + " ctrmc 77 warned to stop\n"),
			want: Subsystem{Name: "ctrmc", PID: 77, Status: "warned to stop"},
		},
		{name: "D2 the column is lost, neither", in: stdout(header + " ctrmc warned to stop\n"), want: Subsystem{Name: "ctrmc", Status: "warned to stop"}},
		{name: "D2 no header, several words", in: stdout("Welcome to aixvm1\n ctrmc rsct warned to stop\n"), want: Subsystem{Name: "ctrmc", Group: "rsct", Status: "warned to stop"}},
		{
			name: "D2 a state that nobody knows is not active", in: stdout(header + " ctrmc            rsct             6947312      not quite active\n"),
			want: Subsystem{Name: "ctrmc", Group: "rsct", PID: 6947312, Status: "not quite active"},
		},
		{name: "D2 nor is one behind a group", in: stdout(header + " a b c d active\n"), want: Subsystem{Name: "a", Group: "b", Status: "c d active"}},
		{
			name: "D2 a name that pushes the columns aside", in: stdout(header + " a_subsystem_with_a_long_name a_group_with_a_name 12345678 warned to stop\n"),
			want: Subsystem{Name: "a_subsystem_with_a_long_name", Group: "a_group_with_a_name", PID: 12345678, Status: "warned to stop"},
		},
		{
			name: "D2 a column behind the group", in: stdout("Subsystem         Group            PID          Instance  Status \n ctrmc            rsct             6947312      1         active\n"),
			want: Subsystem{Name: "ctrmc", Group: "rsct", PID: 6947312, Status: "active", Active: true},
		},
		{
			name: "D2 a column behind the status", in: stdout("Subsystem         Group            PID          Status         Since\n ctrmc            rsct             6947312      active         10:00\n"),
			want: Subsystem{Name: "ctrmc", Group: "rsct", PID: 6947312, Status: "active", Active: true},
		},
		{name: "no state", in: stdout(header + " ctrmc            rsct             6947312      $(reboot)\n"), err: "not understood"},
		{name: "found and not executable is not \"not on file\"", in: exit(126, "0513-085 x\n", ""), err: "lssrc is not executable"},
		{name: "two subsystems", in: stdout(header + " a g active\n b g active\n"), err: "two subsystems"},
		{name: "too many words", in: stdout(header + " a b c d e f g active\n"), err: "not understood"},
		{name: "header only", in: stdout(header), err: "not understood"},
		{name: "SRC is down", in: exit(255, "", "0513-001 The System Resource Controller daemon is not active.\n"), err: "lssrc failed"},
	})
}

func TestParseDomain(t *testing.T) {
	const mcp = "Management Domain Status: Management Control Points\n"
	const up = "   I A  0x3f12ab90cc41d7e8  0001  fe80::3a4b:c5ff:fe00:1\n"
	const pending = "   i A  0x3f12ab90cc41d7e8  0001  fe80::3a4b:c5ff:fe00:1\n"
	const out = "   O a  0x3f12ab90cc41d7e8  0001  mcp1\n"
	member := func(token, queue, address string) Member {
		return Member{Token: token, Queue: queue, NodeID: "0x3f12ab90cc41d7e8", Number: "0001", Address: address}
	}
	isUp := member("I", "A", "fe80::3a4b:c5ff:fe00:1")
	isPending := member("i", "A", "fe80::3a4b:c5ff:fe00:1")
	isOut := member("O", "a", "mcp1")
	none := Domain{State: "none", MCPs: []Member{}}
	runParse(t, ParseDomain, []parseCase[Domain]{
		{name: "D3 connected", in: stdout(mcp + up), want: Domain{State: "connected", MCPs: []Member{isUp}}},
		{name: "D3 one of two is enough", in: stdout(mcp + out + up), want: Domain{State: "connected", MCPs: []Member{isOut, isUp}}},
		{name: "D3 one blank, trailing fields", in: stdout(mcp + "I A 0x3f12ab90cc41d7e8 0001 mcp1 more of it\n"), want: Domain{State: "connected", MCPs: []Member{member("I", "A", "mcp1")}}},
		{name: "D3 no second token", in: stdout(mcp + "I 0x3f12ab90cc41d7e8 0001 mcp1\n"), want: Domain{State: "connected", MCPs: []Member{member("I", "", "mcp1")}}},
		{name: "D3 down", in: stdout(mcp + out), want: Domain{State: "down", MCPs: []Member{isOut}}},
		{name: "D3 no output", in: stdout(""), want: none},
		{name: "D3 other sections only", in: stdout("Management Domain Status: Managed Nodes\n" + up), want: none},
		{name: "D3 section without rows", in: stdout(mcp), want: none},
		{name: "D3 i in both reads", in: stdout(mcp + pending + "=== again\n" + mcp + pending), want: Domain{State: "pending", MCPs: []Member{isPending}}},
		{name: "D3 i, then I", in: stdout(mcp + pending + "=== again\n" + mcp + up), want: Domain{State: "connected", MCPs: []Member{isUp}}},
		{name: "D3 i, then O", in: stdout(mcp + pending + "=== again\n" + mcp + out), want: Domain{State: "down", MCPs: []Member{isOut}}},
		{name: "D3 i, then nothing", in: stdout(mcp + pending + "=== again\n"), want: none},
		{name: "D3 i in the second read only", in: stdout(mcp + out + "=== again\n" + mcp + pending), want: Domain{State: "down", MCPs: []Member{isPending}}},
		{name: "D3 i once", in: stdout(mcp + pending), want: Domain{State: "down", MCPs: []Member{isPending}}},
		{name: "D3 daemon is down (0513-036)", in: exit(44, "", "0513-036 The request could not be passed to the ctrmc subsystem.\n"), want: none},
		{name: "D3 daemon is not on file", in: exit(44, "0513-085 ctrmc: unbekannt\n", ""), want: none},
		{name: "D3 failure after rows", in: exit(1, mcp+out, "warning\n"), want: Domain{State: "down", MCPs: []Member{isOut}}},
		{
			name: "D10 peer domain", in: stdout("Peer Domain Status\n   S S  0x8c1f5a6e0b7d4321  0001  self\n" + mcp + up),
			want: Domain{State: "connected", MCPs: []Member{isUp}, PeerDomain: true},
		},
		{
			name: "D10 peer domain in the first read only", in: stdout("Peer Domain Status\n   i S  0x8c1f5a6e0b7d4321  0001  other\n=== again\n"),
			want: Domain{State: "none", MCPs: []Member{}, PeerDomain: true},
		},
		{name: "unknown token is kept and not connected", in: stdout(mcp + "   \x1bQ A 0x3f12ab90cc41d7e8 0001 mcp1\n"), want: Domain{State: "down", MCPs: []Member{member("?Q", "A", "mcp1")}}},
		{name: "prose that begins with I", in: stdout(mcp + "I am a banner\n"), want: Domain{State: "down", MCPs: []Member{{Token: "I am a banner"}}}},
		{name: "I without its id", in: stdout(mcp + "I A\n"), want: Domain{State: "down", MCPs: []Member{{Token: "I A"}}}},
		{name: "translated header", in: stdout("Status der Verwaltungsdomaene\n" + up), err: "not understood"},
		{name: "failure without rows", in: exit(1, "", "2610-000 odd\n"), err: "2610-000"},
		{name: "three reads", in: stdout(mcp + pending + "=== again\n=== again\n"), err: "=== again"},
		{name: "flood of rows", in: stdout(mcp + strings.Repeat(up, maxMembers+1)), err: "too many rows"},
	})
}

func TestParseNodeID(t *testing.T) {
	valid := NodeID{Present: true, Valid: true, ID: "8c1f5a6e0b7d4321", Raw: "8c1f5a6e0b7d4321"}
	runParse(t, ParseNodeID, []parseCase[NodeID]{
		{name: "D8 id", in: stdout("8c1f5a6e0b7d4321\n"), want: valid},
		{name: "D8 only the first line counts", in: stdout("8c1f5a6e0b7d4321\nffffffffffffffff\n"), want: valid},
		{name: "D8 short, upper case, 0x", in: stdout("0xABCDEF012"), want: NodeID{Present: true, Valid: true, ID: "0000000abcdef012", Raw: "0xABCDEF012"}},
		{name: "D8 forty lines", in: stdout("8c1f5a6e0b7d4321\n" + strings.Repeat("0000000000000000 something\n", 39)), want: valid},
		{name: "D8 forty lines, the rest not kept", in: Output{Stdout: []byte("8c1f5a6e0b7d4321\nffff"), Truncated: true}, want: valid},
		{name: "D8 upper case", in: stdout("8C1F5A6E0B7D4321\n"), want: NodeID{Present: true, Valid: true, ID: valid.ID, Raw: "8C1F5A6E0B7D4321"}},
		{name: "D8 0x and 16 digits", in: stdout("0x8c1f5a6e0b7d4321\n"), want: NodeID{Present: true, Valid: true, ID: valid.ID, Raw: "0x8c1f5a6e0b7d4321"}},
		{name: "D8 0X", in: stdout("0X8C1F5A6E0B7D4321\n"), want: NodeID{Present: true, Valid: true, ID: valid.ID, Raw: "0X8C1F5A6E0B7D4321"}},
		{name: "D8 nine digits", in: stdout("abcdef012\n"), want: NodeID{Present: true, Valid: true, ID: "0000000abcdef012", Raw: "abcdef012"}},
		{name: "D8 CR at the end", in: stdout("8c1f5a6e0b7d4321\r\n"), want: valid},
		{name: "D8 CR and no line feed, blanks", in: stdout("  8c1f5a6e0b7d4321 \r"), want: valid},
		{name: "D8 17 digits", in: stdout("8c1f5a6e0b7d43210\n"), want: NodeID{Present: true, Raw: "8c1f5a6e0b7d43210"}},
		{name: "D8 0x and eight digits", in: stdout("0xabcdef01\n"), want: NodeID{Present: true, Raw: "0xabcdef01"}},
		{name: "D8 two ids on one line", in: stdout("8c1f5a6e0b7d4321 ffffffffffffffff\n"), want: NodeID{Present: true, Raw: "8c1f5a6e0b7d4321 ffffffffffffffff"}},
		{name: "D8 old Macintosh lines", in: stdout("8c1f5a6e0b7d4321\rffffffffffffffff"), want: NodeID{Present: true, Raw: "8c1f5a6e0b7d4321?ffffffffffffffff"}},
		{name: "D8 binary file", in: stdout("\x7fELF\x00\xff\n"), want: NodeID{Present: true, Raw: "?ELF??"}},
		{name: "D8 first line is empty", in: stdout("\n8c1f5a6e0b7d4321\n"), want: NodeID{Present: true}},
		{name: "D8 empty file", in: stdout(""), want: NodeID{Present: true}},
		{name: "D8 too short", in: stdout("abcdef01\n"), want: NodeID{Present: true, Raw: "abcdef01"}},
		{name: "D8 no file", in: exit(44, "", ""), want: NodeID{}},
		{name: "D8 no id (2641-036)", in: exit(1, "", "lsnodeid: 2641-036 The node ID was not found.\n"), want: NodeID{Present: true}},
		{name: "hostile", in: stdout("$(reboot)\x00\x1b\n"), want: NodeID{Present: true, Raw: "$(reboot)??"}},
		{name: "giant line", in: stdout(strings.Repeat("a", 10000)), want: NodeID{Present: true, Raw: strings.Repeat("a", 64)}},
		{name: "not allowed", in: exit(1, "", "head: 0653-011 Cannot open /etc/ct_node_id\n"), err: "0653-011"},
		{name: "not there", in: exit(127, "", ""), err: "is not there (exit 127)"},
		{name: "cut inside the first line", in: Output{Stdout: []byte("8c1f5a6e0b7d"), Truncated: true}, err: "cut off"},
	})
}

func TestParseRSCTPaths(t *testing.T) {
	runParse(t, ParseRSCTPaths, []parseCase[RSCTPaths]{
		{
			name: "all", in: healthy["rsct_paths"],
			want: RSCTPaths{Bin: "/usr/sbin/rsct/bin", Install: "/usr/sbin/rsct/install/bin", RefreshMD: "/opt/rsct/bin/rmcrefreshMD"},
		},
		{name: "first one counts", in: stdout("bin=/opt/rsct/bin\nbin=/usr/sbin/rsct/bin\nrefresh_md=\n"), want: RSCTPaths{Bin: "/opt/rsct/bin"}},
		{name: "no bin", in: stdout("install=/opt/rsct/install/bin\n"), err: "not there"},
		{name: "empty bin", in: stdout("bin=\n"), err: "not there"},
		{name: "other place", in: stdout("bin=/tmp/rsct/bin\n"), err: "not understood"},
		{name: "hostile tail", in: stdout("bin=/opt/rsct/bin;reboot\n"), err: "not understood"},
		{name: "other key", in: stdout("bin=/opt/rsct/bin\nsbin=/opt/rsct/bin\n"), err: "not understood"},
		{name: "place of another key", in: stdout("bin=/opt/rsct/install/bin\n"), err: "not understood"},
	})
}
