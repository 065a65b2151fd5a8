package transport

import (
	"context"
	"testing"
)

// able is a connection that moves files, and may say that it does not.
type able struct{ Conn }

func (able) Put(context.Context, Upload) (Moved, error)   { return Moved{Bytes: 1}, nil }
func (able) Get(context.Context, Download) (Moved, error) { return Moved{Bytes: 2}, nil }

type asked struct {
	able
	has bool
}

func (a asked) Files() (Files, bool) { return a.able, a.has }

func TestFilesOf(t *testing.T) {
	for name, c := range map[string]struct {
		conn Conn
		want bool
	}{
		"a connection with the methods": {able{}, true},
		"one that says yes":             {asked{has: true}, true},
		"one that says no":              {asked{}, false},
		"one that says nothing":         {struct{ Conn }{able{}}, false},
	} {
		if _, ok := FilesOf(c.conn); ok != c.want {
			t.Errorf("%s: %v, want %v", name, ok, c.want)
		}
	}
}

func TestCheckPath(t *testing.T) {
	for _, name := range []string{"/a", "/tmp/it's", "/tmp/a b", "/tmp/-rf", "/tmp/$(x)", "/tmp/..a", "/tmp/\x1b[31m"} {
		if err := CheckPath(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "a", "./a", "../a", "~/a", "/", "//", "/a/", "//a", "/a//b", "/a/./b", "/a/../b", "/..", "/a\nb", "/a\rb", "/a\x00b"} {
		if CheckPath(name) == nil {
			t.Errorf("%q is let pass", name)
		}
	}
}

func TestUploadCommand(t *testing.T) {
	c := UploadCommand(Upload{From: "local file", To: "/tmp/x"})
	if !c.Mutating || c.Finishes || c.ID != "upload" || c.Line != `upload "local file" to "/tmp/x"` {
		t.Errorf("%+v", c)
	}
}
