package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
)

func TestBastionNames(t *testing.T) {
	me := localUser()
	for name, want := range map[string]transport.Target{
		"b":                    {User: me, Address: "b", Port: 22},
		"b:2222":               {User: me, Address: "b", Port: 2222},
		"ops@b.example":        {User: "ops", Address: "b.example", Port: 22},
		"ops@corp@b:23":        {User: "ops@corp", Address: "b", Port: 23},
		"10.1.2.3":             {User: me, Address: "10.1.2.3", Port: 22},
		"2001:db8::5":          {User: me, Address: "2001:db8::5", Port: 22},
		"[2001:db8::5]":        {User: me, Address: "2001:db8::5", Port: 22},
		"x@[2001:db8::5]:2222": {User: "x", Address: "2001:db8::5", Port: 2222},
	} {
		want.Name, want.Identity, want.KnownHosts = name, "keys/id", "kh"
		f := &flags{asked: asked{Identity: "keys//id", KnownHosts: "./kh"}}
		got, err := f.bastion(t.Context(), name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, name := range []string{"", "@", "@b", "b:", "b:0", "b:x", "b:65536", "[b", "[::1]x", "ops@", ":22"} {
		if got, err := new(flags).bastion(t.Context(), name); err == nil {
			t.Errorf("%q is %+v", name, got)
		}
	}
}
