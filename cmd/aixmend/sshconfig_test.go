//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Where the system's ssh is there, it evaluates what only it can.
func TestSSHConfigThroughSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatal(err)
		}
		t.Skipf("the system's ssh judges here, and is not installed: %v", err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	inventory := write(t, filepath.Join(dir, "inventory.yaml"), "apiVersion: aixmend/v1\nhosts:\n  aix1: {}\n  aix2: {ssh: {user: adm}}\n")
	config := write(t, filepath.Join(dir, "config"), "Match exec \"test %n = aix1\"\n Port 2222\nMatch final user ops\n ProxyJump bastion\nHost aix*\n HostName %h.example\n User ops\n")
	got := call(t, []string{"HOME=" + me.HomeDir, "AIXMEND_SSH_CONFIG=" + config}, "inventory", "list", "-i", inventory, "--format", "json")
	var list []listedHost
	if err := json.Unmarshal([]byte(got.out), &list); err != nil || got.code != 0 || got.err != "" {
		t.Fatalf("exit code %d, %v\n%s%s", got.code, err, got.out, got.err)
	}
	want := []listedHost{
		{Name: "aix1", Address: "aix1.example", Port: 2222, User: "ops", Become: "none", Groups: []string{}, Jump: "bastion"},
		{Name: "aix2", Address: "aix2.example", Port: 22, User: "adm", Become: "none", Groups: []string{}},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
