//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"aixmend/cmd/aixmend/simulated"
)

// contract.md, on disk: files are 0600 and folders 0700, whatever the umask lets
// through, of every verb that writes.
func TestModesOfEveryVerb(t *testing.T) {
	t.Parallel()
	for _, umask := range []string{"000", "022", "077"} {
		dir := t.TempDir()
		hosts, err := namedHosts([]string{"healthy", "address-removed-smitty"})
		if err != nil {
			t.Fatal(err)
		}
		fleet, err := simulated.Start(dir, hosts, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(fleet.Close)
		state := filepath.Join(dir, "state")
		for _, verb := range [][]string{
			{"audit"}, {"plan"}, {"capture"}, {"recover", "--yes", "--set=settle=60ms", "--set=wait=600ms"},
			{"recover", "--yes", "--playbook", "support-data", "-l", "healthy"},
		} {
			c := exec.Command(program(t), append(verb, "-i", filepath.Join(dir, "inventory.yaml"), "--state", state)...)
			c.Args = append([]string{"/bin/sh", "-c", fmt.Sprintf(`umask %s && exec "$0" "$@"`, umask), c.Path}, c.Args[1:]...)
			c.Path = "/bin/sh"
			c.Stderr = nil
			if out, err := c.CombinedOutput(); err != nil && c.ProcessState.ExitCode() != 3 {
				t.Fatalf("%s: %v\n%s", verb, err, out)
			}
		}
		files := 0
		err = filepath.WalkDir(state, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			mode := info.Mode()
			if mode.IsDir() && mode.Perm() != 0o700 || mode.IsRegular() && mode.Perm() != 0o600 || mode&(os.ModeSetuid|os.ModeSetgid) != 0 {
				t.Errorf("umask %s: %s has mode %s", umask, path, mode)
			}
			if mode.IsRegular() {
				files++
			}
			return nil
		})
		if err != nil || files < 40 {
			t.Errorf("umask %s: %d files, %v", umask, files, err)
		}
	}
}
