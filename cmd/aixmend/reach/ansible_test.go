package reach

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/request"
	"aixmend/inventory"
	"aixmend/inventory/load"
	"aixmend/transport"
	"aixmend/transport/sshtext"
)

// tool is the path of a program; without it the test is skipped, or fails where it is
// required.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatal(err)
		}
		t.Skip("there is nothing to compare with: ", err)
	}
	return path
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// Each row is reached as ssh is when Ansible runs it: the judge is ssh -G with exactly the
// arguments that Ansible puts together of the variables that ansible-inventory lists.
func TestAnsibleReachesAlike(t *testing.T) {
	judge := newJudge(t)
	lister := tool(t, "ansible-inventory")
	var text strings.Builder
	text.WriteString("all:\n  children:\n")
	for i, row := range ansibleRows {
		vars := strings.ReplaceAll(row.vars, "$DIR", judge.folder)
		if i%2 == 0 {
			fmt.Fprintf(&text, "    g%03d: {vars: %s, hosts: {r%03d: }}\n", i, vars, i)
		} else {
			fmt.Fprintf(&text, "    g%03d: {hosts: {r%03d: %s}}\n", i, i, vars)
		}
	}
	file := filepath.Join(judge.folder, "hosts.yaml")
	write(t, file, text.String(), 0o600)
	write(t, "ansible.cfg", "", 0o600)
	// ansible-inventory expands no template.
	listed, err := exec.CommandContext(t.Context(), lister, "-i", file, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	var theirs struct {
		Meta struct {
			Hostvars map[string]map[string]any
		} `json:"_meta"`
	}
	listed = bytes.ReplaceAll(listed, []byte("{{ inventory_dir }}"), []byte(judge.folder))
	if err := json.Unmarshal(listed, &theirs); err != nil {
		t.Fatal(err)
	}
	judge.split(t, theirs.Meta.Hostvars)
	inv, err := load.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	way := New(Options{Asked: request.Asked{SSHConfig: request.None}, Say: t.Logf})
	defer way.Close()
	for i, row := range ansibleRows {
		name := fmt.Sprintf("r%03d", i)
		t.Run(row.vars, func(t *testing.T) {
			h, known := inv.Host(name)
			_, err := inv.Select(name)
			switch {
			case !known:
				t.Fatal("left out")
			case row.fault != "":
				if err == nil || !strings.Contains(err.Error(), row.fault) {
					t.Errorf("%+v\n%v, want %q", h, err, row.fault)
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			got, failed := way.Targets(t.Context(), []inventory.Host{h})
			if failed[0] != nil {
				t.Fatal(failed[0])
			}
			want := judge.target(t, name, theirs.Meta.Hostvars[name])
			if row.differs {
				want.KnownHosts = got[0].KnownHosts
			}
			if diff := cmp.Diff(comparable(want), comparable(got[0])); diff != "" {
				t.Errorf("(-ssh +ours):\n%s", diff)
			}
		})
	}
}

// comparable leaves out the fields of which ssh -G says nothing.
func comparable(t transport.Target) transport.Target {
	t.SSHConfig, t.Become = "", ""
	if t.Jump = ownBastion.ReplaceAllString(t.Jump, ""); t.Jump == "none" {
		t.Jump = ""
	}
	t.KnownHosts = strings.Join(slices.DeleteFunc(strings.Split(t.KnownHosts, "\n"), func(path string) bool {
		return strings.HasSuffix(path, "known_hosts2") // left out where it is missing
	}), "\n")
	return t
}

// ownBastion marks the name of a bastion that has a key or known_hosts of its own.
var ownBastion = regexp.MustCompile(`--[0-9]+`)

// judge asks ssh.
type judge struct {
	ssh, folder string
	words       map[string][]string // of a line, as Ansible takes it apart
	usual       map[string][]string // the answer of ssh without arguments
}

// newJudge makes the files that arguments name, in the working folder.
func newJudge(t *testing.T) *judge {
	t.Helper()
	j := &judge{ssh: tool(t, "ssh"), folder: t.TempDir()}
	t.Chdir(j.folder)
	t.Setenv("AIXMEND_ROW", j.folder)
	t.Setenv("AIXMEND_AGENT", "/run/agent")
	for _, name := range []string{"key", "key two", "other", "key-cert.pub", "known", "more", "known two", "global"} {
		write(t, filepath.Join(j.folder, name), "", 0o600)
	}
	write(t, filepath.Join(j.folder, "ssh.cfg"), "Host aix1-*\n  User one\n  Port 2201\n  ProxyJump gate\nHost aix2-*\n  HostName %h.inside\n  User two\nHost gate\n  User jumper\n", 0o600)
	if err := os.Mkdir(filepath.Join(j.folder, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(j.folder, "bin", "ssh"), "#!/bin/sh\nprintf '%s\\0' \"$@\"\n", 0o700)
	j.usual = j.config(t, "10.0.0.1")
	return j
}

// config is the output of ssh -G, by keyword.
func (j *judge) config(t *testing.T, args ...string) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), j.ssh, append([]string{"-G", "-F", "none"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh refuses %q: %s", args, out)
	}
	values := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		keyword, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		values[keyword] = append(values[keyword], value)
	}
	return values
}

// target is the way that ssh takes for a host with these variables of Ansible.
func (j *judge) target(t *testing.T, name string, vars map[string]any) transport.Target {
	t.Helper()
	text := func(strongest ...string) string {
		for _, v := range strongest {
			if s := fmt.Sprint(vars[v]); vars[v] != nil && s != "" {
				return s
			}
		}
		return ""
	}
	words := func(v string) []string { return j.words[text(v)] }
	args := words("ansible_ssh_args")
	if port := text("ansible_ssh_port", "ansible_port"); port != "" {
		args = append(args, "-o", "Port="+port)
	}
	home, _ := os.UserHomeDir()
	if key, found := strings.CutPrefix(text("ansible_ssh_private_key_file", "ansible_private_key_file"), "~"); found {
		args = append(args, "-o", `IdentityFile="`+home+key+`"`)
	} else if key != "" {
		args = append(args, "-o", `IdentityFile="`+key+`"`)
	}
	if user := text("ansible_ssh_user", "ansible_user"); user != "" {
		args = append(args, "-o", `User="`+user+`"`)
	}
	args = slices.Concat(args, words("ansible_ssh_common_args"), words("ansible_ssh_extra_args"))
	if proxy := text("ansible_paramiko_proxy_command"); proxy != "" {
		args = append(args, "-o", "ProxyCommand="+proxy)
	}
	host := text("ansible_ssh_host", "ansible_host")
	if host == "" {
		host = name
	}
	usual, said := j.usual, j.config(t, append(args, host)...)
	first := func(keyword string) string {
		if len(said[keyword]) == 0 || slices.Equal(said[keyword], usual[keyword]) {
			return ""
		}
		return said[keyword][0]
	}
	want := transport.Target{
		Name: name, Address: said["hostname"][0], User: first("user"), HostKeyAlias: first("hostkeyalias"), Agent: os.ExpandEnv(first("identityagent")),
		Certificate: first("certificatefile"), Jump: first("proxyjump"),
	}
	_, _ = fmt.Sscan(said["port"][0], &want.Port)
	want = want.Defaulted()
	if jump, err := sshtext.Jumps(want.Jump); err == nil {
		want.Jump = jump
	}
	key, err := sshtext.Expand(strings.Replace(first("identityfile"), "~", home, 1), map[byte]string{'h': want.Address, 'r': want.User, 'p': said["port"][0], 'd': home})
	if err != nil {
		t.Fatal(err)
	}
	want.Identity = strings.ReplaceAll(key, "${AIXMEND_ROW}", j.folder)
	if command := first("proxycommand"); command != "" && command != "none" && want.Jump == "" {
		want.Jump = j.bastion(t, command, want)
	}
	if user := first("userknownhostsfile"); user != "" || first("globalknownhostsfile") != "" {
		want.KnownHosts = strings.Join(slices.Concat(files(user, said["userknownhostsfile"][0], nil), files(first("globalknownhostsfile"), "", nil)), "\n")
	}
	return want
}

// files are those of one line of ssh -G; a blank in the name of one of ours is "two".
func files(said, usual string, list []string) []string {
	if said == "" {
		said = usual
	}
	for _, word := range strings.Fields(said) {
		if word == "two" && len(list) > 0 {
			list[len(list)-1] += " two"
			continue
		}
		list = append(list, word)
	}
	return list
}

// bastion runs a proxy command with an ssh that tells its arguments, and asks the real one
// where these lead.
func (j *judge) bastion(t *testing.T, command string, target transport.Target) string {
	t.Helper()
	port := fmt.Sprint(target.Port)
	command = strings.NewReplacer("%h", target.Address, "%p", port, "%%", "%", "/usr/bin/ssh", "ssh").Replace(command)
	c := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exec "+strings.TrimPrefix(command, "exec "))
	c.Env = append(os.Environ(), "PATH="+filepath.Join(j.folder, "bin")+":"+os.Getenv("PATH"))
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	args := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	usual, said := j.usual, j.config(t, args...)
	jump := said["hostname"][0]
	if p := said["port"][0]; p != "22" || strings.Contains(command, "@gate.example:22") {
		jump += ":" + p
	}
	config := slices.Contains(args, "-F")
	if user := said["user"][0]; user != usual["user"][0] && !config {
		jump = user + "@" + jump
	}
	switch inner := strings.Join(said["proxycommand"], ""); {
	case len(said["proxyjump"]) > 0:
		jump = said["proxyjump"][0] + "," + jump
	case inner != "":
		jump = j.bastion(t, inner, transport.Target{Address: jump, Port: 22}) + "," + jump
	}
	return jump
}

// split takes all lines of variables apart as Ansible does.
func (j *judge) split(t *testing.T, hosts map[string]map[string]any) {
	t.Helper()
	j.words = map[string][]string{}
	lines := []string{}
	for _, vars := range hosts {
		for _, name := range []string{"ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"} {
			if line, ok := vars[name].(string); ok && j.words[line] == nil {
				j.words[line] = []string{}
				lines = append(lines, line)
			}
		}
	}
	const script = `
import json, shlex, sys
def words(line):
    try: return [x.strip() for x in shlex.split(line) if x.strip()]
    except ValueError: return None
json.dump({line: words(line) for line in json.load(sys.stdin)}, sys.stdout)`
	c := exec.CommandContext(t.Context(), "python3", "-c", script)
	input, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	c.Stdin = bytes.NewReader(input)
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &j.words)
	}
	if err != nil {
		t.Fatal(err)
	}
}
