package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"aixmend/inventory"
	"aixmend/transport/lab/suite"
)

// Each file of testdata/compare is an inventory that ansible-inventory reads as well: every
// host must come out with the same address, port, login, key and groups. The lines before
// the first file of it:
//
//	-i NAME            a file or folder of the inventory; without one it is hosts.yaml
//	program NAME       Ansible runs a program that prints the file; here the file is read
//	convert NAME       an INI inventory, converted as the hint on it says
//	link NAME TARGET   a symbolic link
//	fault HOST: WHY    on purpose the host can't be selected here
//	without HOST: WHY  on purpose the host is not in the inventory here
//	group NAME: WHY    on purpose there is no such group here
type comparison struct {
	folder   string
	paths    []string // of the inventory as we read it
	theirs   []string // and as Ansible does
	convert  string
	fault    map[string]bool
	without  map[string]bool
	noGroup  map[string]bool
	prepared string // the converted inventory
}

func readComparison(t *testing.T, path string) *comparison {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{folder: t.TempDir(), fault: map[string]bool{}, without: map[string]bool{}, noGroup: map[string]bool{}}
	for _, f := range archive.Files {
		put(t, filepath.Join(c.folder, f.Name), f.Data, 0o600)
	}
	for line := range strings.Lines(string(archive.Comment)) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, why, purpose := strings.Cut(rest, ": ")
		at := filepath.Join(c.folder, rest)
		switch verb {
		case "#", "":
			continue
		case "-i":
			c.paths, c.theirs = append(c.paths, at), append(c.theirs, at)
			continue
		case "program":
			script := filepath.Join(t.TempDir(), "list")
			put(t, script, []byte("#!/bin/sh\ncat '"+at+"'\n"), 0o700)
			c.paths, c.theirs = append(c.paths, at), append(c.theirs, script)
			continue
		case "convert":
			c.convert, c.theirs = at, append(c.theirs, at)
			continue
		case "link":
			link, target, _ := strings.Cut(rest, " ")
			if err := os.Symlink(target, filepath.Join(c.folder, link)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		list := map[string]map[string]bool{"fault": c.fault, "without": c.without, "group": c.noGroup}[verb]
		if list == nil || !purpose || why == "" {
			t.Fatalf("%s: %q is not understood", path, line)
		}
		list[name] = true
	}
	if len(c.theirs) == 0 {
		c.paths = []string{filepath.Join(c.folder, "hosts.yaml")}
		c.theirs = c.paths
	}
	return c
}

func put(t *testing.T, path string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
}

// reached is how a host is reached, as far as both say it.
type reached struct {
	Address, User, Port, Key string
	Groups                   []string
}

func TestSameAsAnsible(t *testing.T) {
	suite.Unraced(t, "ansible-inventory")
	paths, err := filepath.Glob("testdata/compare/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	step := suite.Rounds(4, 1) // each row takes a process of ansible-inventory
	rows := map[string]*comparison{}
	asked := map[string][]string{}
	for i, path := range paths {
		if i%step != 0 {
			continue
		}
		c := readComparison(t, path)
		rows[path] = c
		var names []string
		for _, name := range c.theirs {
			names = append(names, "-i", name)
		}
		asked[path] = append(names, "--list")
		if c.convert != "" {
			c.prepared = filepath.Join(c.folder, "converted.yaml")
			c.paths = append(c.paths, c.prepared)
			asked["convert "+path] = []string{"-i", c.convert, "--list", "--yaml", "--export", "--output", c.prepared}
		}
	}
	answers := askAnsible(t, asked)
	for path, c := range rows {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			c.compare(t, answers[path])
		})
	}
}

func (c *comparison) compare(t *testing.T, listed []byte) {
	want := ansibleWays(t, listed)
	inv, err := testOptions().Load(c.paths...)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]reached{}
	for _, h := range inv.Hosts {
		_, err := inv.Select(h.Name)
		switch {
		case (err != nil) != c.fault[h.Name]:
			t.Errorf("host %q: fault wanted: %t, %v", h.Name, c.fault[h.Name], err)
		case err == nil:
			got[h.Name] = wayOf(h)
		}
		delete(c.fault, h.Name)

	}
	for name, w := range want {
		w.Groups = slices.DeleteFunc(w.Groups, func(g string) bool { return c.noGroup[g] })
		if want[name] = w; c.without[name] {
			delete(want, name)
		} else if _, faulty := inv.Faults[name]; faulty {
			delete(want, name)
		}
	}
	for name := range c.fault {
		t.Errorf("host %q has no fault", name)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-ansible +ours):\n%s\n%s", diff, inv.Warnings)
	}
}

func wayOf(h inventory.Host) reached {
	w := reached{Address: h.Address, User: h.SSH.User, Key: h.SSH.Identity, Groups: slices.Sorted(slices.Values(h.Groups))}
	if h.SSH.Port != 0 {
		w.Port = fmt.Sprint(h.SSH.Port)
	}
	return w
}

// ansibleWays reads the output of ansible-inventory --list, in which the variables of each
// host are resolved.
func ansibleWays(t *testing.T, listed []byte) map[string]reached {
	t.Helper()
	var groups map[string]json.RawMessage
	var meta struct {
		Hostvars map[string]map[string]any
	}
	err := json.Unmarshal(listed, &groups)
	if err == nil {
		err = json.Unmarshal(groups["_meta"], &meta)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, listed)
	}
	type group struct{ Hosts, Children []string }
	parsed := map[string]group{}
	names := map[string]bool{}
	for name, raw := range groups {
		var g group
		if err := json.Unmarshal(raw, &g); err != nil && name != "_meta" {
			t.Fatal(name, err)
		}
		parsed[name] = g
		for _, h := range g.Hosts {
			names[h] = true
		}
	}
	in := map[string]map[string]bool{}
	for name := range names {
		in[name] = map[string]bool{}
	}
	var below func(under []string, name string)
	below = func(under []string, name string) {
		if name != "all" && name != "ungrouped" {
			under = append(slices.Clip(under), name)
		}
		for _, h := range parsed[name].Hosts {
			for _, g := range under {
				in[h][g] = true
			}
		}
		for _, child := range parsed[name].Children {
			below(under, child)
		}
	}
	for name := range parsed {
		below(nil, name)
	}
	ways := map[string]reached{}
	for name := range names {
		vars := meta.Hostvars[name]
		text := func(strongest ...string) string {
			for _, v := range strongest {
				if s := fmt.Sprint(vars[v]); vars[v] != nil && s != "" {
					return s
				}
			}
			return ""
		}
		connection := strings.TrimPrefix(text("ansible_connection"), "ansible.builtin.")
		if !slices.Contains([]string{"", "ssh", "smart", "paramiko", "paramiko_ssh"}, connection) {
			continue
		}
		w := reached{Address: text("ansible_ssh_host", "ansible_host"), User: text("ansible_ssh_user", "ansible_user"), Port: text("ansible_ssh_port", "ansible_port"),
			Key: text("ansible_ssh_private_key_file", "ansible_private_key_file"), Groups: slices.Sorted(maps.Keys(in[name]))}
		if w.Address == "" {
			w.Address = name
		}
		ways[name] = w
	}
	return ways
}

// ansibleDriver runs ansible-inventory for each line of its input, words of it in JSON, in a
// process that has loaded Ansible already: loading it is most of the time.
const ansibleDriver = `
import json, os, runpy, sys
import ansible.cli.inventory
for line in sys.stdin:
    name, out, words = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT, 0o600), 1)
        os.dup2(os.open(out + ".err", os.O_WRONLY | os.O_CREAT, 0o600), 2)
        sys.argv = [sys.argv[1]] + words
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    os.waitpid(child, 0)
`

// askAnsible runs ansible-inventory once for each key, with its arguments, and returns its
// outputs. It knows no configuration but its own defaults.
func askAnsible(t *testing.T, arguments map[string][]string) map[string][]byte {
	t.Helper()
	tool, err := exec.LookPath("ansible-inventory")
	if err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	script, err := os.ReadFile(tool)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(script, []byte("\n"))
	python := strings.Fields(strings.TrimPrefix(string(first), "#!"))
	home, out := t.TempDir(), t.TempDir()
	config := filepath.Join(home, "ansible.cfg")
	put(t, config, nil, 0o600)
	outputs := map[string]string{}
	input := make([]bytes.Buffer, 2)
	for i, name := range slices.Sorted(maps.Keys(arguments)) {
		outputs[name] = filepath.Join(out, fmt.Sprint(i))
		line, err := json.Marshal([]any{name, outputs[name], arguments[name]})
		if err != nil {
			t.Fatal(err)
		}
		input[i%len(input)].Write(append(line, '\n'))
	}
	var wait sync.WaitGroup
	for i := range input {
		wait.Go(func() {
			c := exec.CommandContext(t.Context(), python[0], append(python[1:], "-c", ansibleDriver, tool)...)
			c.Dir, c.Stdin = home, &input[i]
			c.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "ANSIBLE_CONFIG=" + config, "ANSIBLE_NOCOLOR=1"}
			if said, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
	wait.Wait()
	answers := map[string][]byte{}
	for name, file := range outputs {
		answer, err := os.ReadFile(file)
		said, _ := os.ReadFile(file + ".err")
		if err != nil || bytes.Contains(said, []byte("ERROR")) || bytes.Contains(said, []byte("Traceback")) || bytes.Contains(said, []byte("Failed to parse")) {
			t.Errorf("%s: %v %s", name, err, said)
		}
		answers[name] = answer
	}
	return answers
}
