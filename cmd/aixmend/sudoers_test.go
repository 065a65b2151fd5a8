package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport/aixsim"
)

// ranks are hosts on which an ordinary login becomes root, and the illnesses
// that they have.
type ranks struct {
	t     *testing.T
	dir   string
	fleet *aixsim.Fleet
}

// secretWord is the password of the simulated hosts.
const secretWord = "Tr0ub4dor&3"

// climbing starts a host for each illness, its login without rights unless
// change gives it some.
func climbing(t *testing.T, illnesses []string, change func(*aixsim.State)) *ranks {
	t.Helper()
	hosts, err := namedHosts(illnesses)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hosts {
		h.State.Password = secretWord
		change(h.State)
	}
	r := &ranks{t: t, dir: t.TempDir()}
	if r.fleet, err = startFleet(r.dir, hosts, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.fleet.Close)
	return r
}

// run runs a verb with an inventory in which ssh says how to become root.
func (r *ranks) run(ssh string, args ...string) (code int, stdout, stderr string) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, "inventory.yaml"))
	if err != nil {
		r.t.Fatal(err)
	}
	path := filepath.Join(r.dir, "climb.yaml")
	own := strings.Replace(string(text), "ssh: {user: root, ", "ssh: {user: ops, "+ssh, 1)
	if err := os.WriteFile(path, []byte(own), 0o600); err != nil {
		r.t.Fatal(err)
	}
	var out, errs bytes.Buffer
	args = append(args, "-i", path, "--state", r.t.TempDir())
	code = run(args, streams{in: strings.NewReader(""), out: &out, err: &errs, width: func() int { return 0 }})
	return code, out.String(), errs.String()
}

// reports reads what a run kept of its hosts: their reports, and all it wrote.
func (r *ranks) reports(stdout string) (map[string]outcome.Host, string) {
	r.t.Helper()
	var run outcome.Run
	if err := json.Unmarshal([]byte(stdout), &run); err != nil {
		r.t.Fatalf("%v in %s", err, stdout)
	}
	hosts, everything := map[string]outcome.Host{}, ""
	matches, err := filepath.Glob(filepath.Join(filepath.Dir(r.t.TempDir()), "*", "runs", run.ID))
	if err != nil || len(matches) != 1 {
		r.t.Fatalf("%v, %v", matches, err)
	}
	err = filepath.WalkDir(matches[0], func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		everything += string(text)
		if err == nil && filepath.Base(filepath.Dir(path)) == "hosts" && filepath.Ext(path) == ".json" {
			var h outcome.Host
			err = json.Unmarshal(text, &h)
			hosts[h.Host] = h
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return hosts, everything
}

// findings are what was found on each host, in a form that compares.
func findings(hosts map[string]outcome.Host) map[string][]string {
	all := map[string][]string{}
	for name, h := range hosts {
		all[name] = []string{string(h.Outcome)}
		for _, f := range h.Findings {
			all[name] = append(all[name], fmt.Sprintf("%s %s: %s %q", f.Severity, f.ID, f.Title, f.Evidence))
		}
	}
	return all
}

// climbers are illnesses that together run every probe's branches.
var climbers = []string{"healthy", "address-removed-smitty", "daemon-down", "rsct-below-minimum", "hostile-log", "tools-in-opt"}

func known(t *testing.T, names []string) []string {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := aixsim.FindIllness(name)
		return err != nil
	})
}

// However the login becomes root: the same is found.
func TestEveryWayToBecomeRootFindsTheSame(t *testing.T) {
	illnesses := known(t, climbers)
	want, _ := func() (map[string][]string, error) {
		r := climbing(t, illnesses, func(*aixsim.State) {})
		_, out, _ := r.run("", "audit", "--format", "json")
		hosts, _ := r.reports(out)
		return findings(hosts), nil
	}()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(secretWord+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ssh    string
		rights func(*aixsim.State)
	}{
		"sudo":  {"become: sudo, ", func(s *aixsim.State) { s.Sudo = "nopasswd" }},
		"dzdo":  {"become: dzdo, ", func(s *aixsim.State) { s.Become = map[string]string{"dzdo": "nopasswd"} }},
		"pbrun": {"become: pbrun, ", func(s *aixsim.State) { s.Become = map[string]string{"pbrun": "nopasswd"} }},
		"a command": {"become: {command: /usr/local/bin/pbrun -u root}, ", func(s *aixsim.State) {
			s.Become = map[string]string{"pbrun": "nopasswd"}
		}},
		"su with a password":       {"become: su, become_password: {file: " + secret + "}, ", func(*aixsim.State) {}},
		"sudo with a password":     {"become: sudo, become_password: {exec: [/bin/cat, " + secret + "]}, ", func(s *aixsim.State) { s.Sudo = "password" }},
		"sudo that does not ask":   {"become: sudo, become_password: {file: " + secret + "}, ", func(s *aixsim.State) { s.Sudo = "nopasswd" }},
		"sudo, command by command": {"become: sudo, become_mode: commands, ", func(s *aixsim.State) { s.Sudo = "nopasswd" }},
		"sudo by rules":            {"become: sudo, become_mode: commands, ", func(s *aixsim.State) { s.Sudo, s.Sudoers = "rules", rulesOf(t, false) }},
		"pbrun, command by command": {"become: pbrun, become_mode: commands, ", func(s *aixsim.State) {
			s.Become = map[string]string{"pbrun": "rules"}
			s.Sudoers = rulesOf(t, false)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := climbing(t, illnesses, func(s *aixsim.State) {
				s.Unprivileged = true
				c.rights(s)
			})
			_, out, stderr := r.run(c.ssh, "audit", "--format", "json")
			hosts, everything := r.reports(out)
			if diff := cmp.Diff(want, findings(hosts)); diff != "" {
				t.Errorf("-as root +so:\n%s", diff)
			}
			if strings.Contains(everything+out+stderr, secretWord) {
				t.Error("the password is in what the run wrote")
			}
			for name := range hosts {
				for _, entry := range r.fleet.Host(name).Log() {
					if entry.Mutated {
						t.Errorf("%s was changed by %q", name, entry.Argv)
					}
					if strings.Contains(fmt.Sprint(entry), secretWord) {
						t.Errorf("%s: the password is in %q", name, entry.Argv)
					}
				}
			}
		})
	}
}

var ruleLine = regexp.MustCompile(`(?m)^    (.*?)(?:, \\)?$`)

// rulesOf are the rules of `playbook sudoers`, as sudo has them after it has
// read them.
func rulesOf(t *testing.T, changes bool) []string {
	t.Helper()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Sudoers("ops", changes)
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, m := range ruleLine.FindAllStringSubmatch(text, -1) {
		rules = append(rules, strings.NewReplacer(`\,`, ",", `\:`, ":", `\=`, "=", `\#`, "#").Replace(m[1]))
	}
	return rules
}
