package facts

import (
	"strings"
	"testing"
)

func FuzzNameservers(f *testing.F) { fuzzParser(f, "resolv_conf", "nameserver fe80::1%en0\n") }
func FuzzTimeServers(f *testing.F) { fuzzParser(f, "ntp_conf", "server -4 10.0.0.1\n") }
func FuzzHostsTable(f *testing.F)  { fuzzParser(f, "hosts_table", "10.2.3.4\n") }

func TestParseNameservers(t *testing.T) {
	list := func(l ...string) Nameservers { return Nameservers{List: append([]string{}, l...)} }
	runParse(t, ParseNameservers, []parseCase[Nameservers]{
		{name: "not there", in: exit(44, "", ""), want: list()},
		{name: "empty", in: stdout(""), want: list()},
		{name: "comments, blanks and other keywords", in: stdout("; a\n# nameserver 10.0.0.9\ndomain example\n\tnameserver   10.0.80.11   # first\nnameserver 2001:DB8::53\noptions rotate\n"), want: list("10.0.80.11", "2001:db8::53")},
		{name: "a name is no server", in: stdout("nameserver dns1\nnameserver\nnameservers 10.0.0.1\n"), want: list()},
		{name: "half an answer", in: Output{Stdout: []byte("nameserver 10.0.80.11\n"), Truncated: true}, err: "cut off"},
		{name: "denied", in: exit(2, "", "cat: Cannot open /etc/resolv.conf.\n"), err: "cat failed"},
		{name: "too many", in: stdout(strings.Repeat("nameserver 10.0.80.11\n", maxRows+1)), err: "too many"},
	})
}

func TestParseTimeServers(t *testing.T) {
	list := func(l ...string) TimeServers { return TimeServers{List: append([]string{}, l...)} }
	runParse(t, ParseTimeServers, []parseCase[TimeServers]{
		{name: "not there", in: exit(44, "", ""), want: list()},
		{name: "no line", in: exit(1, "", ""), want: list()},
		{name: "servers, peers and pools", in: stdout(" server 10.0.80.21 prefer iburst\npeer ntp2\npool -4 pool.example\nserver 127.127.1.0\nfudge 127.127.1.0 stratum 10\n#server 10.0.0.9\n"), want: list("10.0.80.21", "ntp2", "pool.example")},
		{name: "denied", in: exit(1, "", "sudo: a password is required\n"), err: "grep failed"},
		{name: "unreadable", in: exit(2, "", "grep: can't open\n"), err: "grep failed"},
		{name: "too many", in: stdout(strings.Repeat("server a\n", maxRows+1)), err: "too many"},
	})
}

func TestParseHostsTable(t *testing.T) {
	table := func(l ...HostsEntry) HostsTable { return HostsTable{List: append([]HostsEntry{}, l...)} }
	runParse(t, ParseHostsTable, []parseCase[HostsTable]{
		{name: "not there", in: exit(44, "", ""), want: table()},
		{name: "lines, comments and rubbish", in: stdout("# a\n127.0.0.1 loopback localhost # here\n10.2.3.4\n10.2.3 bad\nFE80::1%en1 link\n"),
			want: table(HostsEntry{Address: "127.0.0.1", Names: []string{"loopback", "localhost"}}, HostsEntry{Address: "fe80::1", Names: []string{"link"}})},
		{name: "many names", in: stdout("10.2.3.4" + strings.Repeat(" a", 40) + "\n"), want: table(HostsEntry{Address: "10.2.3.4", Names: strings.Fields(strings.Repeat("a ", maxHostNames))})},
		{name: "denied", in: exit(1, "", "sudo: a password is required\n"), err: "cat failed"},
		{name: "too many", in: stdout(strings.Repeat("10.2.3.4 a\n", maxRows+1)), err: "too many"},
	})
}
