package facts

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	cases := []struct {
		name, in string
		limit    int
		want     string
	}{
		{"trims", "  a b\t\r", 10, "a b"},
		{"cuts characters, not bytes", "äöüß", 3, "äöü"},
		{"no blank at the cut", "ab cd", 3, "ab"},
		{"ANSI escape", "\x1b[31mred", 10, "?[31mred"},
		{"NUL and bell", "a\x00b\a", 10, "a?b?"},
		{"broken UTF-8", "a\xffb", 10, "a?b"},
		{"bidi override", "a\u202eb", 10, "a?b"},
		{"line feed inside", "a\nb", 10, "a?b"},
	}
	for _, c := range cases {
		if got := clean(c.in, c.limit); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestErrorsQuoteLittle(t *testing.T) {
	err := failed("lslpp", exit(1, "", "\x1b]0;title\a"+strings.Repeat("x", 1000)))
	if got := err.Error(); len(got) > 150 || strings.ContainsAny(got, "\x1b\a") {
		t.Errorf("error text: %q", got)
	}
}

// D1: levels are four integers.
func TestLevel(t *testing.T) {
	cases := []struct {
		a, b  string
		older bool
		err   bool
	}{
		{a: "3.2.0.10", b: "3.2.1.0", older: true},
		{a: "3.2.1", b: "3.2.1.0"},
		{a: "3.2.6.2", b: "3.2.10.0", older: true},
		{a: "3.10.0.0", b: "3.9.0.0"},
		{a: "8.1.102.2102", b: "8.1.112.1000", older: true},
		{a: " 3.2.1.0 ", b: "3.2.1.1", older: true},
		{a: "", b: "3.2.1.0", err: true},
		{a: "3.2.1.0", b: "latest", err: true},
		{a: "3.2.1.0.1", b: "3.2.1.0", err: true},
		{a: "3..1", b: "3.2.1.0", err: true},
		{a: "-3.2", b: "3.2.1.0", err: true},
		{a: "3.2.99999999999999999999", b: "3.2.1.0", err: true},
	}
	for _, c := range cases {
		older, err := OlderLevel(c.a, c.b)
		if older != c.older || (err != nil) != c.err {
			t.Errorf("OlderLevel(%q, %q) = %v, %v", c.a, c.b, older, err)
		}
		if err != nil {
			continue
		}
		if back, err := OlderLevel(c.b, c.a); back && c.older || err != nil {
			t.Errorf("OlderLevel(%q, %q) = %v, %v", c.b, c.a, back, err)
		}
	}
}

// D5: the link-local address follows from the MAC.
func TestEUI64LinkLocal(t *testing.T) {
	cases := []struct{ mac, want string }{
		{"fa:d4:43:3e:d1:20", "fe80::f8d4:43ff:fe3e:d120"},
		{"FA:D4:43:3E:D1:20", "fe80::f8d4:43ff:fe3e:d120"},
		{"0.0.c9.d9.e8.bf", "fe80::200:c9ff:fed9:e8bf"},
		{"00-00-c9-d9-e8-bf", "fe80::200:c9ff:fed9:e8bf"},
		{"", ""},
		{"fa:d4:43:3e:d1", ""},
		{"fa:d4:43:3e:d1:20:30", ""},
		{"fa:d4:43:3e:d1:123", ""},
		{"fa:d4:43:3e:d1:+1", ""},
		{"fa:d4:43.3e:d1:20", ""},
		{"00:00:00:00:00:00", ""},
		{"ff:ff:ff:ff:ff:ff", ""},
	}
	for _, c := range cases {
		got, err := EUI64LinkLocal(c.mac)
		if err != nil && c.want == "" {
			continue
		}
		if err != nil || got.String() != c.want {
			t.Errorf("EUI64LinkLocal(%q) = %v, %v, want %q", c.mac, got, err, c.want)
		}
	}
}

// D8: ids are compared as 16 lower-case digits.
func TestNormalizeNodeID(t *testing.T) {
	cases := []struct{ in, want string }{
		{"8c1f5a6e0b7d4321", "8c1f5a6e0b7d4321"},
		{" 0x8C1F5A6E0B7D4321\r\n", "8c1f5a6e0b7d4321"},
		{"0Xabcdef012", "0000000abcdef012"},
		{"abcdef012", "0000000abcdef012"},
		{"abcdef01", ""},
		{"8c1f5a6e0b7d43210", ""},
		{"8c1f5a6e 0b7d4321", ""},
		{"0x0x8c1f5a6e0b7d", ""},
		{"$(reboot)12", ""},
		{"0x", ""},
		{"", ""},
	}
	for _, c := range cases {
		got, err := NormalizeNodeID(c.in)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("NormalizeNodeID(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}
