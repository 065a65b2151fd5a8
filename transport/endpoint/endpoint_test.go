package endpoint

import "testing"

func TestParse(t *testing.T) {
	for text, want := range map[string]Endpoint{
		"b":                    {Host: "b"},
		"b:2222":               {Host: "b", Port: 2222},
		"ops@b.example":        {User: "ops", Host: "b.example"},
		"ops@corp@b:23":        {User: "ops@corp", Host: "b", Port: 23},
		"10.1.2.3:65535":       {Host: "10.1.2.3", Port: 65535},
		"2001:db8::5":          {Host: "2001:db8::5"},
		"[2001:db8::5]":        {Host: "2001:db8::5"},
		"x@[2001:db8::5]:2222": {User: "x", Host: "2001:db8::5", Port: 2222},
		"fe80::1%en0":          {Host: "fe80::1%en0"},
		"[b]:22":               {Host: "b", Port: 22},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := Parse(got.String()); err != nil || again != want {
			t.Errorf("%q is written %q and read again as %+v, %v", text, got, again, err)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":        "the host is empty",
		"@":       "the user is empty",
		"@b":      "the user is empty",
		"ops@":    "the host is empty",
		":22":     "the host is empty",
		"[]:22":   "the host is empty",
		"b:":      "the port must be from 1 to 65535",
		"b:0":     "the port must be from 1 to 65535",
		"b:+22":   "the port must be from 1 to 65535",
		"b:x":     "the port must be from 1 to 65535",
		"b:65536": "the port must be from 1 to 65535",
		"[::1]:":  "the port must be from 1 to 65535",
		"[b":      "a bracket is not closed",
		"[::1]x":  "only a port can follow the bracket",
		"[::1]22": "only a port can follow the bracket",
	} {
		if got, err := Parse(text); err == nil || err.Error() != "is not [user@]host[:port]: "+want || got != (Endpoint{}) {
			t.Errorf("%q is %+v, %v; want %s", text, got, err, want)
		}
	}
}
