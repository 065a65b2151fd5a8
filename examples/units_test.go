package examples

import (
	"bufio"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/playbooks"
)

// checkedBy returns the path of a program that checks an example. If the program is
// missing, the test is skipped; in CI it fails.
func checkedBy(t *testing.T, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") != "" {
		t.Fatalf("%v: install %s", err, debian)
	}
	t.Skip(err)
	return ""
}

// settings returns the values of a unit file by section and key.
func settings(t *testing.T, file string) map[string][]string {
	t.Helper()
	set := map[string][]string{}
	section := ""
	lines := bufio.NewScanner(strings.NewReader(read(t, file)))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				t.Errorf("%s: %q", file, line)
			}
			set[section+"."+key] = append(set[section+"."+key], value)
		}
	}
	return set
}

// services are the services with the settings that differ between them.
var services = map[string]map[string]string{
	"aixmend-audit.service":   {"Service.User": "aixmend", "Service.StateDirectory": "aixmend", "Service.SuccessExitStatus": "3 4"},
	"aixmend-hub.service":     {"Service.User": "aixmend-hub", "Service.StateDirectory": "aixmend-hub", "Service.Restart": "on-failure", "Service.RestartPreventExitStatus": "2", "Install.WantedBy": "multi-user.target"},
	"aixmend-worker@.service": {"Service.User": "aixmend", "Service.StateDirectory": "aixmend-worker/%i", "Service.Restart": "on-failure", "Service.RestartPreventExitStatus": "2", "Install.WantedBy": "multi-user.target"},
}

// checkService checks the sandbox of a service, also with systemd-analyze.
func checkService(t *testing.T, file string) {
	set := settings(t, file)
	own := services[filepath.Base(file)]
	if own == nil {
		t.Error("it has no settings in this test")
	}
	want := map[string]string{
		"Service.UMask": "0077", "Service.CapabilityBoundingSet": "", "Service.NoNewPrivileges": "yes", "Service.StateDirectoryMode": "0700",
		"Service.ProtectSystem": "strict", "Service.PrivateTmp": "yes", "Service.MemoryDenyWriteExecute": "yes",
		"Service.LimitCORE": "0", "Service.SyslogLevelPrefix": "false",
	}
	maps.Copy(want, own)
	for key, want := range want {
		if got := set[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s=%q, wanted %q", key, got, want)
		}
	}
	started := strings.Join(set["Service.ExecStart"], " ")
	for _, key := range set["Service.LoadCredential"] {
		if !strings.Contains(started, "${CREDENTIALS_DIRECTORY}/"+strings.Split(key, ":")[0]) {
			t.Errorf("ExecStart does not use the loaded secret: %s", key)
		}
	}
	if state := "/var/lib/" + own["Service.StateDirectory"]; !strings.Contains(started+" ", " "+state+" ") {
		t.Errorf("ExecStart does not use %s", state)
	}
	checkUnit(t, file)
	analyze := checkedBy(t, "systemd-analyze", "systemd")
	out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=15", "--no-pager", standing(t, file)).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// checkUnit checks a unit with systemd-analyze verify.
func checkUnit(t *testing.T, file string) {
	analyze := checkedBy(t, "systemd-analyze", "systemd")
	out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", standing(t, file)).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// standing copies all units to a folder, with /bin/true in place of aixmend, and
// returns the path of the copy of one.
func standing(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	units, err := filepath.Glob("systemd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range units {
		text := strings.ReplaceAll(read(t, unit), "/usr/bin/aixmend ", "/bin/true ")
		name := strings.Replace(filepath.Base(unit), "@.", "@fra.", 1)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, strings.Replace(filepath.Base(file), "@.", "@fra.", 1)) // an instance of a template
}

// checkSudoers checks that the file is the output of `aixmend playbook sudoers` and
// that visudo accepts it.
func checkSudoers(t *testing.T, file string) {
	p, err := playbooks.Load(strings.TrimPrefix(file, "sudoers-"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Sudoers("aixmend", false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read(t, file)); diff != "" {
		t.Errorf("aixmend playbook sudoers %s --user aixmend >examples/%s (-printed +file):\n%s", p.Name, file, diff)
	}
	if out, err := exec.CommandContext(t.Context(), checkedBy(t, "visudo", "sudo"), "-c", "-s", "-f", file).CombinedOutput(); err != nil {
		t.Errorf("visudo: %v\n%s", err, out)
	}
}

// checkNagios parses the object definitions and checks the command.
func checkNagios(t *testing.T, file string) {
	objects := map[string]map[string]string{}
	var in map[string]string
	for i, line := range strings.Split(read(t, file), "\n") {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#':
		case key == "define" && in == nil && strings.HasSuffix(value, " {"):
			in = map[string]string{}
			objects[strings.TrimSuffix(value, " {")] = in
		case line == "}" && in != nil:
			in = nil
		case in != nil && strings.TrimSpace(value) != "":
			in[key] = strings.TrimSpace(value)
		default:
			t.Errorf("line %d: %s", i+1, line)
		}
	}
	command := objects["command"]
	if in != nil || command["command_name"] == "" || !strings.HasPrefix(objects["service"]["check_command"], command["command_name"]+"!") {
		t.Errorf("%v", objects)
	}
	for _, want := range []string{"audit ", "--format nagios", "--deadline ", "'$ARG1$'"} {
		if !strings.Contains(command["command_line"], want) {
			t.Errorf("the command does not contain %s", want)
		}
	}
}

// examples/inventory.yaml has the hosts of the inventory in the README.
func TestReadmeShowsTheFirstInventory(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "../README.md"), "```yaml\n")
	shown, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the README shows no inventory")
	}
	var lines []string
	for line := range strings.Lines(shown) {
		lines = append(lines, strings.TrimPrefix(line, "   "))
	}
	options := load.Options{Home: "/home/ops"}
	want, err := options.Parse("inventory.yaml", []byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	got, err := options.Load("inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	hosts := func(inv *inventory.Inventory) string { return string(inv.Export(inv.Hosts)) }
	if diff := cmp.Diff(hosts(want), hosts(got)); diff != "" {
		t.Errorf("-README +examples/inventory.yaml:\n%s", diff)
	}
}
