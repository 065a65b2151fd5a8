//go:build unix

package durable

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"aixmend/transport/ownership"
)

// stranger is a user that neither runs the tests nor is root.
const stranger = 4711

// The mode of a report is that of the file which it replaces, unless another user put that
// into a shared folder.
func TestModeOfAReport(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	const shared = 0o777 | os.ModeSticky
	for name, c := range map[string]struct {
		folder  os.FileMode
		owner   int         // of the folder
		had     os.FileMode // 0: there is no file
		by      int         // who owns it
		private bool
		want    os.FileMode
	}{
		"new and private":                    {0o755, 0, 0, 0, true, 0o600},
		"new":                                {0o755, 0, 0, 0, false, 0o644},
		"one's own":                          {0o755, 0, 0o640, 0, true, 0o640},
		"one's own in /tmp":                  {shared, 0, 0o660, 0, true, 0o660},
		"of others in /tmp":                  {shared, 0, 0o666, stranger, true, 0o600},
		"of others in /tmp, not private":     {shared, 0, 0o666, stranger, false, 0o644},
		"of the service that has the folder": {0o755, stranger, 0o604, stranger, true, 0o604},
		"of root in the folder of a service": {0o755, stranger, 0o644, 0, false, 0o644},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			path := filepath.Join(dir, "report")
			err := os.Mkdir(dir, 0o700)
			if c.had != 0 {
				err = errors.Join(err, os.WriteFile(path, []byte("old"), 0o600), os.Chmod(path, c.had), os.Chown(path, c.by, -1))
			}
			if err := errors.Join(err, os.Chmod(dir, c.folder), os.Chown(dir, c.owner, -1)); err != nil {
				t.Fatal(err)
			}
			if err := WriteReport(path, c.private, Bytes([]byte("new"))); err != nil {
				t.Fatal(err)
			}
			info, err := os.Lstat(path)
			if err != nil || info.Mode() != c.want || info.Sys().(*syscall.Stat_t).Uid != 0 {
				t.Errorf("%v, %v, want mode %v", info.Mode(), err, c.want)
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != "new" {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

// Files that stay open, and locks, follow no link of that name.
func TestOpenFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	victim, link := filepath.Join(dir, "victim"), filepath.Join(dir, "link")
	for _, there := range []bool{false, true} {
		if there {
			if err := os.WriteFile(victim, []byte("victim"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_ = os.Remove(link)
		if err := os.Symlink(victim, link); err != nil {
			t.Fatal(err)
		}
		if _, err := (Disk{}).Open(link); err == nil {
			t.Error("opened")
		}
		if err := (Disk{}).Append(link, []byte("line\n")); err == nil {
			t.Error("appended")
		}
		if held, err := NewLock(link).TryLock(); err == nil {
			t.Errorf("locked: %v", held)
		}
		if text, err := os.ReadFile(victim); there != (err == nil) || there && string(text) != "victim" {
			t.Errorf("%q, %v", text, err)
		}
	}
	if held, err := NewLock(filepath.Join(dir, "lock")).TryLock(); err != nil || !held {
		t.Errorf("%v, %v", held, err)
	}
}

// A link, a pipe and a folder: what a report is written to.
func TestReportNotToAFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Symlink("target", at("link")), exec.Command("mkfifo", at("pipe")).Run(), os.Mkdir(at("folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := WriteReport(at("link"), true, Bytes([]byte("new"))); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(at("target")); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if target, err := os.Readlink(at("link")); err != nil || target != "target" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	got := make(chan string)
	go func() {
		file, err := os.Open(at("pipe"))
		if err != nil {
			got <- err.Error()
			return
		}
		defer file.Close()
		text, _ := io.ReadAll(file)
		got <- string(text)
	}()
	if err := WriteReport(at("pipe"), true, Bytes([]byte("piped"))); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "piped" {
		t.Errorf("the pipe got %q", text)
	}
	if err := WriteReport(os.DevNull, true, Bytes([]byte("gone"))); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		t.Fatalf("%s is %v, %v", os.DevNull, info.Mode(), err)
	}
	if err := WriteReport(at("folder"), true, Bytes(nil)); err == nil {
		t.Error("wrote to a folder")
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := os.Lchown(at("link"), stranger, -1); err != nil {
		t.Fatal(err)
	}
	var fault *ownership.Fault // would say that nothing was run
	if err := WriteReport(at("link"), true, Bytes([]byte("planted"))); err == nil || errors.As(err, &fault) || !strings.Contains(err.Error(), "belongs to user 4711") {
		t.Errorf("a link of others: %v", err)
	}
}
