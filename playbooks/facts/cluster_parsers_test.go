package facts

import (
	"strings"
	"testing"
)

func TestParseODM(t *testing.T) {
	none := ODM{Known: true, Stanzas: []Stanza{}}
	runParse(t, ParseODM, []parseCase[ODM]{
		{
			name: "D11 stanza", in: healthy["odmget"],
			want: ODM{Known: true, Stanzas: []Stanza{{Class: "CuAt", Fields: map[string]string{
				"name": "cluster0", "attribute": "node_uuid", "value": "c3a1f0aa-77aa-11ee-8000-fad4433ed120",
				"type": "R", "generic": "DU", "rep": "s", "nls_index": "3",
			}}}},
		},
		{
			name: "D11 odd quotes, no final newline, a value of two lines",
			in:   stdout("CuAt:\n\tname = \"say \\\"hi\\\"\"\n\tvalue = \"open\n\tother = bare\"\nCuAt:\n\tvalue = \"one\\n\\\ntwo\"\n\tname = \"x"),
			want: ODM{Known: true, Stanzas: []Stanza{
				{Class: "CuAt", Fields: map[string]string{"name": `say "hi"`, "value": "open", "other": "bare"}},
				{Class: "CuAt", Fields: map[string]string{"value": "one two", "name": "x"}},
			}},
		},
		{
			name: "hostile value", in: stdout("CuAt:\n\tname = \"$(reboot)\x1b\x00\xff\"\n"),
			want: ODM{Known: true, Stanzas: []Stanza{{Class: "CuAt", Fields: map[string]string{"name": "$(reboot)???"}}}},
		},
		{name: "D11 none", in: stdout(""), want: none},
		{name: "D10 no such class: the probe found no file", in: exit(44, "", ""), want: ODM{Stanzas: []Stanza{}}},
		{name: "0519-004 says nothing of classes", in: exit(1, "", "0519-004 libodm: The specified search criteria is incorrectly formed.\n"), err: "0519-004"},
		{name: "silent, whatever the status", in: exit(1, "", ""), want: none},
		{name: "silent, ended by a signal", in: exit(139, "", ""), err: "exit 139"},
		{name: "no stanza in the text", in: stdout("hello\n"), err: "not understood"},
		{name: "exit 0 and only a message", in: exit(0, "", "odmget: odd\n"), err: "not understood"},
		{name: "failed", in: exit(1, "", "0518-307 odmget: odd\n"), err: "0518-307"},
		{name: "flood of stanzas", in: stdout(strings.Repeat("CuAt:\n", maxRows+1)), err: "too many rows"},
	})
}

// D11: what people and clusters put between the quotes.
func TestParseODMQuotes(t *testing.T) {
	field := func(text string) string { return "CuAt:\n" + text }
	one := func(fields ...string) ODM {
		stanza := Stanza{Class: "CuAt", Fields: map[string]string{}}
		for i := 0; i < len(fields); i += 2 {
			stanza.Fields[fields[i]] = fields[i+1]
		}
		return ODM{Known: true, Stanzas: []Stanza{stanza}}
	}
	runParse(t, ParseODM, []parseCase[ODM]{
		{name: "escaped quotes", in: stdout(field("\tvalue = \"say \\\"hi\\\"\"\n")), want: one("value", `say "hi"`)},
		{name: "quotes nobody escaped", in: stdout(field("\tvalue = \"say \"hi\" there\"\n")), want: one("value", `say "hi" there`)},
		{name: "escaped backslash before the end", in: stdout(field("\tvalue = \"C:\\\\\"\n\ttype = \"R\"\n")), want: one("value", `C:\`, "type", "R")},
		{name: "backslash n that is text", in: stdout(field("\tvalue = \"a\\\\nb\"\n")), want: one("value", `a\nb`)},
		{name: "other backslashes stay", in: stdout(field("\tvalue = \"a\\.b\\tc\"\n")), want: one("value", `a\.b c`)},
		{name: "= and {} in a value", in: stdout(field("\tvalue = \"a = b, {c=d} {\"\n\tname = \"x=y\"\n")), want: one("value", "a = b, {c=d} {", "name", "x=y")},
		{name: "a tab in a value", in: stdout(field("\tvalue = \"a\tb\"\n")), want: one("value", "a b")},
		{name: "tabs and blanks around everything", in: stdout(" \tCuAt: \n  name\t=\t\"x\" \t\nvalue=\"y\"\n\tnls_index  =  3\n"), want: one("name", "x", "value", "y", "nls_index", "3")},
		{name: "empty values", in: stdout(field("\tname = \"\"\n\tvalue =\n\ttype = \"\n")), want: one("name", "", "value", "", "type", "")},
		{name: "lines joined by backslashes", in: stdout(field("\tvalue = \"one\\n\\\n\ttwo \\\nthree\"\n\tname = \"x\"\n")), want: one("value", "one two  three", "name", "x")},
		{name: "a joined line that looks like a field", in: stdout(field("\tvalue = \"one\\n\\\n\tname = \\\"cluster0\\\"\"\n\tname = \"x\"\n")), want: one("value", `one name = "cluster0"`, "name", "x")},
		{name: "a joined line that begins with a quote", in: stdout(field("\tvalue = \"one \\\n\"two\" three\"\n")), want: one("value", `one  "two" three`)},
		{name: "lines in an open quote", in: stdout(field("\tvalue = \"one\ntwo: three\n  four\"\n\tname = \"x\"\n")), want: one("value", "one two: three four", "name", "x")},
		{name: "an escaped quote at the end of a line does not close", in: stdout(field("\tvalue = \"say \\\"\nhi\"\n\tname = \"x\"\n")), want: one("value", `say " hi`, "name", "x")},
		{name: "a forgotten quote does not swallow the next field", in: stdout(field("\tvalue = \"one\n\tname = \"x\"\n")), want: one("value", "one", "name", "x")},
		{
			name: "nor the next stanza, though no blank line stands before it", in: stdout(field("\tvalue = \"one\nCuDv:\n\tname = \"x\"\nCuDv:\n")),
			want: ODM{Known: true, Stanzas: []Stanza{
				{Class: "CuAt", Fields: map[string]string{"value": "one"}}, {Class: "CuDv", Fields: map[string]string{"name": "x"}}, {Class: "CuDv", Fields: map[string]string{}},
			}},
		},
		{name: "a blank line ends an open quote", in: stdout(field("\tvalue = \"one\n\ntwo\"\n")), want: one("value", "one")},
		{name: "the first of two counts, the second is read to its end", in: stdout(field("\tname = \"x\"\n\tname = \"y\\n\\\nz\"\n\ttype = \"R\"\n")), want: one("name", "x", "type", "R")},
		{name: "cut in a joined value", in: stdout(field("\tvalue = \"one\\n\\")), want: one("value", "one")},
		{name: "endless value", in: stdout(field("\tvalue = \"" + strings.Repeat("abc\\\n", 5000))), want: one("value", strings.Repeat("abc ", 255)+"abc")},
		{name: "controls", in: stdout(field("\tvalue = \"\x1b[2J\x00$(reboot)\xff\u202e\"\n")), want: one("value", "?[2J?$(reboot)??")},
	})
}

func TestParseCAA(t *testing.T) {
	runParse(t, ParseCAA, []parseCase[CAA]{
		{name: "D10 names a cluster", in: stdout("Cluster Name: prodcl\nCluster UUID: x\n"), want: CAA{Installed: true, Live: true, Evidence: "Cluster Name: prodcl"}},
		{name: "D10 names nodes", in: stdout("Calling node query for all nodes...\n\tNode name: aixvm1\n"), want: CAA{Installed: true, Live: true, Evidence: "Node name: aixvm1"}},
		{name: "D10 a cluster in spite of a failure", in: exit(1, "Cluster Name: prodcl\n", "no cluster\n"), want: CAA{Installed: true, Live: true, Evidence: "Cluster Name: prodcl"}},
		{name: "D10 not active", in: exit(1, "", "lscluster: Cluster services are not active.\n"), want: CAA{Installed: true, Refused: true, Evidence: "lscluster: Cluster services are not active."}},
		{name: "D10 other words, other status", in: exit(255, "0590-004 no such thing\n", ""), want: CAA{Installed: true, Refused: true, Evidence: "0590-004 no such thing"}},
		{name: "D10 the services were stopped", in: exit(1, "", "lscluster: Cluster services are not active on this node because it has been stopped.\n"), want: CAA{Installed: true, Live: true, Evidence: "lscluster: Cluster services are not active on this node because it has been stopped."}},
		{name: "D10 nodes in other words", in: stdout("Calling node query for all nodes...\nNode query number of nodes examined: 2\n"), want: CAA{Installed: true, Live: true, Evidence: "Node query number of nodes examined: 2"}},
		{name: "D10 exit 0, in words of its own", in: stdout("This node does not belong to a cluster.\n"), want: CAA{Installed: true, Refused: true, Evidence: "This node does not belong to a cluster."}},
		{name: "a list in a layout nobody has seen", in: stdout("cluster prod\nnode a up\nnode b up\nnode c up\n"), err: "not understood"},
		{name: "sudo refuses", in: exit(1, "", "sudo: a password is required\n"), err: "sudo"},
		{name: "a signal", in: exit(139, "", "lscluster: x\n"), err: "exit 139"},
		{name: "there, and can't be run", in: exit(126, "", "ksh: lscluster: cannot execute\n"), err: "not executable"},
		{name: "D10 nothing", in: stdout(""), want: CAA{Installed: true}},
		{name: "D10 not installed", in: exit(44, "", ""), want: CAA{}},
		{name: "silent failure", in: exit(1, "", ""), want: CAA{Installed: true, Refused: true, Evidence: "none"}},
		{name: "other message", in: exit(1, "", "lscluster: permission denied\n"), err: "permission denied"},
		{name: "exit 0 with other text", in: stdout("hello\n"), err: "not understood"},
		{name: "exit 0 with a message only", in: exit(0, "", "odd\n"), err: "not understood"},
	})
}

func TestParseDisks(t *testing.T) {
	runParse(t, ParseDisks, []parseCase[Disks]{
		{
			name: "D10, D12 disks", in: stdout("banner of mine\nhdisk0          00FA1B2C3D4E5F60   rootvg   active\nhdisk1   none   None\nrepo_disk 00fa1b2c3d4e5f61 caavg_private active\nhdisk3 00fa1b2c3d4e5f62 old_rootvg\n"),
			want: Disks{List: []Disk{
				{Name: "hdisk0", PVID: "00fa1b2c3d4e5f60", VG: "rootvg", Active: true},
				{Name: "hdisk1"},
				{Name: "repo_disk", PVID: "00fa1b2c3d4e5f61", VG: "caavg_private", Active: true},
				{Name: "hdisk3", PVID: "00fa1b2c3d4e5f62", VG: "old_rootvg"},
			}},
		},
		{
			name: "D10 further words", in: stdout("hdisk0 00fa1b2c3d4e5f60 rootvg locked active encrypted\nhdisk1 00fa1b2c3d4e5f61 caavg_private concurrent yes\n"),
			want: Disks{List: []Disk{
				{Name: "hdisk0", PVID: "00fa1b2c3d4e5f60", VG: "rootvg", Active: true}, {Name: "hdisk1", PVID: "00fa1b2c3d4e5f61", VG: "caavg_private"},
			}},
		},
		{name: "cut", in: stdout("hdisk0 00fa1b2c3d4e5f60"), err: "no volume group"},
		{name: "cut earlier", in: stdout("hdisk0 00fa1b\n"), err: "not understood"},
		{name: "no disk", in: stdout(""), err: "not understood"},
		{name: "failed", in: exit(1, "", "0516-010 lspv\n"), err: "0516-010"},
	})
}

func TestParseRows(t *testing.T) {
	runParse(t, ParseRows, []parseCase[Rows]{
		{
			name: "D10 groups", in: stdout("-----------------\nGroup Name     State            Node\n-----------------\nrg1            ONLINE           aixvm1\n"),
			want: Rows{Installed: true, List: []string{"rg1            ONLINE           aixvm1"}},
		},
		{name: "D10 not installed", in: exit(44, "", ""), want: Rows{List: []string{}}},
		{name: "there, and can't be run", in: exit(126, "", "cannot execute"), err: "not executable"},
		{name: "D10 none", in: stdout(""), want: Rows{Installed: true, List: []string{}}},
		{name: "D10 failure without a word", in: exit(1, "", ""), want: Rows{Installed: true, List: []string{}}},
		{name: "D10 failure after rows", in: exit(1, "rg1:ONLINE\n", "odd"), want: Rows{Installed: true, List: []string{"rg1:ONLINE"}}},
		{name: "failure with a message", in: exit(1, "", "cannot reach the cluster manager\n"), err: "cannot reach"},
		{name: "bounded", in: stdout(strings.Repeat("x\n", maxShown*2)), want: Rows{Installed: true, List: strings.Split(strings.Repeat("x ", maxShown-1)+"x", " ")}},
	})
}

func TestParsePeerDomains(t *testing.T) {
	const header = "Name OpState RSCTActiveVersion MixedVersions TSPort GSPort \n"
	runParse(t, ParsePeerDomains, []parseCase[PeerDomains]{
		{name: "D10 domain", in: stdout(header + "db2dom Online  3.2.6.2 No 12347 12348\n"), want: PeerDomains{Installed: true, Names: []string{"db2dom"}}},
		{name: "D10 none", in: stdout(""), want: PeerDomains{Installed: true, Names: []string{}}},
		{name: "D10 header only", in: stdout(header), want: PeerDomains{Installed: true, Names: []string{}}},
		{name: "D10 not installed", in: exit(44, "", ""), want: PeerDomains{Names: []string{}}},
		{name: "there, and can't be run", in: exit(126, "", "cannot execute"), err: "not executable"},
		{name: "failed", in: exit(1, "", "lsrpdomain: 2612-022 A session could not be established\n"), err: "2612-022"},
		{name: "no header", in: stdout("db2dom Online\n"), err: "not understood"},
	})
}

func TestParseClusterManager(t *testing.T) {
	runParse(t, ParseClusterManager, []parseCase[ClusterManager]{
		{name: "D10 stable", in: stdout("Current state: ST_STABLE\nsccsid = \"x\"\n"), want: ClusterManager{Installed: true, State: "ST_STABLE", Live: true}},
		{name: "D10 init", in: stdout("Current state: ST_INIT\n"), want: ClusterManager{Installed: true, State: "ST_INIT"}},
		{name: "D10 not configured", in: stdout("Current state: NOT_CONFIGURED\n"), want: ClusterManager{Installed: true, State: "NOT_CONFIGURED"}},
		{name: "D10 not installed (0513-085)", in: healthy["clstrmgr"], want: ClusterManager{}},
		{name: "D10 nothing of PowerHA", in: exit(44, "", "0513-999 odd\n"), want: ClusterManager{}},
		{name: "D10 there, and not active in words nobody has seen", in: exit(1, "", "0513-036 The request could not be passed\n"), err: "0513-036"},
		{name: "no state", in: stdout("Current state:\n"), err: "not understood"},
		{name: "failed", in: exit(1, "", "0513-001 odd\n"), err: "0513-001"},
	})
}

func TestParseCurrentCluster(t *testing.T) {
	runParse(t, ParseCurrentCluster, []parseCase[CurrentCluster]{
		{name: "D10 IW", in: stdout("IW\n"), want: CurrentCluster{Present: true, Name: "IW"}},
		{name: "D10 empty", in: stdout(""), want: CurrentCluster{Present: true}},
		{name: "D10 no file", in: exit(44, "", ""), want: CurrentCluster{}},
		{name: "failed", in: exit(1, "", "cat: 0652-050 Cannot open\n"), err: "0652-050"},
	})
}

func TestParseDirectories(t *testing.T) {
	runParse(t, ParseDirectories, []parseCase[Directories]{
		{name: "D10 folders", in: stdout("IW/\ncfg/\nct_has.pkf\na\x1b/\n"), want: Directories{Names: []string{"IW", "cfg", "a?"}}},
		{name: "D10 no folder", in: exit(44, "", ""), want: Directories{Names: []string{}}},
		{name: "failed", in: exit(2, "", "ls: 0653-341 The file /var/ct does not exist.\n"), err: "0653-341"},
	})
}

func TestParseExisting(t *testing.T) {
	runParse(t, ParseExisting, []parseCase[Existing]{
		{name: "D10 tools", in: stdout("/usr/bin/lssam\n\n/usr/lpp/mmfs/bin/mmgetstate\n"), want: Existing{Paths: []string{"/usr/bin/lssam", "/usr/lpp/mmfs/bin/mmgetstate"}}},
		{name: "D10 none", in: stdout(""), want: Existing{Paths: []string{}}},
		{name: "not a path", in: stdout("lssam\n"), err: "not understood"},
		{name: "control character", in: stdout("/usr/bin/\x1blssam\n"), err: "not understood"},
	})
}

func TestParseRoom(t *testing.T) {
	const aix = "Filesystem    1024-blocks      Free %Used    Iused %Iused Mounted on\n"
	runParse(t, ParseRoom, []parseCase[Room]{
		{name: "D13 AIX", in: healthy["df"], want: Room{VarFreeKB: 301204, TmpFreeKB: 250100}},
		{name: "D13 one file system", in: stdout("banner\n" + aix + "/dev/hd4 524288 1000 43% 6122 8% /\n"), want: Room{VarFreeKB: 1000, TmpFreeKB: 1000}},
		{
			name: "D13 wrapped rows, blanks in a device", in: stdout(aix + "/dev/a_very_long_device_name\n   524288 1000 43% 6122 8% /var\nmy device 524288 2000 43% 6122 8% /tmp\n"),
			want: Room{VarFreeKB: 1000, TmpFreeKB: 2000},
		},
		{
			name: "D13 Linux", in: stdout("Filesystem     1K-blocks    Used Available Use% Mounted on\n/dev/sda1       10000 4000 6000 40% /\ntmpfs 9000 1 8999 1% /tmp\n"),
			want: Room{VarFreeKB: 6000, TmpFreeKB: 8999},
		},
		{
			name: "D13 a further column", in: stdout("Filesystem    1024-blocks      Free Quota %Used    Iused %Iused Mounted on\n/dev/hd9var 524288 1000 none 43% 6122 8% /var\n/dev/hd3 524288 2000 none 43% 6122 8% /tmp\n"),
			want: Room{VarFreeKB: 1000, TmpFreeKB: 2000},
		},
		{
			name: "D13 a column behind the mount point", in: stdout("Filesystem 1024-blocks Free %Used Mounted on Type\n/dev/hd9var 524288 1000 43% /var jfs2\n/dev/hd3 524288 2000 43% /tmp jfs2\n"),
			want: Room{VarFreeKB: 1000, TmpFreeKB: 2000},
		},
		{name: "cut", in: stdout(aix + "/dev/hd9var 524288 3012"), err: "not understood"},
		{name: "second row cut", in: stdout(aix + "/dev/hd9var 524288 301204 43% 6122 8% /var\n/dev/hd3 26"), err: "not understood"},
		{name: "no number", in: stdout(aix + "/proc - - - - - /proc\n"), err: "free space not understood"},
		{name: "three rows", in: stdout(aix + strings.Repeat("/dev/hd4 524288 1000 43% 6122 8% /\n", 3)), err: "more than two"},
		{name: "no header", in: stdout("/dev/hd4 524288 1000 43% 6122 8% /\n"), err: "not understood"},
		{name: "failed", in: exit(1, "", "df: odd\n"), err: "df: odd"},
	})
}

func TestParseClock(t *testing.T) {
	runParse(t, ParseClock, []parseCase[Clock]{
		{name: "D13 equal", in: stdout("Sun Nov 22 10:58:50 UTC 2026\n"), want: Clock{Time: "2026-11-22T10:58:50Z"}},
		{name: "D13 as it is asked", in: stdout("2026-11-22T10:58:50Z\n"), want: Clock{Time: "2026-11-22T10:58:50Z"}},
		{name: "D13 an old recording, CUT", in: stdout("Sun Nov 22 10:58:50 CUT 2026\n"), want: Clock{Time: "2026-11-22T10:58:50Z"}},
		{name: "D13 ahead, one digit day", in: stdout("Tue Dec  1 10:58:50 GMT 2026\n"), want: Clock{Time: "2026-12-01T10:58:50Z", SkewSeconds: 9 * 86400}},
		{name: "D13 behind, RFC 3339", in: stdout("2026-11-22T11:53:50+01:00\n"), want: Clock{Time: "2026-11-22T10:53:50Z", SkewSeconds: -300}},
		{name: "local time", in: stdout("Sun Nov 22 11:58:50 CET 2026\n"), err: "not understood"},
		{name: "translated", in: stdout("So 22 Nov 2026 10:58:50 UTC\n"), err: "not understood"},
		{name: "own time not known", in: Output{Stdout: []byte("Sun Nov 22 10:58:50 UTC 2026\n")}, err: "own time"},
	})
}

func TestParseLPAR(t *testing.T) {
	runParse(t, ParseLPAR, []parseCase[LPAR]{
		{name: "partition", in: stdout("12 aixvm1\n"), want: LPAR{Number: 12, Name: "aixvm1"}},
		{name: "blank in the name", in: stdout("12 aix vm \x1b1\n"), want: LPAR{Number: 12, Name: "aix vm ?1"}},
		{name: "a tab, more blanks", in: stdout("12\t  aixvm1\n"), want: LPAR{Number: 12, Name: "aixvm1"}},
		{name: "no partition", in: stdout("-1 NULL\n"), want: LPAR{Number: -1, Name: "NULL"}},
		{name: "no number", in: stdout("aixvm1\n"), err: "not understood"},
		{name: "no name", in: stdout("12\n"), err: "not understood"},
	})
}
