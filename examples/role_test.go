package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// checkTasks checks a file of the Ansible role: each task has a name, a module of Ansible's
// own, and where it makes a file its owner and mode.
func checkTasks(t *testing.T, file string) {
	for _, tasks := range decode[[]map[string]any](t, file) {
		for _, task := range tasks {
			name, _ := task["name"].(string)
			modules := 0
			for key, value := range task {
				module, own := strings.CutPrefix(key, "ansible.builtin.")
				if !own {
					continue
				}
				modules++
				arguments, _ := value.(map[string]any)
				if (module == "copy" || module == "file" || module == "template") && (arguments["mode"] == nil || arguments["owner"] != "root" || arguments["group"] == nil) {
					t.Errorf("%s: no owner, group or mode: %v", name, arguments)
				}
			}
			if name == "" || modules != 1 {
				t.Errorf("task %q has %d modules of Ansible's own", name, modules)
			}
		}
	}
}

// checkYAML checks that a file is YAML with the keys of one type.
func checkYAML(t *testing.T, file string) {
	if len(decode[map[string]any](t, file)) != 1 {
		t.Error("it is not one document")
	}
}

// checkPlays checks a playbook of Ansible: TestRole runs it.
func checkPlays(t *testing.T, file string) {
	for _, plays := range decode[[]map[string]any](t, file) {
		if len(plays) != 1 || plays[0]["name"] == nil || plays[0]["roles"] == nil {
			t.Errorf("%v", plays)
		}
	}
}

// The role is understood by Ansible; it brings its files with their modes, and changes nothing
// the second time. An inventory with a mistake does not replace a sound one.
func TestRole(t *testing.T) {
	ansible, err := exec.LookPath("ansible-playbook")
	if err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") != "" { // where CI has installed all programs
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"inventory.yaml": "sound", "known_hosts": "keys", "id_ed25519": "secret", "settings.yaml": "apiVersion: aixmend/v1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "aixmend", `[ "$1 $2 $3" = "inventory check -i" ] && grep -q sound "$4"
`)
	play := func(args ...string) (string, error) {
		args = append([]string{"-i", "localhost,", "-c", "local", "site.yaml", "-e", "aixmend_inventory=" + dir + "/inventory.yaml", "-e", "aixmend_known_hosts=" + dir + "/known_hosts",
			"-e", "aixmend_identity=" + dir + "/id_ed25519", "-e", "aixmend_config=" + dir + "/settings.yaml", "-e", "aixmend_folder=" + dir + "/etc", "-e", "aixmend_group=root",
			"-e", "aixmend_binary=" + dir + "/bin/aixmend", "-e", "ansible_become=false"}, args...)
		c := exec.CommandContext(t.Context(), ansible, args...)
		c.Dir = "ansible"
		c.Env = append(os.Environ(), "HOME="+dir, "ANSIBLE_NOCOLOR=1", "ANSIBLE_LOCALHOST_WARNING=false", "LC_ALL=C.UTF-8")
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := play("--syntax-check"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to root")
	}
	for _, want := range []string{"changed=5 ", "changed=0 "} {
		if out, err := play("--tags", "configure"); err != nil || !strings.Contains(out, want) || strings.Contains(out, "secret") {
			t.Errorf("%v, wanted %s: %s", err, want, out)
		}
	}
	for name, mode := range map[string]os.FileMode{"": 0o750 | os.ModeDir, "inventory.yaml": 0o640, "known_hosts": 0o640, "id_ed25519": 0o600, "aixmend.yaml": 0o640} {
		if info, err := os.Stat(filepath.Join(dir, "etc", name)); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "inventory.yaml"), []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := play("--tags", "configure"); err == nil || read(t, filepath.Join(dir, "etc", "inventory.yaml")) != "sound" {
		t.Errorf("a wrong inventory was put there: %s", out)
	}
}
