package sshconfig

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNames(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(home+"/.ssh/conf.d", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config":     "Include conf.d/*\nHost db1 db1.example.com\n  HostName 10.0.0.1\nHost a1 a2 a1\n  User root\nHost b1 b2\n  HostName %h.example.com\nHost * !x ?y aix*\n  User ops\nMatch host zz\n  User x\n",
		"conf.d/one": "Host inc1\nHost \"a2\"\n",
	} {
		if err := os.WriteFile(filepath.Join(home, ".ssh", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := New(Options{Home: home, Program: none}).Names()
	if diff := cmp.Diff([]string{"inc1", "a2", "db1", "a1", "b1", "b2"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, o := range []Options{{File: none, Home: home}, {Home: t.TempDir()}} {
		if got, err := New(o).Names(); err != nil || len(got) > 0 {
			t.Errorf("%+v: %q, %v", o, got, err)
		}
	}
}
