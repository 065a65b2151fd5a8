package durable

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// syncfs is relied on from the first Linux on that reports errors.
func TestReports(t *testing.T) {
	for release, want := range map[string][2]bool{
		"4.18.0-553.el8_10.ppc64le": {false, false},
		"5.4.0-216-generic":         {false, false},
		"5.7.19":                    {false, false},
		"5.8.0":                     {true, false},
		"5.14.0-570.el9.ppc64le":    {true, false},
		"5.17.0-rc5":                {true, true},
		"6.18.44":                   {true, true},
		"10.0":                      {true, true},
		"":                          {false, false},
		"custom":                    {false, false},
	} {
		if all, log := reports(release); all != want[0] || log != want[1] {
			t.Errorf("%q: %v, %v, want %v", release, all, log, want)
		}
	}
}

// A file system that is not written back to a disk of this machine is not synced as a whole.
func TestWholeFileSystem(t *testing.T) {
	if s := wholeFileSystem("/proc"); s != nil {
		t.Error("/proc is taken for a disk")
	}
	if s := wholeFileSystem("/dev/null"); s != nil {
		t.Error("a file is taken for a folder")
	}
	dir := t.TempDir()
	s := wholeFileSystem(dir)
	if s == nil {
		var of unix.Statfs_t
		_ = unix.Statfs(dir, &of)
		t.Skipf("temporary files are on a file system of type %#x", of.Type)
	}
	if err := s.sync(); err != nil {
		t.Error(err)
	}
	if err := os.Mkdir(dir+"/below", 0o700); err != nil || !s.has(dir+"/below") || s.has("/proc") || s.has(dir+"/none") {
		t.Errorf("%v, %v, %v, %v", err, s.has(dir+"/below"), s.has("/proc"), s.has(dir+"/none"))
	}
}
