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

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport/lab/aixsim"
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
	if r.fleet, err = simulated.Start(r.dir, hosts, 0); err != nil {
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
	code = run(args, console.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Width: func() int { return 0 }})
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

// climbers are illnesses that together run the branches of every probe.
var climbers = []string{
	"healthy", "address-removed-smitty", "address-of-clone", "mksysb-restore", "daemon-down", "auth-pending", "rsct-missing",
	"node-id-mismatch", "node-id-missing", "cluster-live", "peer-domain", "cluster0-leftover", "hostile-log", "noisy-profile", "german",
}

// However the login becomes root: the same is found.
func TestEveryWayToBecomeRootFindsTheSame(t *testing.T) {
	asRoot := climbing(t, climbers, func(*aixsim.State) {})
	_, out, _ := asRoot.run("", "audit", "--format", "json")
	hosts, _ := asRoot.reports(out)
	want := findings(hosts)
	if len(want) != len(climbers) || len(want["healthy"]) != 2 || len(want["daemon-down"]) < 3 {
		t.Fatalf("as root: %v", want)
	}
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
			r := climbing(t, climbers, func(s *aixsim.State) {
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

// hasty are the flags of a recover with little patience.
var hasty = []string{"--yes", "--format", "json", "--set=settle=60ms", "--set=wait=600ms"}

// What recover sends, an ordinary login can run as a script, and command by command for
// the rungs that the rules grant. Of another rung nothing is changed.
func TestRecoverAsAnOrdinaryLogin(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(secretWord), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ssh    string
		rights func(*aixsim.State)
		ends   [2]outcome.Outcome // of a host that needs a root shell, and of one that does not
	}{
		{"become: sudo, become_password: {file: " + secret + "}, ", func(s *aixsim.State) { s.Sudo = "password" }, [2]outcome.Outcome{"recovered", "recovered"}},
		{"become: su, become_password: {file: " + secret + "}, ", func(*aixsim.State) {}, [2]outcome.Outcome{"recovered", "recovered"}},
		{"become: sudo, ", func(s *aixsim.State) {
			s.Sudo, s.Sudoers = "rules", append(rulesOf(t, true), "/usr/bin/sh -c *")
		}, [2]outcome.Outcome{"recovered", "recovered"}},
		{"become: sudo, become_mode: commands, ", func(s *aixsim.State) { s.Sudo, s.Sudoers = "rules", rulesOf(t, true) }, [2]outcome.Outcome{"needs_action", "recovered"}},
		{"become: sudo, become_mode: commands, ", func(s *aixsim.State) { s.Sudo, s.Sudoers = "rules", rulesOf(t, false) }, [2]outcome.Outcome{"needs_action", "needs_action"}},
	} {
		r := climbing(t, []string{"address-removed-smitty", "daemon-down", "healthy"}, func(s *aixsim.State) {
			s.Unprivileged = true
			c.rights(s)
		})
		_, out, _ := r.run(c.ssh, append([]string{"recover"}, hasty...)...)
		hosts, everything := r.reports(out)
		got := [2]outcome.Outcome{hosts["address-removed-smitty"].Outcome, hosts["daemon-down"].Outcome}
		if got != c.ends || hosts["healthy"].Outcome != outcome.Healthy {
			t.Errorf("%s: %v, want %v: %s; %s", c.ssh, got, c.ends, hosts["address-removed-smitty"].Reason, hosts["daemon-down"].Reason)
		}
		for _, change := range slices.Concat(hosts["address-removed-smitty"].Changes, hosts["daemon-down"].Changes) {
			refused := strings.Contains(change.Detail, "sudo does not let ops run ")
			if refused != (change.Status == outcome.NotApplied) {
				t.Errorf("%s: step %s is %s: %s", c.ssh, change.Step, change.Status, change.Detail)
			}
		}
		if strings.Contains(everything, secretWord) {
			t.Errorf("%s: the password is in what the run wrote", c.ssh)
		}
	}
}

// An approved plan is applied by the rules, too: they know the forms of runs, leases and
// plans.
func TestPlanIsAppliedByTheRules(t *testing.T) {
	t.Parallel()
	const ssh = "become: sudo, become_mode: commands, "
	r := climbing(t, []string{"daemon-down"}, func(s *aixsim.State) {
		s.Unprivileged, s.Sudo, s.Sudoers = true, "rules", rulesOf(t, true)
	})
	plan := filepath.Join(t.TempDir(), "plan.json")
	if code, out, stderr := r.run(ssh, "plan", "--out", plan, "--set=settle=60ms", "--set=wait=600ms"); code != int(outcome.ExitNeedsPerson) {
		t.Fatalf("exit %d: %s%s", code, out, stderr)
	}
	_, out, stderr := r.run(ssh, "recover", "--plan", plan, "--yes", "--format", "json")
	hosts, _ := r.reports(out)
	if h := hosts["daemon-down"]; h.Outcome != outcome.Recovered {
		t.Errorf("%s: %s\n%s", h.Outcome, h.Reason, stderr)
	}
	marks := 0
	for name := range r.fleet.Host("daemon-down").Snapshot().Files {
		if strings.HasPrefix(name, "/etc/aixmend.plan.") {
			marks++
		}
	}
	if marks != 1 {
		t.Errorf("%d marks of the plan", marks)
	}
}

// A login that can't become root is one finding, in the tool's own words.
func TestLackingPrivilegeIsOneFinding(t *testing.T) {
	t.Parallel()
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("a wrong one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	without := func(words string) func(*aixsim.State) {
		return func(s *aixsim.State) {
			s.Sudo = "rules"
			s.Sudoers = slices.DeleteFunc(rulesOf(t, false), func(rule string) bool { return strings.Contains(rule, words) })
		}
	}
	tool := func(name, variant string) func(*aixsim.State) {
		return func(s *aixsim.State) { s.Become = map[string]string{name: variant} }
	}
	const (
		shellRight = "allow ops to run /usr/bin/sh as root without a password, say where the password comes from (ssh.become_password), or log in as root"
		password   = "check the password (ssh.become_password), and allow ops to run /usr/bin/sh as root, or log in as root"
		rules      = "allow ops what aixmend playbook sudoers rmc-restore --user ops prints, or log in as root"
	)
	for _, c := range []struct {
		ssh           string
		rights        func(*aixsim.State)
		title, remedy string
	}{
		{"become: sudo, ", tool("sudo", "password"), "sudo -n: exit 1: sudo: a password is required", shellRight},
		{"become: sudo, ", tool("sudo", "requiretty"), "sudo -n: exit 1: sudo: sorry, you must have a tty to run sudo", shellRight},
		{"become: dzdo, ", tool("sudo", "nopasswd"), "dzdo -n: dzdo is not there: ksh: dzdo:  not found.", shellRight},
		{"become: pbrun, ", tool("pbrun", "denied"), `pbrun: exit 1: Password:Request rejected by pbmasterd on healthy.`, shellRight},
		{"become: su, ", tool("sudo", "nopasswd"), `su: exit 1: "3004-501 Cannot su to \"root\" : Authentication is denied."`, "say where root's password comes from (ssh.become_password), or log in as root"},
		{"become: su, become_password: {file: " + wrong + "}, ", tool("sudo", "nopasswd"),
			`su: su did not accept the password of root: exit 1: "3004-501 Cannot su to \"root\" : Authentication is denied."`, "check root's password (ssh.become_password), or log in as root"},
		{"become: sudo, become_password: {file: " + wrong + "}, ", tool("sudo", "password"),
			"sudo -S: sudo did not accept the password of ops: exit 1: sudo: 1 incorrect password attempt", password},
		{"become: sudo, become_password: {file: /nowhere/secret}, ", tool("sudo", "password"),
			"password: file /nowhere/secret can't be read: it does not exist", password},
		{"become: sudo, become_password: prompt, ", tool("sudo", "password"),
			"password: there is no terminal to ask on: name its source with ssh.become_password: {file: PATH}, {exec: [PROGRAM, ...]}, {env: NAME} or {age: FILE, identity: FILE}", password},
		{"become: sudo, become_mode: commands, ", tool("dzdo", "nopasswd"), "sudo -n: sudo is not there: ksh: sudo:  not found.", rules},
		{"become: sudo, become_mode: commands, ", tool("sudo", "password"), "sudo -n: sudo does not let ops run /usr/bin/id -u: sudo: a password is required", rules},
		{"become: sudo, become_mode: commands, ", without("lspv"), "sudo -n: sudo does not let ops run /usr/sbin/lspv", rules},
		{"become: sudo, become_mode: commands, ", without("lsattr -El en[0-9] "), "sudo -n: sudo does not let ops run /usr/sbin/lsattr -El en0 -a netaddr -F value", rules},
		{"become: pbrun, become_mode: commands, ", tool("pbrun", "denied"), "pbrun: pbrun does not let ops run /usr/bin/id -u: Password:Request rejected by pbmasterd on healthy.", rules},
	} {
		r := climbing(t, []string{"healthy"}, func(s *aixsim.State) {
			s.Unprivileged = true
			c.rights(s)
		})
		code, out, _ := r.run(c.ssh, "audit", "--format", "json")
		hosts, _ := r.reports(out)
		h := hosts["healthy"]
		if len(h.Findings) != 1 || code != int(outcome.ExitNeedsPerson) || h.Outcome != outcome.NeedsAction {
			t.Errorf("%s: exit %d, %s, %d findings: %v", c.ssh, code, h.Outcome, len(h.Findings), h.Findings)
			continue
		}
		f := h.Findings[0]
		want := []string{"privilege-missing", "the login can't become root: " + c.title, c.remedy}
		if diff := cmp.Diff(want, []string{f.ID, f.Title, f.Remedy}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.ssh, diff)
		}
	}
}
